"""The partitions of a broker follow the image: made, grown, deleted, made anew, configured."""

import asyncio
import uuid
from dataclasses import replace

import pytest

from barnabas.cluster.metadata import ClusterImage, ConfigResource
from barnabas.cluster.metadata.image import ConfigKind, PartitionImage, TopicImage
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition
from barnabas.storage import LogConfig
from unit.broker.handlers.data_room import ORDERS_ID, DataRoom, batch, topic

NEW_ID = uuid.UUID(int=2)
FIRST = TopicPartition("orders", 0)


def publish(room: DataRoom, image: ClusterImage) -> None:
    asyncio.run(room.cache.prepare_and_publish(image))


def code_of(room: DataRoom, name: str, partition: int) -> ErrorCode:
    with pytest.raises(KafkaError) as refusal:
        room.replicas.leader(name, partition)
    return refusal.value.code


def test_a_new_topic_has_logs_of_its_id_and_epoch() -> None:
    room = DataRoom()
    publish(room, room.cache.image.with_topic(topic("new", NEW_ID, 2, leader_epoch=5)))
    log = room.replicas.leader("new", 1).log
    assert (log.topic_id, log.latest_leader_epoch) == (NEW_ID, 5)
    assert room.replicas.topic_name(NEW_ID) == "new"


def test_a_grown_topic_keeps_what_it_has() -> None:
    room = DataRoom()
    room.send(batch(b"a"))
    before = room.replicas.leader("orders", 0)
    assert code_of(room, "orders", 2) == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    publish(room, room.cache.image.with_topic(topic("orders", ORDERS_ID, 3)))
    assert room.replicas.leader("orders", 0) is before
    assert room.replicas.leader("orders", 2).log.log_end_offset == 0


def test_a_deleted_topic_is_gone_with_its_logs() -> None:
    room = DataRoom()
    publish(room, room.cache.image.without_topic("orders"))
    assert code_of(room, "orders", 0) == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert room.logs.logs == {}


def test_a_topic_made_anew_begins_empty() -> None:
    room = DataRoom()
    room.send(batch(b"a"))
    publish(room, room.cache.image.without_topic("orders").with_topic(topic("orders", NEW_ID)))
    log = room.replicas.leader("orders", 0).log
    assert (log.topic_id, log.log_end_offset) == (NEW_ID, 0)
    assert FIRST in room.logs.logs


def test_a_partition_of_another_broker_is_not_led_here() -> None:
    room = DataRoom()
    publish(room, room.cache.image.with_topic(TopicImage("far", NEW_ID, (PartitionImage((2,), (2,), 2),))))
    assert code_of(room, "far", 0) == ErrorCode.NOT_LEADER_OR_FOLLOWER


class Recorder:
    """Hears what a partition tells; of appends only once."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def bytes_arrived(self, count: int) -> bool:
        self.heard.append(f"{count} bytes")
        return False

    def changed(self) -> None:
        self.heard.append("changed")

    def wake(self) -> None:
        self.heard.append("wake")


def test_who_wants_no_more_is_told_of_one_append() -> None:
    room = DataRoom()
    listener = Recorder()
    room.replicas.leader("orders", 0).add_listener(listener)
    size_bytes = len(batch(b"a"))
    room.send(batch(b"a"))
    room.send(batch(b"b"))
    assert listener.heard == [f"{size_bytes} bytes"]


@pytest.mark.parametrize(("kind", "name"), [(ConfigKind.TOPIC, "orders"), (ConfigKind.BROKER, "1")])
def test_changed_configuration_reaches_logs(kind: ConfigKind, name: str) -> None:
    room = DataRoom()
    room.config = replace(room.config, segment_bytes=4096)
    room.min_insync_replicas = 2
    publish(room, room.cache.image.with_config(ConfigResource(kind, name), {"segment.bytes": "4096"}))
    partition = room.replicas.leader("orders", 1)
    assert (partition.log.config.segment_bytes, partition.min_insync_replicas) == (4096, 2)


def test_who_waits_for_a_deleted_partition_is_told() -> None:
    async def scenario() -> ErrorCode:
        room = DataRoom()
        partition = room.replicas.leader("orders", 0)
        listener = Recorder()
        partition.add_listener(listener)
        replicated = partition.high_watermark.waiter(1)
        room.cache.publish(room.cache.image.without_topic("orders"))
        assert listener.heard == ["wake"]
        with pytest.raises(KafkaError) as refusal:
            await replicated
        return refusal.value.code

    assert asyncio.run(scenario()) == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_records_are_deleted_up_to_the_high_watermark() -> None:
    room = DataRoom()
    room.send(batch(b"a", b"b"))
    partition = room.replicas.leader("orders", 0)
    assert partition.delete_records_before(1) == 1
    assert partition.delete_records_before(0) == 1
    assert partition.delete_records_before(-1) == 2
    for offset in (3, -2):
        with pytest.raises(KafkaError):
            partition.delete_records_before(offset)


def test_readers_hear_of_logs_that_retention_has_shortened() -> None:
    room = DataRoom(config=LogConfig(segment_bytes=150, retention_bytes=0))
    for value in (b"a", b"b", b"c"):
        room.send(batch(value))
    listeners = []
    for partition in room.replicas:
        listeners.append(Recorder())
        partition.add_listener(listeners[-1])
    assert room.replicas.delete_old_segments() > 0
    assert [listener.heard for listener in listeners] == [[], []]
    room.replicas.tell_moved_starts()
    room.replicas.tell_moved_starts()
    assert [listener.heard for listener in listeners] == [["changed"], []]
