"""SyncGroup: the leader hands in the assignment of a new generation, everybody receives theirs."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class SyncGroupRequestAssignment:
    """What one member shall read."""

    member_id: str
    assignment: bytes = b""


@struct
class SyncGroupRequest:
    """One member, with the assignments of all if it is the leader."""

    group_id: str
    generation_id: Int32 = 0
    member_id: str
    group_instance_id: str | None = field(default=None, versions="3+")
    protocol_type: str | None = field(default=None, versions="5+", ignorable=True)
    protocol_name: str | None = field(default=None, versions="5+", ignorable=True)
    assignments: list[SyncGroupRequestAssignment] = field(default_factory=list)


@struct
class SyncGroupResponse:
    """What the member shall read."""

    throttle_time_ms: Int32 = field(default=0, versions="1+", ignorable=True)
    error_code: Int16 = 0
    protocol_type: str | None = field(default=None, versions="5+", ignorable=True)
    protocol_name: str | None = field(default=None, versions="5+", ignorable=True)
    assignment: bytes = b""


SYNC_GROUP: Final = Api(14, SyncGroupRequest, SyncGroupResponse, versions="0-5", flexible="4+")
