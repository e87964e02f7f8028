"""LeaveGroup: members go, on their own or sent away by an administrator (KIP-345)."""

from barnabas.coordinators.groups.classic import ClassicGroup, GroupState
from barnabas.coordinators.groups.events import session_key
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.groups.rebalance import (
    complete_join_if_ready,
    dismiss,
    rebalance_or_complete_join,
)
from barnabas.coordinators.runtime.outcome import Effects, Outcome
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.leave_group import (
    LeaveGroupRequest,
    LeaveGroupResponse,
    MemberIdentity,
    MemberResponse,
)


def leave_group(state: GroupsState, request: LeaveGroupRequest, now_ms: int) -> Outcome[LeaveGroupResponse]:
    """Remove the members named, by member ID or, for static ones, by instance ID alone."""
    group = state.groups.get(request.group_id)
    if group is None:
        return Outcome(_response([_member_response(member, ErrorCode.UNKNOWN_MEMBER_ID) for member in request.members]))
    if group.state is GroupState.DEAD:
        return Outcome(
            LeaveGroupResponse(throttle_time_ms=0, error_code=ErrorCode.COORDINATOR_NOT_AVAILABLE, members=[])
        )
    effects = Effects()
    responses = [_member_response(member, _remove_member(group, member, effects)) for member in request.members]
    if any(response.error_code == ErrorCode.NONE for response in responses):
        if group.state is GroupState.PREPARING_REBALANCE:
            complete_join_if_ready(group, effects, now_ms)
        elif group.state is not GroupState.EMPTY:
            rebalance_or_complete_join(group, state.settings, effects, now_ms)
    return effects.outcome(_response(responses))


def _remove_member(group: ClassicGroup, identity: MemberIdentity, effects: Effects) -> ErrorCode:
    member_id = identity.member_id
    if not member_id:
        member_id = group.static_members.get(identity.group_instance_id or "", "")
        if not member_id:
            return ErrorCode.UNKNOWN_MEMBER_ID
    elif member_id in group.pending_joins:
        group.remove(member_id)
        effects.cancel_timer(session_key(group.group_id, member_id))
        return ErrorCode.NONE
    else:
        try:
            group.require_member(member_id, identity.group_instance_id)
        except KafkaError as error:
            return error.code
    effects.cancel_timer(session_key(group.group_id, member_id))
    dismiss(group, group.members[member_id], effects)
    return ErrorCode.NONE


def _member_response(identity: MemberIdentity, error: ErrorCode) -> MemberResponse:
    return MemberResponse(member_id=identity.member_id, group_instance_id=identity.group_instance_id, error_code=error)


def _response(members: list[MemberResponse]) -> LeaveGroupResponse:
    return LeaveGroupResponse(throttle_time_ms=0, error_code=ErrorCode.NONE, members=members)
