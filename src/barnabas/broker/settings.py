"""From what `server.properties` says to what each room needs to be told."""

from collections.abc import Mapping

from barnabas.cluster.controller.settings import ControllerSettings, InternalTopicSettings
from barnabas.cluster.metadata import GROUP_OFFSETS_TOPIC, TopicImage
from barnabas.cluster.replication.replicas import ReplicaSettings
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.foundation.config import BrokerSettings, TopicSettings
from barnabas.protocol.records import TimestampType
from barnabas.storage import LogConfig
from barnabas.transport import TransportLimits


def replica_settings(overrides: Mapping[str, str], broker: BrokerSettings) -> ReplicaSettings:
    """The settings of a topic's partitions: its own, over the broker's."""
    topic = TopicSettings.resolve(overrides, broker)
    return ReplicaSettings(
        LogConfig(
            segment_bytes=topic.effective_segment_bytes,
            segment_ms=topic.segment_ms,
            segment_jitter_ms=topic.segment_jitter_ms,
            segment_index_bytes=topic.segment_index_bytes,
            index_interval_bytes=topic.index_interval_bytes,
            retention_ms=topic.retention_ms,
            retention_bytes=topic.retention_bytes,
            max_message_bytes=topic.max_message_bytes,
            message_timestamp_type=(
                TimestampType.LOG_APPEND if topic.message_timestamp_type == "LogAppendTime" else TimestampType.CREATE
            ),
            message_timestamp_before_max_ms=topic.message_timestamp_before_max_ms,
            message_timestamp_after_max_ms=topic.message_timestamp_after_max_ms,
            compact="compact" in topic.cleanup_policy,
            delete="delete" in topic.cleanup_policy,
            flush_messages=topic.flush_messages,
            flush_ms=topic.flush_ms,
            file_delete_delay_ms=topic.file_delete_delay_ms,
            producer_id_expiration_ms=broker.producer_id_expiration_ms,
            compression_type=topic.compression_type,
            compression_gzip_level=topic.compression_gzip_level,
            compression_lz4_level=topic.compression_lz4_level,
            compression_zstd_level=topic.compression_zstd_level,
            preallocate=topic.preallocate,
            min_cleanable_dirty_ratio=topic.min_cleanable_dirty_ratio,
            min_compaction_lag_ms=topic.min_compaction_lag_ms,
            max_compaction_lag_ms=topic.max_compaction_lag_ms,
            delete_retention_ms=topic.delete_retention_ms,
        ),
        min_insync_replicas=topic.min_insync_replicas,
    )


def controller_settings(broker: BrokerSettings) -> ControllerSettings:
    return ControllerSettings(
        partition_count=broker.num_partitions,
        replication_factor=broker.default_replication_factor,
        delete_topic_enabled=broker.delete_topic_enable,
        internal_topics={
            GROUP_OFFSETS_TOPIC: InternalTopicSettings(
                partition_count=broker.offsets_topic_num_partitions,
                replication_factor=broker.offsets_topic_replication_factor,
                configs={
                    "cleanup.policy": "compact",
                    "segment.bytes": str(broker.offsets_topic_segment_bytes),
                    "compression.type": "producer",
                },
            )
        },
    )


def group_settings(broker: BrokerSettings, offsets_topic: TopicImage | None = None) -> GroupSettings:
    """The coordinators' settings. `__consumer_offsets` keeps the number of partitions that it was made with."""
    return GroupSettings(
        num_partitions=broker.offsets_topic_num_partitions if offsets_topic is None else len(offsets_topic.partitions),
        initial_rebalance_delay_ms=broker.group_initial_rebalance_delay_ms,
        min_session_timeout_ms=broker.group_min_session_timeout_ms,
        max_session_timeout_ms=broker.group_max_session_timeout_ms,
        max_size=broker.group_max_size,
        offset_metadata_max_bytes=broker.offset_metadata_max_bytes,
        offsets_retention_ms=broker.offsets_retention_minutes * 60_000,
        offsets_retention_check_interval_ms=broker.offsets_retention_check_interval_ms,
        offsets_load_buffer_bytes=broker.offsets_load_buffer_size,
        consumer_assignors=tuple(broker.group_consumer_assignors),
        consumer_max_size=broker.group_consumer_max_size,
        consumer_session_timeout_ms=broker.group_consumer_session_timeout_ms,
        consumer_min_session_timeout_ms=broker.group_consumer_min_session_timeout_ms,
        consumer_max_session_timeout_ms=broker.group_consumer_max_session_timeout_ms,
        consumer_heartbeat_interval_ms=broker.group_consumer_heartbeat_interval_ms,
        consumer_min_heartbeat_interval_ms=broker.group_consumer_min_heartbeat_interval_ms,
        consumer_max_heartbeat_interval_ms=broker.group_consumer_max_heartbeat_interval_ms,
    )


def transport_limits(broker: BrokerSettings) -> TransportLimits:
    return TransportLimits(max_frame_bytes=broker.socket_request_max_bytes, max_idle_ms=broker.connections_max_idle_ms)
