"""join_group"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class JoinGroupRequestProtocol:
    """JoinGroupRequestProtocol."""

    name: str
    metadata: bytes = b""


@struct
class JoinGroupRequest:
    """JoinGroupRequest."""

    group_id: str
    session_timeout_ms: Int32 = 0
    rebalance_timeout_ms: Int32 = field(default=-1, versions="1+", ignorable=True)
    member_id: str
    group_instance_id: str | None = field(default=None, versions="5+")
    protocol_type: str = ""
    protocols: list[JoinGroupRequestProtocol] = field(default_factory=list)
    reason: str | None = field(default=None, versions="8+", ignorable=True)


@struct
class JoinGroupResponseMember:
    """JoinGroupResponseMember."""

    member_id: str
    group_instance_id: str | None = field(default=None, versions="5+", ignorable=True)
    metadata: bytes = b""


@struct
class JoinGroupResponse:
    """JoinGroupResponse."""

    throttle_time_ms: Int32 = field(default=0, versions="2+", ignorable=True)
    error_code: Int16 = 0
    generation_id: Int32 = -1
    protocol_type: str | None = field(default=None, versions="7+", ignorable=True)
    protocol_name: str | None = field(default="", nullable="7+")
    leader: str = ""
    skip_assignment: bool = field(default=False, versions="9+")
    member_id: str
    members: list[JoinGroupResponseMember] = field(default_factory=list)


JOIN_GROUP: Final = Api(11, JoinGroupRequest, JoinGroupResponse, versions="0-9", flexible="6+")
