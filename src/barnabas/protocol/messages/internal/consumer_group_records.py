"""Records of `__consumer_offsets` about groups of the consumer protocol (KIP-848).

A key begins with its type as an int16 (3 metadata, 4 partitions, 5 members, 6 and 7 target assignment, 8 current
assignment, 16 patterns), a value with its version. No value means that the thing is gone.
"""

import uuid

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Int8, Int32, Int64, field, struct


@struct
class ConsumerGroupMetadataKey:
    """Which group."""

    group_id: str


@struct
class ConsumerGroupMetadataValue:
    """The group's epoch, and a hash of the topics that it reads."""

    epoch: Int32 = 0
    metadata_hash: Int64 = field(default=0, tag=0)


@struct
class ConsumerGroupPartitionMetadataKey:
    """Which group."""

    group_id: str


@struct
class PartitionMetadata:
    """The racks of a partition's replicas."""

    partition: Int32 = 0
    racks: list[str] = field(default_factory=list)


@struct
class TopicMetadata:
    """A topic and its size."""

    topic_id: uuid.UUID = ZERO_UUID
    topic_name: str = ""
    num_partitions: Int32 = 0
    partition_metadata: list[PartitionMetadata] = field(default_factory=list)


@struct
class ConsumerGroupPartitionMetadataValue:
    """The topics as the group saw them; written by Kafka 4.0 and older."""

    topics: list[TopicMetadata] = field(default_factory=list)


@struct
class ConsumerGroupMemberMetadataKey:
    """Which member of which group."""

    group_id: str
    member_id: str


@struct
class ClassicProtocol:
    """An assignor that the member supports, and its subscription in that assignor's form."""

    name: str = ""
    metadata: bytes = b""


@struct
class ClassicMemberMetadata:
    """What is kept of a member that still speaks the classic protocol."""

    session_timeout_ms: Int32 = 0
    supported_protocols: list[ClassicProtocol] = field(default_factory=list)


@struct
class ConsumerGroupMemberMetadataValue:
    """What a member said of itself when it joined."""

    instance_id: str | None = ""
    rack_id: str | None = ""
    client_id: str = ""
    client_host: str = ""
    subscribed_topic_names: list[str] = field(default_factory=list)
    subscribed_topic_regex: str | None = ""
    rebalance_timeout_ms: Int32 = -1
    server_assignor: str | None = ""
    classic_member_metadata: ClassicMemberMetadata | None = field(default_factory=ClassicMemberMetadata, tag=0)


@struct
class ConsumerGroupTargetAssignmentMetadataKey:
    """Which group."""

    group_id: str


@struct
class ConsumerGroupTargetAssignmentMetadataValue:
    """The epoch in which partitions were last distributed."""

    assignment_epoch: Int32 = 0


@struct
class ConsumerGroupTargetAssignmentMemberKey:
    """Which member of which group."""

    group_id: str
    member_id: str


@struct
class TopicPartition:
    """Partitions of one topic."""

    topic_id: uuid.UUID = ZERO_UUID
    partitions: list[Int32] = field(default_factory=list)


@struct
class ConsumerGroupTargetAssignmentMemberValue:
    """What the member shall come to own."""

    topic_partitions: list[TopicPartition] = field(default_factory=list)


@struct
class ConsumerGroupCurrentMemberAssignmentKey:
    """Which member of which group."""

    group_id: str
    member_id: str


@struct
class TopicPartitions:
    """Partitions of one topic."""

    topic_id: uuid.UUID = ZERO_UUID
    partitions: list[Int32] = field(default_factory=list)


@struct
class ConsumerGroupCurrentMemberAssignmentValue:
    """What the member owns now, and what it must give back."""

    member_epoch: Int32 = 0
    previous_member_epoch: Int32 = 0
    state: Int8 = 0
    assigned_partitions: list[TopicPartitions] = field(default_factory=list)
    partitions_pending_revocation: list[TopicPartitions] = field(default_factory=list)


@struct
class ConsumerGroupRegularExpressionKey:
    """Which pattern of which group."""

    group_id: str
    regular_expression: str


@struct
class ConsumerGroupRegularExpressionValue:
    """The topics that matched, at which version of the metadata."""

    topics: list[str] = field(default_factory=list)
    version: Int64 = 0
    timestamp: Int64 = 0
