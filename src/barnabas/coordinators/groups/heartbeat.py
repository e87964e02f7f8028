"""Heartbeat: a member says that it is alive, and learns whether it has to rejoin."""

from barnabas.coordinators.groups.classic import GroupState
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.groups.rebalance import keep_session
from barnabas.coordinators.runtime.outcome import Effects, Outcome
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse


def heartbeat(state: GroupsState, request: HeartbeatRequest) -> Outcome[HeartbeatResponse]:
    """Prolong the member's session."""
    group = state.groups.get(request.group_id)
    if group is None:
        return _answer(ErrorCode.UNKNOWN_MEMBER_ID)
    if group.state is GroupState.DEAD:
        return _answer(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    try:
        member = group.require_member(request.member_id, request.group_instance_id)
    except KafkaError as error:
        return _answer(error.code)
    if request.generation_id != group.generation_id:
        return _answer(ErrorCode.ILLEGAL_GENERATION)
    effects = Effects()
    keep_session(group, member, effects)
    is_preparing = group.state is GroupState.PREPARING_REBALANCE
    return effects.outcome(_response(ErrorCode.REBALANCE_IN_PROGRESS if is_preparing else ErrorCode.NONE))


def _response(error: ErrorCode) -> HeartbeatResponse:
    return HeartbeatResponse(throttle_time_ms=0, error_code=error)


def _answer(error: ErrorCode) -> Outcome[HeartbeatResponse]:
    return Outcome(_response(error))
