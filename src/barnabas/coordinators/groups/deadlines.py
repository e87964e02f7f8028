"""What happens to groups when time runs out: sessions, the initial delay, joins and syncs."""

from barnabas.coordinators.groups.classic import GroupState
from barnabas.coordinators.groups.consumer.leave import consumer_groups_loaded
from barnabas.coordinators.groups.events import (
    EXPIRY_KEY,
    ExpireOffsets,
    InitialDelayEnded,
    JoinDeadline,
    SessionExpired,
    SyncDeadline,
    join_key,
    session_key,
)
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.groups.rebalance import (
    complete_join,
    dismiss,
    keep_session,
    prepare_rebalance,
    rebalance_or_complete_join,
)
from barnabas.coordinators.runtime.outcome import Effects, Outcome


def session_expired(state: GroupsState, event: SessionExpired, now_ms: int) -> Outcome[None]:
    """Remove a member that fell silent, or one that never came back with the ID it was given."""
    effects = Effects()
    group = state.groups.get(event.group_id)
    if group is None or group.state is GroupState.DEAD:
        return Outcome()
    if event.member_id in group.pending_joins:
        group.remove(event.member_id)
    else:
        member = group.members.get(event.member_id)
        if member is None or member.is_surely_alive:
            return Outcome()
        dismiss(group, member, effects)
        if group.state in (GroupState.STABLE, GroupState.COMPLETING_REBALANCE):
            rebalance_or_complete_join(group, state.settings, effects, now_ms)
            return effects.outcome()
    if group.state is GroupState.PREPARING_REBALANCE and group.has_all_members_joined:
        complete_join(group, effects, now_ms)
    return effects.outcome()


def initial_delay_ended(state: GroupsState, event: InitialDelayEnded, now_ms: int) -> Outcome[None]:
    """Begin the first generation, unless someone arrived during the delay: then others may follow (KIP-134)."""
    group = state.groups.get(event.group_id)
    if group is None:
        return Outcome()
    effects = Effects()
    if group.new_member_added and event.remaining_ms > 0:
        group.new_member_added = False
        delay_ms = min(state.settings.initial_rebalance_delay_ms, event.remaining_ms)
        remaining_ms = max(event.remaining_ms - event.delay_ms, 0)
        effects.set_timer(join_key(group.group_id), delay_ms, InitialDelayEnded(group.group_id, delay_ms, remaining_ms))
    else:
        complete_join(group, effects, now_ms)
    return effects.outcome()


def join_deadline(state: GroupsState, event: JoinDeadline, now_ms: int) -> Outcome[None]:
    group = state.groups.get(event.group_id)
    if group is None:
        return Outcome()
    effects = Effects()
    complete_join(group, effects, now_ms)
    return effects.outcome()


def sync_deadline(state: GroupsState, event: SyncDeadline, now_ms: int) -> Outcome[None]:
    """Remove the members that joined a generation but never asked for their assignment."""
    group = state.groups.get(event.group_id)
    if (
        group is None
        or group.generation_id != event.generation_id
        or group.state not in (GroupState.COMPLETING_REBALANCE, GroupState.STABLE)
        or not group.pending_syncs
    ):
        return Outcome()
    effects = Effects()
    for member_id in sorted(group.pending_syncs):
        group.remove(member_id)
        effects.cancel_timer(session_key(group.group_id, member_id))
    prepare_rebalance(group, state.settings, effects, now_ms)
    return effects.outcome()


def groups_loaded(state: GroupsState, now_ms: int) -> Outcome[None]:
    """Give every member that was loaded a full session to show itself: it may not know that we were away."""
    effects = Effects()
    effects.set_timer(EXPIRY_KEY, state.settings.offsets_retention_check_interval_ms, ExpireOffsets())
    for group in state.groups.values():
        for member in group.members.values():
            keep_session(group, member, effects)
        if len(group.members) > state.settings.max_size:
            prepare_rebalance(group, state.settings, effects, now_ms)
    consumer_groups_loaded(state, effects)
    return effects.outcome()
