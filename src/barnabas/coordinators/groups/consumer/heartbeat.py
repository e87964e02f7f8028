"""ConsumerGroupHeartbeat: a member joins, tells what changed, takes its next step; the group follows.

Decided from what is stored, and nothing but records changes the group: whatever is decided here has happened only once
it is in the log. One heartbeat may write the member, the topics that patterns match, the group's next epoch, the target
assignment of that epoch, and the member's own step towards it. Source: KIP-848 and Apache Kafka 4.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from barnabas.coordinators.groups.classic import GroupState
from barnabas.coordinators.groups.consumer import records
from barnabas.coordinators.groups.consumer.assignors import ASSIGNORS
from barnabas.coordinators.groups.consumer.group import ConsumerGroup, Topics, is_settled, preferred_assignor
from barnabas.coordinators.groups.consumer.identity import find_member
from barnabas.coordinators.groups.consumer.member import (
    JOIN_EPOCH,
    ConsumerMember,
    MemberState,
    Partitions,
    partitions_of,
)
from barnabas.coordinators.groups.consumer.patterns import matching_topics
from barnabas.coordinators.groups.consumer.reconciliation import reconcile
from barnabas.coordinators.groups.consumer.subscriptions import metadata_hash, subscribers, topics_of
from barnabas.coordinators.groups.events import (
    ConsumerRevocationExpired,
    ConsumerSessionExpired,
    consumer_revocation_key,
    consumer_session_key,
)
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.groups.records import group_tombstone
from barnabas.coordinators.runtime.outcome import Effects, Outcome
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.consumer_group_heartbeat import (
    Assignment,
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse,
    TopicPartitions,
)

UNCHANGED: Final = -1
"""The rebalance timeout of a heartbeat that does not tell it again."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat and all that a decision about it needs to know."""

    request: ConsumerGroupHeartbeatRequest
    client_id: str
    client_host: str
    now_ms: int

    @property
    def joins(self) -> bool:
        return self.request.member_epoch == JOIN_EPOCH

    @property
    def owned(self) -> Partitions | None:
        listed = self.request.topic_partitions
        return None if listed is None else partitions_of((topic.topic_id, topic.partitions) for topic in listed)

    @property
    def is_full(self) -> bool:
        """Whether the member told everything: it joins, or does not know what became of its last heartbeat."""
        request = self.request
        names_topics = request.subscribed_topic_names is not None or request.subscribed_topic_regex is not None
        tells_all = request.rebalance_timeout_ms != UNCHANGED and names_topics and request.topic_partitions is not None
        return self.joins or tells_all


@dataclass(frozen=True, slots=True)
class Steady:
    """The answer to a heartbeat by which nothing changes; None if something might."""

    response: ConsumerGroupHeartbeatResponse | None


def steady_heartbeat(state: GroupsState, beat: Beat) -> Outcome[Steady]:
    """Answer a heartbeat that says nothing new in a group where nothing is left to do: nearly all of them."""
    request = beat.request
    group = state.consumer_groups.get(request.group_id)
    member = None if group is None else group.members.get(request.member_id)
    if (
        group is None
        or member is None
        or request.member_epoch != member.member_epoch
        or not is_settled(member, group)
        or request.rebalance_timeout_ms != UNCHANGED
        or request.instance_id not in (None, member.instance_id)
        or (request.rack_id, request.server_assignor) != (None, None)
        or (request.subscribed_topic_names, request.subscribed_topic_regex) != (None, None)
        or request.topic_partitions is not None
        or group.topics_seen is not state.topics()
        or (beat.client_id, beat.client_host) != (member.client_id, member.client_host)
    ):
        return Outcome(Steady(None))
    effects = Effects()
    _keep_session(state, group, member, effects)
    return effects.outcome(Steady(_response(state, beat, member, member)))


