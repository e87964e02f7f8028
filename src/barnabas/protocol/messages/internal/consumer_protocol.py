"""What consumers of a classic group tell each other: opaque to the coordinator, read by tools.

Both begin with their version as an int16. A newer version is read as the newest known one: fields are only ever
added at the end.
"""

from barnabas.protocol.wire import Int32, field, struct


@struct
class TopicPartition:
    """Partitions of one topic."""

    topic: str
    partitions: list[Int32] = field(default_factory=list)


@struct
class ConsumerProtocolSubscription:
    """What a member wants to read, and what it reads now."""

    topics: list[str] = field(default_factory=list)
    user_data: bytes | None = None
    owned_partitions: list[TopicPartition] = field(default_factory=list, versions="1+", ignorable=True)
    generation_id: Int32 = field(default=-1, versions="2+", ignorable=True)
    rack_id: str | None = field(default=None, versions="3+", ignorable=True)


@struct
class ConsumerProtocolAssignment:
    """What a member shall read."""

    assigned_partitions: list[TopicPartition] = field(default_factory=list)
    user_data: bytes | None = None
