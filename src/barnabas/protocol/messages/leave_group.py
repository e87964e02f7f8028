"""leave_group"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class MemberIdentity:
    """MemberIdentity."""

    member_id: str
    group_instance_id: str | None = None
    reason: str | None = field(default=None, versions="5+", ignorable=True)


@struct
class LeaveGroupRequest:
    """LeaveGroupRequest."""

    group_id: str
    member_id: str = field(default="", versions="0-2")
    members: list[MemberIdentity] = field(default_factory=list, versions="3+")


@struct
class MemberResponse:
    """MemberResponse."""

    member_id: str
    group_instance_id: str | None = ""
    error_code: Int16 = 0


@struct
class LeaveGroupResponse:
    """LeaveGroupResponse."""

    throttle_time_ms: Int32 = field(default=0, versions="1+", ignorable=True)
    error_code: Int16 = 0
    members: list[MemberResponse] = field(default_factory=list, versions="3+")


LEAVE_GROUP: Final = Api(13, LeaveGroupRequest, LeaveGroupResponse, versions="0-5", flexible="4+")
