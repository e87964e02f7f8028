"""ConsumerGroupHeartbeat: join a group of the consumer protocol, stay in it, leave it (KIP-848).

Null, or -1 for the rebalance timeout, means that nothing changed since the member's last heartbeat.
"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class TopicPartitions:
    """Partitions of one topic."""

    topic_id: uuid.UUID = ZERO_UUID
    partitions: list[Int32] = field(default_factory=list)


@struct
class ConsumerGroupHeartbeatRequest:
    """What a member wants and owns. Epoch 0 joins, -1 leaves, -2 leaves for a moment (static members only)."""

    group_id: str
    member_id: str
    member_epoch: Int32 = 0
    instance_id: str | None = None
    rack_id: str | None = None
    rebalance_timeout_ms: Int32 = -1
    subscribed_topic_names: list[str] | None = None
    subscribed_topic_regex: str | None = field(default=None, versions="1+", nullable="1+")
    server_assignor: str | None = None
    topic_partitions: list[TopicPartitions] | None = None


@struct
class Assignment:
    """The partitions that a member may use now."""

    topic_partitions: list[TopicPartitions] = field(default_factory=list)


@struct
class ConsumerGroupHeartbeatResponse:
    """The member's epoch, when to be heard of again, and its assignment if that changed."""

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
    error_message: str | None = None
    member_id: str | None = None
    member_epoch: Int32 = 0
    heartbeat_interval_ms: Int32 = 0
    assignment: Assignment | None = None


CONSUMER_GROUP_HEARTBEAT: Final = Api(
    68, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, versions="0-1", flexible="0+"
)
