"""What an administrator can set about groups; names and defaults are those of `server.properties`."""

from collections.abc import Mapping
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
    consumer_assignors: tuple[str, ...] = ("uniform", "range")
    """`group.consumer.assignors`"""
    consumer_max_size: int = 2_147_483_647
    """`group.consumer.max.size`"""
    consumer_session_timeout_ms: int = 45_000
    """`group.consumer.session.timeout.ms`, unless the group sets its own between the two that follow"""
    consumer_min_session_timeout_ms: int = 45_000
    """`group.consumer.min.session.timeout.ms`"""
    consumer_max_session_timeout_ms: int = 60_000
    """`group.consumer.max.session.timeout.ms`"""
    consumer_heartbeat_interval_ms: int = 5_000
    """`group.consumer.heartbeat.interval.ms`, unless the group sets its own between the two that follow"""
    consumer_min_heartbeat_interval_ms: int = 5_000
    """`group.consumer.min.heartbeat.interval.ms`"""
    consumer_max_heartbeat_interval_ms: int = 15_000
    """`group.consumer.max.heartbeat.interval.ms`"""

    def session_timeout_ms(self, group_config: Mapping[str, str]) -> int:
        """The session timeout of a group of the consumer protocol with this configuration of its own."""
        return _within(
            group_config.get("consumer.session.timeout.ms"),
            self.consumer_session_timeout_ms,
            self.consumer_min_session_timeout_ms,
            self.consumer_max_session_timeout_ms,
        )

    def heartbeat_interval_ms(self, group_config: Mapping[str, str]) -> int:
        """How often members of such a group are told to be heard of."""
        return _within(
            group_config.get("consumer.heartbeat.interval.ms"),
            self.consumer_heartbeat_interval_ms,
            self.consumer_min_heartbeat_interval_ms,
            self.consumer_max_heartbeat_interval_ms,
        )


def _within(value: str | None, default: int, lowest: int, highest: int) -> int:
    return default if value is None else max(lowest, min(int(value), highest))
