"""ConsumerGroupDescribe: groups of the consumer protocol, with their epochs and assignments (KIP-848)."""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class ConsumerGroupDescribeRequest:
    """The groups asked about."""

    group_ids: list[str] = field(default_factory=list)
    include_authorized_operations: bool = False


@struct
class TopicPartitions:
    """Partitions of one topic."""

    topic_id: uuid.UUID = ZERO_UUID
    topic_name: str = ""
    partitions: list[Int32] = field(default_factory=list)


@struct
class Assignment:
    """Partitions that a member has, or shall have."""

    topic_partitions: list[TopicPartitions] = field(default_factory=list)


@struct
class Member:
    """A member; its type is 0 if it still speaks the classic protocol, else 1."""

    member_id: str
    instance_id: str | None = None
    rack_id: str | None = None
    member_epoch: Int32 = 0
    client_id: str = ""
    client_host: str = ""
    subscribed_topic_names: list[str] = field(default_factory=list)
    subscribed_topic_regex: str | None = None
    assignment: Assignment = field(default_factory=Assignment)
    target_assignment: Assignment = field(default_factory=Assignment)
    member_type: Int8 = field(default=-1, versions="1+", ignorable=True)


@struct
class DescribedGroup:
    """A group and its state."""

    error_code: Int16 = 0
    error_message: str | None = None
    group_id: str = ""
    group_state: str = ""
    group_epoch: Int32 = 0
    assignment_epoch: Int32 = 0
    assignor_name: str = ""
    members: list[Member] = field(default_factory=list)
    authorized_operations: Int32 = -0x8000_0000


@struct
class ConsumerGroupDescribeResponse:
    """The groups, described."""

    throttle_time_ms: Int32 = 0
    groups: list[DescribedGroup] = field(default_factory=list)


CONSUMER_GROUP_DESCRIBE: Final = Api(
    69, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, versions="0-1", flexible="0+"
)
