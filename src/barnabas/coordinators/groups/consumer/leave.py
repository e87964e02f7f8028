"""Members go: on their own, because they fell silent, or because they did not give partitions back in time.

Whoever goes frees its partitions, and the group's next epoch distributes them at the next heartbeat of anybody; a
static member that goes for a moment keeps them until its session runs out.
"""

from dataclasses import replace

from barnabas.coordinators.groups.consumer import records
from barnabas.coordinators.groups.consumer.group import ConsumerGroup
from barnabas.coordinators.groups.consumer.identity import static_member, unknown_member
from barnabas.coordinators.groups.consumer.member import STATIC_LEAVE_EPOCH, ConsumerMember, MemberState
from barnabas.coordinators.groups.consumer.subscriptions import metadata_hash
from barnabas.coordinators.groups.events import (
    ConsumerRevocationExpired,
    ConsumerSessionExpired,
    consumer_revocation_key,
    consumer_session_key,
)
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.runtime.outcome import Effects, Outcome
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse,
)


def leave(state: GroupsState, request: ConsumerGroupHeartbeatRequest) -> Outcome[ConsumerGroupHeartbeatResponse]:
    """Take a member out, or let a static one be away; raises KafkaError when there is no such member."""
    group = state.consumer_groups.get(request.group_id)
    if group is None:
        is_classic = request.group_id in state.groups
        reason = f"Group {request.group_id} is not a consumer group." if is_classic else None
        raise KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, reason or f"Group {request.group_id} not found.")
    if request.instance_id is None:
        member = group.members.get(request.member_id)
        if member is None:
            raise unknown_member(group, request.member_id)
    else:
        member = static_member(group, request)
    effects = Effects()
    if request.member_epoch == STATIC_LEAVE_EPOCH:
        away = replace(member, member_epoch=STATIC_LEAVE_EPOCH, pending_revocation={})
        effects.append(records.current_assignment_record(group.group_id, away))
        effects.cancel_timer(consumer_revocation_key(group.group_id, member.member_id))
    else:
        _remove(state, group, member, effects)
    response = ConsumerGroupHeartbeatResponse(member_id=request.member_id, member_epoch=request.member_epoch)
    return effects.outcome(response)


def consumer_session_expired(state: GroupsState, event: ConsumerSessionExpired) -> Outcome[None]:
    return _fence(state, event.group_id, event.member_id, None)


def consumer_revocation_expired(state: GroupsState, event: ConsumerRevocationExpired) -> Outcome[None]:
    return _fence(state, event.group_id, event.member_id, event.member_epoch)


def consumer_groups_loaded(state: GroupsState, effects: Effects) -> None:
    """Give every member that was loaded a full session, and those that revoke their full time."""
    for group in state.consumer_groups.values():
        session_ms = state.settings.session_timeout_ms(state.group_config(group.group_id))
        for member in group.members.values():
            key = consumer_session_key(group.group_id, member.member_id)
            effects.set_timer(key, session_ms, ConsumerSessionExpired(group.group_id, member.member_id))
            if member.state is MemberState.UNREVOKED_PARTITIONS:
                effects.set_timer(
                    consumer_revocation_key(group.group_id, member.member_id),
                    member.rebalance_timeout_ms,
                    ConsumerRevocationExpired(group.group_id, member.member_id, member.member_epoch),
                )


def _fence(state: GroupsState, group_id: str, member_id: str, member_epoch: int | None) -> Outcome[None]:
    """Remove a member, unless it has moved on from the epoch that it was to leave."""
    group = state.consumer_groups.get(group_id)
    member = None if group is None else group.members.get(member_id)
    if group is None or member is None or member_epoch not in (None, member.member_epoch):
        return Outcome()
    effects = Effects()
    _remove(state, group, member, effects)
    return effects.outcome()


def _remove(state: GroupsState, group: ConsumerGroup, member: ConsumerMember, effects: Effects) -> None:
    left = [other for other in group.members.values() if other is not member]
    effects.append(*records.member_tombstones(group.group_id, member.member_id))
    wanted = {other.subscribed_topic_regex for other in left}
    for pattern in sorted(group.patterns.keys() - wanted):
        effects.append(records.pattern_tombstone(group.group_id, pattern))
    hashed = metadata_hash(left, group.patterns, state.topics())
    effects.append(records.group_epoch_record(group.group_id, group.group_epoch + 1, hashed))
    for key in (consumer_session_key, consumer_revocation_key):
        effects.cancel_timer(key(group.group_id, member.member_id))
