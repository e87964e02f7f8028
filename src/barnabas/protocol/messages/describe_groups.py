"""DescribeGroups: state and members of classic groups.

From version 6 on an unknown group is an error; before, it is described as a dead one.
"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class DescribeGroupsRequest:
    """The groups asked about."""

    groups: list[str] = field(default_factory=list)
    include_authorized_operations: bool = field(default=False, versions="3+")


@struct
class DescribedGroupMember:
    """A member with its subscription and assignment as they were sent."""

    member_id: str
    group_instance_id: str | None = field(default=None, versions="4+", ignorable=True)
    client_id: str = ""
    client_host: str = ""
    member_metadata: bytes = b""
    member_assignment: bytes = b""


@struct
class DescribedGroup:
    """A group and its state."""

    error_code: Int16 = 0
    error_message: str | None = field(default=None, versions="6+")
    group_id: str
    group_state: str = ""
    protocol_type: str = ""
    protocol_data: str = ""
    members: list[DescribedGroupMember] = field(default_factory=list)
    authorized_operations: Int32 = field(default=-0x8000_0000, versions="3+")


@struct
class DescribeGroupsResponse:
    """The groups, described."""

    throttle_time_ms: Int32 = field(default=0, versions="1+", ignorable=True)
    groups: list[DescribedGroup] = field(default_factory=list)


DESCRIBE_GROUPS: Final = Api(15, DescribeGroupsRequest, DescribeGroupsResponse, versions="0-6", flexible="5+")
