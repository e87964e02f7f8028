"""Records of `__consumer_offsets` about share groups (KIP-932).

Keys and values begin with type and version, as those of consumer groups: 10 members, 11 metadata, 12 and 13 target
assignment, 14 current assignment, 15 the partitions whose state is kept.
"""

import uuid

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Int8, Int32, Int64, field, struct


@struct
class ShareGroupMemberMetadataKey:
    """Which member of which group."""

    group_id: str
    member_id: str


@struct
class ShareGroupMemberMetadataValue:
    """What a member said of itself when it joined."""

    rack_id: str | None = ""
    client_id: str = ""
    client_host: str = ""
    subscribed_topic_names: list[str] = field(default_factory=list)


@struct
class ShareGroupMetadataKey:
    """Which group."""

    group_id: str


@struct
class ShareGroupMetadataValue:
    """The group's epoch, and a hash of the topics that it reads."""

    epoch: Int32 = 0
    metadata_hash: Int64 = 0


@struct
class ShareGroupTargetAssignmentMetadataKey:
    """Which group."""

    group_id: str


@struct
class ShareGroupTargetAssignmentMetadataValue:
    """The epoch in which partitions were last distributed."""

    assignment_epoch: Int32 = 0


@struct
class ShareGroupTargetAssignmentMemberKey:
    """Which member of which group."""

    group_id: str
    member_id: str


@struct
class TopicPartition:
    """Partitions of one topic."""

    topic_id: uuid.UUID = ZERO_UUID
    partitions: list[Int32] = field(default_factory=list)


@struct
class ShareGroupTargetAssignmentMemberValue:
    """What the member shall read."""

    topic_partitions: list[TopicPartition] = field(default_factory=list)


@struct
class ShareGroupCurrentMemberAssignmentKey:
    """Which member of which group."""

    group_id: str
    member_id: str


@struct
class TopicPartitions:
    """Partitions of one topic."""

    topic_id: uuid.UUID = ZERO_UUID
    partitions: list[Int32] = field(default_factory=list)


@struct
class ShareGroupCurrentMemberAssignmentValue:
    """What the member reads now."""

    member_epoch: Int32 = 0
    previous_member_epoch: Int32 = 0
    state: Int8 = 0
    assigned_partitions: list[TopicPartitions] = field(default_factory=list)


@struct
class ShareGroupStatePartitionMetadataKey:
    """Which group."""

    group_id: str


@struct
class TopicPartitionsInfo:
    """Partitions of one topic."""

    topic_id: uuid.UUID = ZERO_UUID
    topic_name: str = ""
    partitions: list[Int32] = field(default_factory=list)


@struct
class TopicInfo:
    """A topic."""

    topic_id: uuid.UUID = ZERO_UUID
    topic_name: str = ""


@struct
class ShareGroupStatePartitionMetadataValue:
    """For which partitions `__share_group_state` has the group's state, or soon has it or no longer."""

    initializing_topics: list[TopicPartitionsInfo] = field(default_factory=list)
    initialized_topics: list[TopicPartitionsInfo] = field(default_factory=list)
    deleting_topics: list[TopicInfo] = field(default_factory=list)
