"""What an administrator can set about groups; names and defaults are those of `server.properties`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupSettings:
    num_partitions: int = 50
    """`offsets.topic.num.partitions`"""
    initial_rebalance_delay_ms: int = 3_000
    """`group.initial.rebalance.delay.ms`"""
    min_session_timeout_ms: int = 6_000
    """`group.min.session.timeout.ms`"""
    max_session_timeout_ms: int = 1_800_000
    """`group.max.session.timeout.ms`"""
    max_size: int = 2_147_483_647
    """`group.max.size`"""
    new_member_join_timeout_ms: int = 300_000
    """How long a member may wait in its very first JoinGroup; fixed in Kafka."""
    offset_metadata_max_bytes: int = 4_096
    """`offset.metadata.max.bytes`"""
    offsets_retention_ms: int = 7 * 24 * 60 * 60 * 1_000
    """`offsets.retention.minutes`"""
    offsets_retention_check_interval_ms: int = 600_000
    """`offsets.retention.check.interval.ms`"""
    offsets_load_buffer_bytes: int = 5_242_880
    """`offsets.load.buffer.size`"""
