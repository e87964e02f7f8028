"""JoinGroup: become a member of a classic group, and wait for the next generation.

From version 4 on a new member is first told its ID and must join again with it (KIP-394); 5 knows static members
(KIP-345); 9 may tell the leader to leave the assignment as it is.
"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class JoinGroupRequestProtocol:
    """An assignment strategy with what the member tells it; the preferred one comes first."""

    name: str
    metadata: bytes = b""


@struct
class JoinGroupRequest:
    """A member with the assignment strategies that it supports."""

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
    """A member, as the leader must know it for the assignment."""

    member_id: str
    group_instance_id: str | None = field(default=None, versions="5+", ignorable=True)
    metadata: bytes = b""


@struct
class JoinGroupResponse:
    """The new generation; only its leader is told of the members."""

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
