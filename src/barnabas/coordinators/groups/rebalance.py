"""How a group gets from one generation to the next.

A rebalance gathers JoinGroup requests (PREPARING_REBALANCE) until every known member has joined or the rebalance
timeout is over; then the generation begins, the leader computes the assignment, and SyncGroup requests are gathered
(COMPLETING_REBALANCE) until the leader's assignment is stored. All functions here are steps of a decision and leave
what follows in `effects`.
"""

from barnabas.coordinators.groups.classic import ClassicGroup, GroupState
from barnabas.coordinators.groups.events import (
    InitialDelayEnded,
    JoinDeadline,
    SessionExpired,
    SyncDeadline,
    join_key,
    session_key,
    sync_key,
)
from barnabas.coordinators.groups.member import EMPTY_ASSIGNMENT, Member
from barnabas.coordinators.groups.partition_state import record_of_group
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.coordinators.runtime.outcome import Effects
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.join_group import JoinGroupResponse, JoinGroupResponseMember
from barnabas.protocol.messages.sync_group import SyncGroupResponse


def prepare_rebalance(group: ClassicGroup, settings: GroupSettings, effects: Effects, now_ms: int) -> None:
    """Call all members to join again. A group that was empty first waits a while for company (KIP-134)."""
    if group.state is GroupState.COMPLETING_REBALANCE:
        discard_assignments(group, ErrorCode.REBALANCE_IN_PROGRESS, effects)
    group.pending_syncs.clear()
    effects.cancel_timer(sync_key(group.group_id))
    is_initial = group.state is GroupState.EMPTY
    group.move_to(GroupState.PREPARING_REBALANCE, now_ms)
    if is_initial:
        delay_ms = settings.initial_rebalance_delay_ms
        remaining_ms = max(group.rebalance_timeout_ms - delay_ms, 0)
        effects.set_timer(join_key(group.group_id), delay_ms, InitialDelayEnded(group.group_id, delay_ms, remaining_ms))
    elif group.has_all_members_joined:
        complete_join(group, effects, now_ms)
    else:
        effects.set_timer(join_key(group.group_id), group.rebalance_timeout_ms, JoinDeadline(group.group_id))


def rebalance_or_complete_join(group: ClassicGroup, settings: GroupSettings, effects: Effects, now_ms: int) -> None:
    """The membership changed: begin a rebalance, or finish the one that only waited for this."""
    if group.can_rebalance:
        prepare_rebalance(group, settings, effects, now_ms)
    else:
        complete_join_if_ready(group, effects, now_ms)


def complete_join_if_ready(group: ClassicGroup, effects: Effects, now_ms: int) -> None:
    # The first rebalance of a group ends with its delay only: more members may be on their way.
    is_initial = group.previous_state is GroupState.EMPTY
    if group.state is GroupState.PREPARING_REBALANCE and not is_initial and group.has_all_members_joined:
        complete_join(group, effects, now_ms)


def complete_join(group: ClassicGroup, effects: Effects, now_ms: int) -> None:
    """Begin the next generation with those who joined.

    Dynamic members that didn't are out. Static members stay: they may be restarting (KIP-345).
    """
    effects.cancel_timer(join_key(group.group_id))
    if group.state is not GroupState.PREPARING_REBALANCE:
        return
    for member in [member for member in group.members.values() if not (member.awaits_join or member.is_static)]:
        group.remove(member.member_id)
        effects.cancel_timer(session_key(group.group_id, member.member_id))
    if group.members and not group.elect_joined_leader():
        # Only absent static members are left, and none of them can lead: wait for their sessions or for them.
        effects.set_timer(join_key(group.group_id), group.rebalance_timeout_ms, JoinDeadline(group.group_id))
        return
    group.start_next_generation(now_ms)
    if not group.members:
        effects.append(record_of_group(group, {}))
        return
    for member in group.members.values():
        answer_join(group, member, effects)
        keep_session(group, member, effects)
        member.is_new = False
        group.pending_syncs.add(member.member_id)
    effects.set_timer(
        sync_key(group.group_id),
        group.rebalance_timeout_ms,
        SyncDeadline(group.group_id, group.generation_id),
    )


