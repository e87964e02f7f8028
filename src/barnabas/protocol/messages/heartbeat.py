"""Heartbeat: tell a classic group's coordinator that a member is alive, and hear of rebalances."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class HeartbeatRequest:
    """Sign of life of one member."""

    group_id: str
    generation_id: Int32 = 0
    member_id: str
    group_instance_id: str | None = field(default=None, versions="3+")


@struct
class HeartbeatResponse:
    """Whether the member may go on."""

    throttle_time_ms: Int32 = field(default=0, versions="1+", ignorable=True)
    error_code: Int16 = 0


HEARTBEAT: Final = Api(12, HeartbeatRequest, HeartbeatResponse, versions="0-4", flexible="4+")
