"""DeleteGroups, and the end of groups that nobody uses any more.

A group is DEAD from the decision until its tombstone is stored, so that nobody joins a group that is about to vanish;
should the tombstone fail, the group is empty as before. Offsets expire as KIP-211 has it: once the group has been empty
for the retention time; in a group with members, once no member reads the topic and the last commit is that old.
"""

from collections.abc import Callable

from barnabas.coordinators.groups.classic import ClassicGroup, GroupState
from barnabas.coordinators.groups.consumer.group import ConsumerGroup
from barnabas.coordinators.groups.consumer.records import group_tombstones
from barnabas.coordinators.groups.events import EXPIRY_KEY, ExpireOffsets, GroupsDeleted
from barnabas.coordinators.groups.offsets import all_offset_tombstones
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.groups.records import CommittedOffset, group_tombstone, offset_tombstone
from barnabas.coordinators.runtime.outcome import Effects, Outcome
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.delete_groups import DeletableGroupResult, DeleteGroupsResponse


def delete_groups(state: GroupsState, group_ids: list[str], now_ms: int) -> Outcome[DeleteGroupsResponse]:
    """Delete groups without members, and all their offsets."""
    effects = Effects()
    results = []
    deleted = []
    for group_id in group_ids:
        group = state.groups.get(group_id)
        consumer_group = state.consumer_groups.get(group_id)
        if consumer_group is not None:
            error = ErrorCode.NON_EMPTY_GROUP if consumer_group.members else ErrorCode.NONE
            if error is ErrorCode.NONE:
                effects.append(*all_offset_tombstones(state, group_id), *group_tombstones(consumer_group))
        elif group is None or group.state is GroupState.DEAD:
            error = ErrorCode.GROUP_ID_NOT_FOUND
        elif group.state is not GroupState.EMPTY:
            error = ErrorCode.NON_EMPTY_GROUP
        else:
            error = ErrorCode.NONE
            group.move_to(GroupState.DEAD, now_ms)
            deleted.append(group_id)
            effects.append(*all_offset_tombstones(state, group_id), group_tombstone(group_id))
        results.append(DeletableGroupResult(group_id=group_id, error_code=error))
    if deleted:
        effects.append(afterwards=GroupsDeleted(tuple(deleted)))
    return effects.outcome(DeleteGroupsResponse(throttle_time_ms=0, results=results))


def groups_deleted(state: GroupsState, event: GroupsDeleted, error: ErrorCode | None, now_ms: int) -> Outcome[None]:
    """Revive the groups whose tombstones could not be stored."""
    if error is not None:
        for group_id in event.group_ids:
            group = state.groups.get(group_id)
            if group is not None and group.state is GroupState.DEAD:
                group.move_to(GroupState.EMPTY, now_ms)
    return Outcome()


def expire_offsets(state: GroupsState, now_ms: int) -> Outcome[None]:
    """Forget offsets that are past their time, and groups that have nothing left."""
    effects = Effects()
    effects.set_timer(EXPIRY_KEY, state.settings.offsets_retention_check_interval_ms, ExpireOffsets())
    deleted = []
    for group_id, group in state.groups.items():
        is_expired = _expiry_rule(group, now_ms, state.settings.offsets_retention_ms)
        has_offsets_left = False
        for topic, partitions in state.offsets.get(group_id, {}).items():
            is_kept = group.is_subscribed_to(topic)
            for partition, committed in partitions.items():
                if is_kept or not is_expired(committed):
                    has_offsets_left = True
                else:
                    effects.append(offset_tombstone(group_id, topic, partition))
        if group.state is GroupState.EMPTY and not has_offsets_left and not group.pending_joins:
            group.move_to(GroupState.DEAD, now_ms)
            deleted.append(group_id)
            effects.append(group_tombstone(group_id))
    if deleted:
        effects.append(afterwards=GroupsDeleted(tuple(deleted)))
    for consumer_group in state.consumer_groups.values():
        _expire_offsets_of(state, consumer_group, now_ms, effects)
    return effects.outcome()


def _expire_offsets_of(state: GroupsState, group: ConsumerGroup, now_ms: int, effects: Effects) -> None:
    """In a group of the consumer protocol offsets expire one by one, unless somebody reads the topic."""
    has_offsets_left = False
    for topic, partitions in state.offsets.get(group.group_id, {}).items():
        is_kept = group.is_subscribed_to(topic)
        for partition, committed in partitions.items():
            age_ms = now_ms - committed.commit_timestamp_ms
            due_ms = committed.expire_timestamp_ms
            is_expired = age_ms >= state.settings.offsets_retention_ms if due_ms is None else now_ms >= due_ms
            if is_kept or not is_expired:
                has_offsets_left = True
            else:
                effects.append(offset_tombstone(group.group_id, topic, partition))
    if not group.members and not has_offsets_left:
        effects.append(*group_tombstones(group))


def _expiry_rule(group: ClassicGroup, now_ms: int, retention_ms: int) -> Callable[[CommittedOffset], bool]:
    """When an offset of this group is past its time."""
    is_simple = group.protocol_type is None
    is_empty = group.state is GroupState.EMPTY
    is_readable = (
        group.state is GroupState.STABLE and group.uses_consumer_protocol and group.subscribed_topics is not None
    )
    if not (is_simple or is_empty or is_readable):
        return lambda _: False

    def is_expired(committed: CommittedOffset) -> bool:
        if committed.expire_timestamp_ms is not None:
            return now_ms >= committed.expire_timestamp_ms
        since_ms = committed.commit_timestamp_ms
        if is_empty and not is_simple and group.state_since_ms is not None:
            since_ms = group.state_since_ms
        return now_ms - since_ms >= retention_ms

    return is_expired
