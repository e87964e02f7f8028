"""JoinGroup: someone wants to be in the group's next generation.

A newcomer gets its member ID first and comes back with it (KIP-394), unless it is static (KIP-345) or too old to know
that. Its request is then parked until the generation begins; see `rebalance`.
"""

from dataclasses import dataclass

from barnabas.coordinators.groups.classic import ClassicGroup, GroupState
from barnabas.coordinators.groups.events import SessionExpired, StaticMemberStored, session_key
from barnabas.coordinators.groups.member import Member
from barnabas.coordinators.groups.partition_state import (
    GroupsState,
    record_of_group,
    record_of_new_group,
)
from barnabas.coordinators.groups.rebalance import (
    complete_join_if_ready,
    failed_join,
    failed_sync,
    generation_response,
    keep_session,
    prepare_rebalance,
    rebalance_or_complete_join,
)
from barnabas.coordinators.runtime.outcome import Effects, Outcome
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.join_group import JoinGroupRequest, JoinGroupResponse

_REQUIRES_KNOWN_MEMBER_ID_SINCE = 4
_SKIPS_ASSIGNMENT_SINCE = 9


@dataclass(frozen=True, slots=True)
class Joining:
    """A JoinGroup and everything about it that isn't in the request itself."""

    request: JoinGroupRequest
    api_version: int
    client_id: str
    client_host: str
    ticket: int
    new_member_id: str
    """A unique text from which a member ID can be made."""
    now_ms: int

    @property
    def protocols(self) -> tuple[tuple[str, bytes], ...]:
        return tuple((protocol.name, protocol.metadata) for protocol in self.request.protocols)

    @property
    def rebalance_timeout_ms(self) -> int:
        if self.request.rebalance_timeout_ms < 0:  # version 0 has none
            return self.request.session_timeout_ms
        return self.request.rebalance_timeout_ms


def join_group(state: GroupsState, joining: Joining) -> Outcome[JoinGroupResponse]:
    """Take a JoinGroup in. Without a response in the outcome, the request waits under its ticket."""
    request = joining.request
    effects = Effects()
    group = state.groups.get(request.group_id)
    is_new_group = group is None
    if group is None:
        if request.member_id:
            return Outcome(failed_join(ErrorCode.UNKNOWN_MEMBER_ID, request.member_id))
        group = ClassicGroup(request.group_id, state_since_ms=joining.now_ms)
    response = _admit(state, group, joining, effects)
    if is_new_group and (effects.timers or response is None):
        state.groups[group.group_id] = group
        effects.append(record_of_new_group(group))
    return effects.outcome(response)


def _admit(state: GroupsState, group: ClassicGroup, joining: Joining, effects: Effects) -> JoinGroupResponse | None:
    request = joining.request
    if not _has_room(group, request.member_id, state.settings.max_size):
        group.remove(request.member_id)
        return failed_join(ErrorCode.GROUP_MAX_SIZE_REACHED)
    if group.state is GroupState.DEAD:
        return failed_join(ErrorCode.COORDINATOR_NOT_AVAILABLE, request.member_id)
    if not group.supports_protocols(request.protocol_type, {name for name, _ in joining.protocols}):
        return failed_join(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request.member_id)
    if not request.member_id:
        return _admit_newcomer(state, group, joining, effects)
    if request.member_id in group.pending_joins:
        if request.group_instance_id is not None:
            return failed_join(ErrorCode.UNKNOWN_MEMBER_ID, request.member_id)
        _add_member(state, group, request.member_id, joining, effects)
        return None
    try:
        member = group.require_member(request.member_id, request.group_instance_id)
    except KafkaError as error:
        return failed_join(error.code, request.member_id)
    return _readmit(state, group, member, joining, effects)


def _has_room(group: ClassicGroup, member_id: str, max_size: int) -> bool:
    match group.state:
        case GroupState.EMPTY | GroupState.DEAD:
            return True
        case GroupState.PREPARING_REBALANCE:
            # Pending members weren't counted when they got their ID, so those who join first get in.
            member = group.members.get(member_id)
            return (member is not None and member.awaits_join) or group.awaiting_join_count < max_size
        case _:
            return member_id in group.members or len(group.members) < max_size


def _admit_newcomer(
    state: GroupsState, group: ClassicGroup, joining: Joining, effects: Effects
) -> JoinGroupResponse | None:
    request = joining.request
    if request.group_instance_id is not None:
        new_member_id = f"{request.group_instance_id}-{joining.new_member_id}"
        old_member_id = group.static_members.get(request.group_instance_id)
        if old_member_id is not None:
            return _replace_static_member(state, group, group.members[old_member_id], new_member_id, joining, effects)
        _add_member(state, group, new_member_id, joining, effects)
        return None
    new_member_id = f"{joining.client_id}-{joining.new_member_id}"
    if joining.api_version >= _REQUIRES_KNOWN_MEMBER_ID_SINCE:
        group.pending_joins.add(new_member_id)
        effects.set_timer(
            session_key(group.group_id, new_member_id),
            request.session_timeout_ms,
            SessionExpired(group.group_id, new_member_id),
        )
        return failed_join(ErrorCode.MEMBER_ID_REQUIRED, new_member_id)
    _add_member(state, group, new_member_id, joining, effects)
    return None


