"""Partitions whose disk has failed, and acknowledgements that wait for the disk."""

import asyncio
import errno
import uuid
from dataclasses import replace

import pytest

from barnabas.broker.handlers.partition_view import view_partition
from barnabas.cluster.controller.elections import elect_all, without_replicas
from barnabas.cluster.metadata import NO_LEADER, BrokerRegistration, ClusterImage, Endpoint, MetadataCache
from barnabas.cluster.replication import Replicas
from barnabas.cluster.replication.replicas import ReplicaSettings
from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition
from barnabas.storage import LogConfig, LogDirectories
from barnabas.testing.failing_disks import FailingDisks
from unit.broker.handlers.data_room import NOW_MS, ORDERS_ID, batch, topic

PATHS = ("/disk1", "/disk2")


class Listening:
    """A long poll that counts."""

    def __init__(self) -> None:
        self.bytes_seen = 0
        self.woken = 0

    def bytes_arrived(self, count: int) -> bool:
        self.bytes_seen += count
        return True

    def changed(self) -> None:
        raise AssertionError("nothing changes but the end")

    def wake(self) -> None:
        self.woken += 1


class Room:
    """`orders` with four partitions, two on each of two disks."""

    def __init__(self, disks: FailingDisks, config: LogConfig | None = None, image: ClusterImage | None = None) -> None:
        self.disks = disks
        self.config = config or LogConfig()
        clock = ManualClock(NOW_MS)
        self.logs = LogDirectories.open(PATHS, defaults=self.config, filesystem=disks, clock=clock)
        self.cache = MetadataCache(ClusterImage("c"))
        self.replicas = Replicas(1, self.logs, self.cache, lambda _, __: ReplicaSettings(self.config, 1), clock)
        asyncio.run(
            self.cache.prepare_and_publish(image or ClusterImage("c").with_topic(topic("orders", ORDERS_ID, 4)))
        )

    def code(self, partition: int, name: str = "orders") -> ErrorCode:
        with pytest.raises(KafkaError) as refusal:
            self.replicas.leader(name, partition)
        return refusal.value.code


def test_partitions_of_a_failed_disk_are_offline_and_the_others_are_not() -> None:
    async def run() -> None:
        listening = Listening()
        lost, kept = room.replicas.leader("orders", 0), room.replicas.leader("orders", 1)
        lost.add_listener(listening)
        waiting = lost.high_watermark.waiter(1)
        room.disks.break_disk("/disk1", errno.EIO, "append")
        with pytest.raises(KafkaError) as refusal:
            lost.append(batch(b"a"), all_in_sync=True)
        assert refusal.value.code is ErrorCode.KAFKA_STORAGE_ERROR
        (failed,) = room.logs.failed
        assert room.replicas.take_offline(failed.logs) == [("orders", 0), ("orders", 2)]
        assert listening.woken == 1
        with pytest.raises(KafkaError) as told:
            await waiting
        assert told.value.code is ErrorCode.KAFKA_STORAGE_ERROR
        with pytest.raises(KafkaError):  # nor does anybody wait who comes late
            await lost.high_watermark.reached(1)
        kept.append(batch(b"a"), all_in_sync=True)
        assert kept.high_watermark.value == 1

    room = Room(FailingDisks())
    asyncio.run(run())
    assert [room.code(partition) for partition in (0, 2)] == [ErrorCode.KAFKA_STORAGE_ERROR] * 2
    assert room.replicas.offline == {("orders", 0), ("orders", 2)}
    # Neither a change of the topic nor of its settings brings them back; a topic made now is.
    image = room.cache.image.with_topic(topic("orders", ORDERS_ID, 5, leader_epoch=9))
    asyncio.run(room.cache.prepare_and_publish(image.with_topic(topic("new", uuid.UUID(int=5)))))
    assert room.code(0) is ErrorCode.KAFKA_STORAGE_ERROR
    assert room.replicas.leader("orders", 4).log.directory == "/disk2/orders-4"
    assert room.replicas.leader("new", 0).log.directory == "/disk2/new-0"
    # A topic that is deleted meanwhile is unknown, whatever lies on the disk.
    asyncio.run(room.cache.prepare_and_publish(room.cache.image.without_topic("orders")))
    assert room.code(0) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_what_is_missing_at_the_start_lies_on_the_disk_that_is_offline() -> None:
    disks = FailingDisks()
    room = Room(disks)
    room.logs.close()
    disks.break_disk("/disk2", errno.EIO)
    again = Room(disks)
    assert again.replicas.offline == {("orders", 1), ("orders", 3)}
    assert again.code(1) is ErrorCode.KAFKA_STORAGE_ERROR
    assert again.replicas.leader("orders", 0).log.log_end_offset == 0
    again.logs.close()
    disks.mend_disks()
    assert Room(disks).replicas.offline == frozenset()


def test_a_topic_that_no_disk_takes_is_offline_from_its_making() -> None:
    room = Room(FailingDisks())
    for path in PATHS:
        room.disks.break_disk(path, errno.ENOSPC)
    image = room.cache.image.with_topic(topic("new", uuid.UUID(int=5)))
    asyncio.run(room.cache.prepare_and_publish(image))
    assert room.code(0, "new") is ErrorCode.KAFKA_STORAGE_ERROR


