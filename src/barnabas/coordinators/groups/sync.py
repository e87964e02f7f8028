"""SyncGroup: members of a new generation ask for their assignment; the leader brings it along.

All wait until the leader's assignment is stored, so that after a crash the group goes on where it was.
"""

from barnabas.coordinators.groups.classic import ClassicGroup, GroupState
from barnabas.coordinators.groups.events import AssignmentStored, sync_key
from barnabas.coordinators.groups.member import EMPTY_ASSIGNMENT
from barnabas.coordinators.groups.partition_state import GroupsState, record_of_group
from barnabas.coordinators.groups.rebalance import (
    discard_assignments,
    failed_sync,
    hand_out_assignments,
    rebalance_or_complete_join,
    sync_response,
)
from barnabas.coordinators.runtime.outcome import Effects, Outcome
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.sync_group import SyncGroupRequest, SyncGroupResponse


def sync_group(state: GroupsState, request: SyncGroupRequest, ticket: int) -> Outcome[SyncGroupResponse]:
    """Take a SyncGroup in. Without a response in the outcome, the request waits under its ticket."""
    group = state.groups.get(request.group_id)
    if group is None or group.state is GroupState.EMPTY:
        return Outcome(failed_sync(ErrorCode.UNKNOWN_MEMBER_ID))
    try:
        _check(group, request)
    except KafkaError as error:
        return Outcome(failed_sync(error.code))
    effects = Effects()
    member = group.members[request.member_id]
    if group.state is GroupState.PREPARING_REBALANCE:
        return Outcome(failed_sync(ErrorCode.REBALANCE_IN_PROGRESS))
    group.pending_syncs.discard(member.member_id)
    if not group.pending_syncs:
        effects.cancel_timer(sync_key(group.group_id))
    if group.state is GroupState.STABLE:
        return effects.outcome(sync_response(group, member))
    if member.sync_ticket is not None:  # a retry; nobody listens to the request before it any more
        effects.reply(member.sync_ticket, failed_sync(ErrorCode.REBALANCE_IN_PROGRESS))
    member.sync_ticket = ticket
    if group.is_leader(member.member_id):
        brought = {entry.member_id: bytes(entry.assignment) for entry in request.assignments}
        assignments = {member_id: brought.get(member_id, EMPTY_ASSIGNMENT) for member_id in group.members}
        effects.append(
            record_of_group(group, assignments),
            afterwards=AssignmentStored(group.group_id, group.generation_id, assignments),
        )
    return effects.outcome()


def _check(group: ClassicGroup, request: SyncGroupRequest) -> None:
    if group.state is GroupState.DEAD:
        raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    group.require_member(request.member_id, request.group_instance_id)
    if request.generation_id != group.generation_id:
        raise KafkaError(ErrorCode.ILLEGAL_GENERATION)
    # Since version 5 clients say what they believe they are syncing (KIP-559).
    if request.protocol_type is not None and request.protocol_type != group.protocol_type:
        raise KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    if request.protocol_name is not None and request.protocol_name != group.protocol_name:
        raise KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)


def assignment_stored(
    state: GroupsState, stored: AssignmentStored, error: ErrorCode | None, now_ms: int
) -> Outcome[None]:
    """The group is stable, or has to rebalance again because its assignment could not be kept."""
    group = state.groups.get(stored.group_id)
    if (
        group is None
        or group.state is not GroupState.COMPLETING_REBALANCE
        or group.generation_id != stored.generation_id
    ):
        return Outcome()  # another rebalance began while the record was on its way
    effects = Effects()
    if error is None:
        hand_out_assignments(group, stored.assignments, effects)
        group.move_to(GroupState.STABLE, now_ms)
    else:
        discard_assignments(group, error, effects)
        rebalance_or_complete_join(group, state.settings, effects, now_ms)
    return effects.outcome()
