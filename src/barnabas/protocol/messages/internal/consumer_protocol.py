"""internal.consumer_protocol"""

from barnabas.protocol.wire import Int32, field, struct


@struct
class TopicPartition:
    """TopicPartition."""

    topic: str
    partitions: list[Int32] = field(default_factory=list)


@struct
class ConsumerProtocolSubscription:
    """ConsumerProtocolSubscription."""

    topics: list[str] = field(default_factory=list)
    user_data: bytes | None = None
    owned_partitions: list[TopicPartition] = field(default_factory=list, versions="1+", ignorable=True)
    generation_id: Int32 = field(default=-1, versions="2+", ignorable=True)
    rack_id: str | None = field(default=None, versions="3+", ignorable=True)


@struct
class ConsumerProtocolAssignment:
    """ConsumerProtocolAssignment."""

    assigned_partitions: list[TopicPartition] = field(default_factory=list)
    user_data: bytes | None = None