def test_strays_are_set_aside_and_kafkas_own_topics_are_not() -> None:
    disks = FailingDisks()
    room = Room(disks)
    for name in ("gone", "__consumer_offsets"):
        room.logs.create_log(TopicPartition(name, 0), uuid.UUID(int=7))
    assert room.replicas.set_strays_aside() == 1
    assert set(room.logs.logs) == {*(("orders", index) for index in range(4)), ("__consumer_offsets", 0)}
    names = [entry.name for path in PATHS for entry in disks.list(path)]
    assert len([name for name in names if name.startswith("gone-0.") and name.endswith("-stray")]) == 1


def test_a_cluster_without_topics_claims_nothing() -> None:
    room = Room(FailingDisks(), image=ClusterImage("c"))
    room.logs.create_log(TopicPartition("found", 0), uuid.UUID(int=7))
    assert room.replicas.set_strays_aside() == 0
    assert set(room.logs.logs) == {("found", 0)}


def test_metadata_tells_a_lost_partition_as_kafka_does() -> None:
    broker = BrokerRegistration(1, 1, (Endpoint("PLAINTEXT", "h", 1),))
    image = ClusterImage("c").with_topic(topic("orders", ORDERS_ID, 2)).with_brokers([broker])
    operations, image = without_replicas(image, 1, [TopicPartition("orders", 1), TopicPartition("unknown", 0)])
    assert len(operations) == 1
    kept, lost = image.topics["orders"].partitions
    before = topic("orders", ORDERS_ID, 2).partitions[1]
    assert kept == before
    assert lost == replace(before, leader=NO_LEADER, leader_epoch=4, partition_epoch=1, offline_replicas=(1,))
    view = view_partition(image, lost, "PLAINTEXT")
    assert (view.error, view.leader, view.offline_replicas) == (ErrorCode.LEADER_NOT_AVAILABLE, NO_LEADER, [1, 2])
    assert view_partition(image, kept, "PLAINTEXT").offline_replicas == [2]  # a broker that is not there
    # The in-sync set is as it was, so that a restart with the disk well again elects the broker anew.
    _, healed = elect_all(image, anew=(1,))
    assert [partition.leader for partition in healed.topics["orders"].partitions] == [1, 1]


# flush.messages


def test_acknowledgements_wait_for_one_flush_together() -> None:
    async def run() -> None:
        partition = room.replicas.leader("orders", 0)
        listening = Listening()
        partition.add_listener(listening)
        syncs = room.disks.operations
        infos = [partition.append(batch(b"x"), all_in_sync=False) for _ in range(50)]
        assert [info.last_offset for info in infos] == list(range(50))
        # Written, and neither seen nor acknowledged before it is on the device.
        assert (partition.high_watermark.value, listening.bytes_seen) == (0, 0)
        assert partition.flushing is not None
        await partition.high_watermark.reached(50)
        assert partition.log.recovery_point == 50
        assert listening.bytes_seen == sum(info.size_bytes for info in infos)
        await room.replicas.finish_flushing()
        assert room.replicas.leader("orders", 0).flushing is None
        assert room.disks.operations - syncs < 50 + 20  # 50 writes, and the flushes are few

    room = Room(FailingDisks(), LogConfig(flush_messages=1))
    asyncio.run(run())


def test_less_than_flush_messages_need_not_wait() -> None:
    async def run() -> None:
        partition = room.replicas.leader("orders", 0)
        partition.append(batch(b"x"), all_in_sync=False)
        partition.append(batch(b"x"), all_in_sync=False)
        assert (partition.high_watermark.value, partition.flushing) == (2, None)
        partition.append(batch(b"x"), all_in_sync=False)
        partition.append(batch(b"x"), all_in_sync=False)  # follows in order, though it alone would not need a flush
        assert partition.high_watermark.value == 2
        await room.replicas.finish_flushing()
        assert partition.high_watermark.value == 4
        assert partition.log.recovery_point >= 3

    room = Room(FailingDisks(), LogConfig(flush_messages=3))
    asyncio.run(run())


def test_a_flush_that_fails_acknowledges_nothing() -> None:
    async def run() -> None:
        partition = room.replicas.leader("orders", 0)
        room.disks.break_disk("/disk1", errno.EIO, "sync")
        partition.append(batch(b"x"), all_in_sync=False)
        with pytest.raises(KafkaError) as told:
            await partition.high_watermark.reached(1)
        assert told.value.code is ErrorCode.KAFKA_STORAGE_ERROR
        assert partition.high_watermark.value == 0
        assert list(room.logs.offline) == ["/disk1"]

    room = Room(FailingDisks(), LogConfig(flush_messages=1))
    asyncio.run(run())


def test_without_flush_messages_nothing_waits_and_no_task_is_made() -> None:
    room = Room(FailingDisks())
    partition = room.replicas.leader("orders", 0)
    partition.append(batch(b"x"), all_in_sync=False)  # not even a loop is running
    assert (partition.high_watermark.value, partition.log.recovery_point, partition.flushing) == (1, 0, None)
