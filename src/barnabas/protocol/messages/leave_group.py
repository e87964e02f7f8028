"""LeaveGroup: give up membership, since version 3 for several members at once (KIP-345)."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class MemberIdentity:
    """A member that leaves; a static one may be named by its instance ID alone."""

    member_id: str
    group_instance_id: str | None = None
    reason: str | None = field(default=None, versions="5+", ignorable=True)


@struct
class LeaveGroupRequest:
    """The members that leave."""

    group_id: str
    member_id: str = field(default="", versions="0-2")
    members: list[MemberIdentity] = field(default_factory=list, versions="3+")


@struct
class MemberResponse:
    """The outcome for one member."""

    member_id: str
    group_instance_id: str | None = ""
    error_code: Int16 = 0


@struct
class LeaveGroupResponse:
    """The outcome per member."""

    throttle_time_ms: Int32 = field(default=0, versions="1+", ignorable=True)
    error_code: Int16 = 0
    members: list[MemberResponse] = field(default_factory=list, versions="3+")


LEAVE_GROUP: Final = Api(13, LeaveGroupRequest, LeaveGroupResponse, versions="0-5", flexible="4+")