def heartbeat(state: GroupsState, beat: Beat) -> Outcome[ConsumerGroupHeartbeatResponse]:
    """Take a heartbeat in; raises KafkaError when the member is none of the group, or not at its epoch."""
    effects = Effects()
    group = _group_of(state, beat, effects)
    request = beat.request
    max_size = state.settings.consumer_max_size
    if len(group.members) >= max_size and request.member_id not in group.members:
        raise KafkaError(
            ErrorCode.GROUP_MAX_SIZE_REACHED,
            f"The consumer group has reached its maximum capacity of {max_size} members.",
        )
    member, replaced = find_member(group, request, beat.owned)
    updated = _updated(member, beat)
    members = {**group.members, updated.member_id: updated}
    target = group.target
    if replaced is not None:
        target = _take_place_of(replaced, updated, group, members, effects)
    elif updated != group.members.get(updated.member_id):
        effects.append(records.member_record(group.group_id, updated))
    topics = state.topics()
    patterns = _match_patterns(group, members, updated, topics, beat.now_ms, effects)
    is_new = replaced is None and updated.member_id not in group.members
    epoch = _next_epoch(group, members, member, updated, patterns, topics, effects, is_new=is_new)
    target_epoch = group.target_epoch
    if epoch > target_epoch:
        target, target_epoch = _assign(state, group, members, target, patterns, topics, effects, epoch), epoch
    reconciled = reconcile(
        updated,
        target_epoch,
        target.get(updated.member_id, {}),
        lambda topic_id, index: index not in group.owners.get(topic_id, ()),
        beat.owned,
    )
    if reconciled != updated or replaced is not None:
        effects.append(records.current_assignment_record(group.group_id, reconciled))
        _watch_revocation(group, reconciled, effects)
    _keep_session(state, group, reconciled, effects)
    return effects.outcome(_response(state, beat, member, reconciled))


def _group_of(state: GroupsState, beat: Beat, effects: Effects) -> ConsumerGroup:
    """The group, or a new one that takes the place of a classic group without members."""
    group_id = beat.request.group_id
    group = state.consumer_groups.get(group_id)
    if group is not None:
        return group
    classic = state.groups.get(group_id)
    if classic is not None:
        if not beat.joins or classic.state is not GroupState.EMPTY:
            raise KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} is not a consumer group.")
        effects.append(group_tombstone(group_id))
    elif not beat.joins:
        raise KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, f"Consumer group {group_id} not found.")
    return ConsumerGroup(group_id)


def _updated(member: ConsumerMember, beat: Beat) -> ConsumerMember:
    """The member with what it told anew."""
    request = beat.request
    names = request.subscribed_topic_names
    updated = replace(member, client_id=beat.client_id, client_host=beat.client_host)
    if request.instance_id is not None:
        updated = replace(updated, instance_id=request.instance_id)
    if request.rack_id is not None:
        updated = replace(updated, rack_id=request.rack_id)
    if request.rebalance_timeout_ms != UNCHANGED:
        updated = replace(updated, rebalance_timeout_ms=request.rebalance_timeout_ms)
    if request.server_assignor is not None:
        updated = replace(updated, server_assignor=request.server_assignor)
    if names is not None:
        updated = replace(updated, subscribed_topic_names=frozenset(names))
    if request.subscribed_topic_regex is not None:
        updated = replace(updated, subscribed_topic_regex=request.subscribed_topic_regex)
    return updated


def _take_place_of(
    replaced: ConsumerMember,
    updated: ConsumerMember,
    group: ConsumerGroup,
    members: dict[str, ConsumerMember],
    effects: Effects,
) -> dict[str, Partitions]:
    """Let a static member that came back have what it had under its old ID; returns the targets."""
    del members[replaced.member_id]
    target = dict(group.target)
    target[updated.member_id] = target.pop(replaced.member_id, {})
    effects.append(
        *records.member_tombstones(group.group_id, replaced.member_id),
        records.member_record(group.group_id, updated),
        records.member_target_record(group.group_id, updated.member_id, target[updated.member_id]),
    )
    for key in (consumer_session_key, consumer_revocation_key):
        effects.cancel_timer(key(group.group_id, replaced.member_id))
    return target