def answer_join(group: ClassicGroup, member: Member, effects: Effects, *, skip_assignment: bool = False) -> None:
    """Answer the parked JoinGroup of a member, if it has one, with the current generation."""
    if member.join_ticket is not None:
        effects.reply(member.join_ticket, generation_response(group, member, skip_assignment=skip_assignment))
        member.join_ticket = None


def generation_response(group: ClassicGroup, member: Member, *, skip_assignment: bool = False) -> JoinGroupResponse:
    """The current generation as a member learns of it; its leader also learns who else is in it."""
    members = []
    if group.is_leader(member.member_id):
        protocol = group.protocol_name
        assert protocol is not None
        members = [
            JoinGroupResponseMember(
                member_id=other.member_id,
                group_instance_id=other.group_instance_id,
                metadata=other.metadata(protocol),
            )
            for other in group.members.values()
        ]
    return JoinGroupResponse(
        throttle_time_ms=0,
        error_code=ErrorCode.NONE,
        generation_id=group.generation_id,
        protocol_type=group.protocol_type,
        protocol_name=group.protocol_name,
        leader=group.leader_id or "",
        skip_assignment=skip_assignment,
        member_id=member.member_id,
        members=members,
    )


def failed_join(error: ErrorCode, member_id: str = "") -> JoinGroupResponse:
    return JoinGroupResponse(
        throttle_time_ms=0,
        error_code=error,
        generation_id=-1,
        protocol_type=None,
        protocol_name=None,
        leader="",
        member_id=member_id,
        members=[],
    )


def sync_response(group: ClassicGroup, member: Member, error: ErrorCode = ErrorCode.NONE) -> SyncGroupResponse:
    if error is not ErrorCode.NONE:
        return failed_sync(error)
    return SyncGroupResponse(
        throttle_time_ms=0,
        error_code=ErrorCode.NONE,
        protocol_type=group.protocol_type,
        protocol_name=group.protocol_name,
        assignment=member.assignment,
    )


def failed_sync(error: ErrorCode) -> SyncGroupResponse:
    return SyncGroupResponse(
        throttle_time_ms=0, error_code=error, protocol_type=None, protocol_name=None, assignment=b""
    )


def hand_out_assignments(group: ClassicGroup, assignments: dict[str, bytes], effects: Effects) -> None:
    assert group.state is GroupState.COMPLETING_REBALANCE
    for member in group.members.values():
        member.assignment = assignments.get(member.member_id, EMPTY_ASSIGNMENT)
        _answer_sync(group, member, ErrorCode.NONE, effects)


def discard_assignments(group: ClassicGroup, error: ErrorCode, effects: Effects) -> None:
    assert group.state is GroupState.COMPLETING_REBALANCE
    for member in group.members.values():
        member.assignment = EMPTY_ASSIGNMENT
        _answer_sync(group, member, error, effects)


def _answer_sync(group: ClassicGroup, member: Member, error: ErrorCode, effects: Effects) -> None:
    if member.sync_ticket is not None:
        effects.reply(member.sync_ticket, sync_response(group, member, error))
        member.sync_ticket = None
        keep_session(group, member, effects)


def dismiss(group: ClassicGroup, member: Member, effects: Effects) -> None:
    """Take a member out of the group; if it waits for a generation, it won't see it."""
    if member.join_ticket is not None:
        effects.reply(member.join_ticket, failed_join(ErrorCode.UNKNOWN_MEMBER_ID))
        member.join_ticket = None
    if member.sync_ticket is not None:
        effects.reply(member.sync_ticket, failed_sync(ErrorCode.UNKNOWN_MEMBER_ID))
        member.sync_ticket = None
    group.remove(member.member_id)


def keep_session(group: ClassicGroup, member: Member, effects: Effects, timeout_ms: int | None = None) -> None:
    """The member was heard of: its session lasts a full timeout from now."""
    effects.set_timer(
        session_key(group.group_id, member.member_id),
        member.session_timeout_ms if timeout_ms is None else timeout_ms,
        SessionExpired(group.group_id, member.member_id),
    )
