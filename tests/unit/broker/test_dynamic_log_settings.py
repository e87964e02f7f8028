"""What is set while the broker runs holds for logs that are open, from the next batch on."""

import pytest

from barnabas.broker.current_settings import CurrentSettings
from barnabas.broker.topic_configs import TopicConfigs
from barnabas.cluster.metadata import ClusterImage, ConfigKind, ConfigResource, MetadataCache
from barnabas.cluster.replication import Partition, Replicas
from barnabas.foundation.clock import ManualClock
from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import Compression, TimestampType, read_header
from barnabas.storage import LogConfig, LogDirectories
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.broker.handlers.data_room import NOW_MS, ORDERS_ID, batch, topic


class Room:
    """One topic on a broker whose configuration is changed in the image."""

    def __init__(self) -> None:
        clock = ManualClock(NOW_MS)
        self.cache = MetadataCache(ClusterImage("c").with_topic(topic("orders", ORDERS_ID)))
        self.settings = CurrentSettings(BrokerSettings.from_properties({"node.id": "1"}), self.cache)
        logs = LogDirectories.open(("/data",), defaults=LogConfig(), filesystem=MemoryFileSystem(), clock=clock)
        configs = TopicConfigs(self.settings)
        self.replicas = Replicas(1, logs, self.cache, configs.replica_settings, clock)

    @property
    def partition(self) -> Partition:
        return self.replicas.leader("orders", 0)

    @property
    def config(self) -> LogConfig:
        return self.partition.log.config

    def set(self, kind: ConfigKind, name: str, **values: str) -> None:
        texts = {key.replace("_", "."): value for key, value in values.items()}
        self.cache.publish(self.cache.image.with_config(ConfigResource(kind, name), texts))

    def append(self, *values: bytes) -> None:
        self.partition.append(batch(*values), all_in_sync=True)


def test_the_topics_own_setting_is_over_the_brokers_over_that_of_all_brokers() -> None:
    room = Room()
    assert room.config.segment_bytes == 1 << 30
    room.set(ConfigKind.BROKER, "", log_segment_bytes="3000000", compression_type="lz4")
    assert (room.config.segment_bytes, room.config.target_compression) == (3_000_000, Compression.LZ4)
    room.set(ConfigKind.BROKER, "1", log_segment_bytes="4000000")
    assert room.config.segment_bytes == 4_000_000
    room.set(ConfigKind.BROKER, "2", log_segment_bytes="5000000")
    assert room.config.segment_bytes == 4_000_000
    room.set(ConfigKind.TOPIC, "orders", segment_bytes="2000000")
    assert room.config.segment_bytes == 2_000_000
    room.set(ConfigKind.TOPIC, "orders")
    room.set(ConfigKind.BROKER, "1")
    room.set(ConfigKind.BROKER, "")
    assert (room.config.segment_bytes, room.config.target_compression) == (1 << 30, None)


def test_batches_that_come_after_a_change_meet_the_new_setting() -> None:
    room = Room()
    room.append(b"x" * 500)
    room.set(ConfigKind.TOPIC, "orders", max_message_bytes="200")
    with pytest.raises(KafkaError) as caught:
        room.append(b"x" * 500)
    assert caught.value.code is ErrorCode.MESSAGE_TOO_LARGE
    room.set(ConfigKind.TOPIC, "orders", compression_type="zstd", message_timestamp_type="LogAppendTime")
    room.append(b"x" * 500)
    room.set(ConfigKind.TOPIC, "orders", internal_segment_bytes="100")
    room.append(b"a")
    log = room.partition.log
    assert log.segment_base_offsets == [0, 2]
    piece = log.read(1, 1, below_offset=2)
    assert piece is not None
    header = read_header(piece.read())
    assert (header.compression, header.timestamp_type) == (Compression.ZSTD, TimestampType.LOG_APPEND)
    room.set(ConfigKind.BROKER, "", log_retention_bytes="0")
    room.set(ConfigKind.TOPIC, "orders")
    room.replicas.delete_old_segments()
    assert log.log_start_offset == 3


def test_in_sync_replicas_are_asked_for_from_the_next_batch_on() -> None:
    room = Room()
    room.set(ConfigKind.TOPIC, "orders", min_insync_replicas="2")
    with pytest.raises(KafkaError) as caught:
        room.append(b"a")
    assert caught.value.code is ErrorCode.NOT_ENOUGH_REPLICAS
    room.set(ConfigKind.TOPIC, "orders")
    room.append(b"a")


def test_what_the_cleaner_is_told_changes_too() -> None:
    room = Room()
    room.set(ConfigKind.BROKER, "", log_cleaner_threads="2", log_cleaner_min_cleanable_ratio="0.1")
    assert room.settings().log_cleaner_threads == 2
    assert room.config.min_cleanable_dirty_ratio == 0.1
    room.set(ConfigKind.TOPIC, "orders", cleanup_policy="compact,delete", delete_retention_ms="7")
    assert (room.config.compact, room.config.delete, room.config.delete_retention_ms) == (True, True, 7)