def _match_patterns(
    group: ConsumerGroup,
    members: Mapping[str, ConsumerMember],
    updated: ConsumerMember,
    topics: Topics,
    now_ms: int,
    effects: Effects,
) -> dict[str, frozenset[str]]:
    """The topics that each pattern matches now; looked up where pattern or topics are new."""
    known = group.members.get(updated.member_id)
    before = None if known is None else known.subscribed_topic_regex
    if topics is group.topics_seen and updated.subscribed_topic_regex == before:
        return group.patterns
    wanted = {member.subscribed_topic_regex for member in members.values() if member.subscribed_topic_regex}
    patterns = {pattern: matching_topics(pattern, topics) for pattern in sorted(wanted)}
    for pattern, found in patterns.items():
        if found != group.patterns.get(pattern):
            effects.append(records.pattern_record(group.group_id, pattern, found, now_ms))
    for pattern in group.patterns.keys() - patterns.keys():
        effects.append(records.pattern_tombstone(group.group_id, pattern))
    return patterns


def _next_epoch(
    group: ConsumerGroup,
    members: Mapping[str, ConsumerMember],
    member: ConsumerMember,
    updated: ConsumerMember,
    patterns: Mapping[str, frozenset[str]],
    topics: Topics,
    effects: Effects,
    *,
    is_new: bool,
) -> int:
    """The epoch of the group: the next one if somebody came, or reads other topics, or if topics changed."""
    reads_others = topics_of(updated, patterns) != topics_of(member, group.patterns)
    if not is_new and not reads_others and topics is group.topics_seen and group.group_epoch > 0:
        return group.group_epoch
    hashed = metadata_hash(members.values(), patterns, topics)
    if is_new or reads_others or group.group_epoch == 0 or hashed != group.metadata_hash:
        effects.append(records.group_epoch_record(group.group_id, group.group_epoch + 1, hashed))
        return group.group_epoch + 1
    group.topics_seen = topics  # with nothing to store, there is nothing that could fail
    return group.group_epoch


def _assign(
    state: GroupsState,
    group: ConsumerGroup,
    members: Mapping[str, ConsumerMember],
    target: Mapping[str, Partitions],
    patterns: Mapping[str, frozenset[str]],
    topics: Topics,
    effects: Effects,
    epoch: int,
) -> dict[str, Partitions]:
    """Distribute the partitions; the epoch of the target is written last, so that half a target counts for nothing."""
    assignor = ASSIGNORS[preferred_assignor(members.values(), state.settings.consumer_assignors)]
    assigned = assignor(*subscribers(members.values(), target, patterns, topics))
    for member_id, partitions in assigned.items():
        if partitions != target.get(member_id):
            effects.append(records.member_target_record(group.group_id, member_id, partitions))
    effects.append(records.target_epoch_record(group.group_id, epoch))
    return assigned


def _watch_revocation(group: ConsumerGroup, member: ConsumerMember, effects: Effects) -> None:
    key = consumer_revocation_key(group.group_id, member.member_id)
    if member.state is MemberState.UNREVOKED_PARTITIONS:
        event = ConsumerRevocationExpired(group.group_id, member.member_id, member.member_epoch)
        effects.set_timer(key, member.rebalance_timeout_ms, event)
    else:
        effects.cancel_timer(key)


def _keep_session(state: GroupsState, group: ConsumerGroup, member: ConsumerMember, effects: Effects) -> None:
    effects.set_timer(
        consumer_session_key(group.group_id, member.member_id),
        state.settings.session_timeout_ms(state.group_config(group.group_id)),
        ConsumerSessionExpired(group.group_id, member.member_id),
    )


def _response(
    state: GroupsState, beat: Beat, before: ConsumerMember, member: ConsumerMember
) -> ConsumerGroupHeartbeatResponse:
    response = ConsumerGroupHeartbeatResponse(
        member_id=member.member_id,
        member_epoch=member.member_epoch,
        heartbeat_interval_ms=state.settings.heartbeat_interval_ms(state.group_config(beat.request.group_id)),
    )
    if beat.is_full or member.assigned != before.assigned:
        response.assignment = Assignment(
            topic_partitions=[
                TopicPartitions(topic_id=topic_id, partitions=sorted(indexes))
                for topic_id, indexes in member.assigned.items()
            ]
        )
    return response