def _add_member(state: GroupsState, group: ClassicGroup, member_id: str, joining: Joining, effects: Effects) -> None:
    request = joining.request
    member = Member(
        member_id=member_id,
        group_instance_id=request.group_instance_id,
        client_id=joining.client_id,
        client_host=joining.client_host,
        rebalance_timeout_ms=joining.rebalance_timeout_ms,
        session_timeout_ms=request.session_timeout_ms,
        protocol_type=request.protocol_type,
        protocols=joining.protocols,
        join_ticket=joining.ticket,
        is_new=True,
    )
    if group.state is GroupState.PREPARING_REBALANCE and group.previous_state is GroupState.EMPTY:
        group.new_member_added = True
    group.add(member)
    # A client gives up on its first JoinGroup without leaving, so a new member may not wait forever (KIP-394).
    keep_session(group, member, effects, state.settings.new_member_join_timeout_ms)
    rebalance_or_complete_join(group, state.settings, effects, joining.now_ms)


def _readmit(
    state: GroupsState, group: ClassicGroup, member: Member, joining: Joining, effects: Effects
) -> JoinGroupResponse | None:
    """A member that is known joins again: because it was told to, or because its subscription changed."""
    is_unchanged = member.protocols == joining.protocols
    match group.state:
        case GroupState.PREPARING_REBALANCE:
            pass
        case GroupState.COMPLETING_REBALANCE if is_unchanged:
            # It missed the answer to its first JoinGroup of this generation.
            return generation_response(group, member)
        case GroupState.STABLE if is_unchanged and not group.is_leader(member.member_id):
            return generation_response(group, member)
        case GroupState.COMPLETING_REBALANCE | GroupState.STABLE:
            pass
        case _:
            return failed_join(ErrorCode.UNKNOWN_MEMBER_ID, member.member_id)
    _update(group, member, joining, effects)
    rebalance_or_complete_join(group, state.settings, effects, joining.now_ms)
    return None


def _update(group: ClassicGroup, member: Member, joining: Joining, effects: Effects) -> None:
    group.set_protocols(member, joining.protocols)
    member.rebalance_timeout_ms = joining.rebalance_timeout_ms
    member.session_timeout_ms = joining.request.session_timeout_ms
    if member.join_ticket is not None:  # a retry; nobody listens to the request before it any more
        effects.reply(member.join_ticket, failed_join(ErrorCode.REBALANCE_IN_PROGRESS, member.member_id))
    member.join_ticket = joining.ticket


def _replace_static_member(
    state: GroupsState,
    group: ClassicGroup,
    member: Member,
    new_member_id: str,
    joining: Joining,
    effects: Effects,
) -> JoinGroupResponse | None:
    """A static member restarted: it takes its old place under a new ID, and whoever had it is fenced (KIP-345)."""
    stored = StaticMemberStored(
        group_id=group.group_id,
        old_member_id=member.member_id,
        new_member_id=new_member_id,
        old_leader_id=group.leader_id,
        old_protocols=member.protocols,
        old_rebalance_timeout_ms=member.rebalance_timeout_ms,
        old_session_timeout_ms=member.session_timeout_ms,
        supports_skipping_assignment=joining.api_version >= _SKIPS_ASSIGNMENT_SINCE,
    )
    if member.join_ticket is not None:
        effects.reply(member.join_ticket, failed_join(ErrorCode.FENCED_INSTANCE_ID, member.member_id))
        member.join_ticket = None
    if member.sync_ticket is not None:
        effects.reply(member.sync_ticket, failed_sync(ErrorCode.FENCED_INSTANCE_ID))
        member.sync_ticket = None
    effects.cancel_timer(session_key(group.group_id, member.member_id))
    group.rename_member(member, new_member_id)
    _update(group, member, joining, effects)
    keep_session(group, member, effects)
    match group.state:
        case GroupState.STABLE if group.protocol_name == group.select_protocol():
            assignments = {other.member_id: other.assignment for other in group.members.values()}
            effects.append(record_of_group(group, assignments), afterwards=stored)
        case GroupState.STABLE:
            rebalance_or_complete_join(group, state.settings, effects, joining.now_ms)
        case GroupState.COMPLETING_REBALANCE:
            # The leader may be assigning to the old ID at this moment.
            prepare_rebalance(group, state.settings, effects, joining.now_ms)
        case _:
            complete_join_if_ready(group, effects, joining.now_ms)
    return None


def static_member_stored(state: GroupsState, stored: StaticMemberStored, error: ErrorCode | None) -> Outcome[None]:
    """Answer the restarted static member, or give its place back when the change could not be stored."""
    effects = Effects()
    group = state.groups.get(stored.group_id)
    member = None if group is None else group.members.get(stored.new_member_id)
    if group is None or member is None or member.join_ticket is None:
        return Outcome()
    ticket = member.join_ticket
    if error is not None:
        member.join_ticket = None
        group.set_protocols(member, stored.old_protocols)
        member.rebalance_timeout_ms = stored.old_rebalance_timeout_ms
        member.session_timeout_ms = stored.old_session_timeout_ms
        effects.cancel_timer(session_key(group.group_id, stored.new_member_id))
        group.rename_member(member, stored.old_member_id)
        keep_session(group, member, effects)
        effects.reply(ticket, failed_join(error))
        return effects.outcome()
    if group.state is not GroupState.STABLE:
        return Outcome()  # a rebalance began meanwhile; its generation will be the answer
    member.join_ticket = None
    response = generation_response(group, member)
    if stored.supports_skipping_assignment:
        # A leader that restarts learns who is there, but must not assign anew (KIP-814).
        response.skip_assignment = group.is_leader(member.member_id)
    else:
        # An older client would compute an assignment if it saw itself leading, so it is shown the leader of before.
        response.leader = stored.old_leader_id or ""
        response.members = []
    effects.reply(ticket, response)
    return effects.outcome()
