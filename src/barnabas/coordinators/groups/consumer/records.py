"""The records of `__consumer_offsets` about groups of the consumer protocol, written and taken in.

A group is what its records say: `apply` is the only way to change one, after a record was stored as well as while
loading. Records may come in any order that compaction leaves. Source: ConsumerGroup*Key/Value.json of Kafka's group
coordinator; types 3 to 8 and 16.
"""

import struct as binary
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from barnabas.coordinators.groups.consumer.group import ConsumerGroup
from barnabas.coordinators.groups.consumer.member import ConsumerMember, MemberState, Partitions, partitions_of
from barnabas.coordinators.runtime.outcome import CoordinatorRecord
from barnabas.protocol.messages.internal import consumer_group_records as kafka
from barnabas.protocol.wire import Codec, codec

_INT16: Final = binary.Struct(">h")


class _Kind(NamedTuple):
    key: type[Any]
    value: type[Any]


_GROUP, _PARTITIONS, _MEMBER, _TARGET, _MEMBER_TARGET, _CURRENT, _PATTERN = 3, 4, 5, 6, 7, 8, 16
_KINDS: Final = {
    _GROUP: _Kind(kafka.ConsumerGroupMetadataKey, kafka.ConsumerGroupMetadataValue),
    _PARTITIONS: _Kind(kafka.ConsumerGroupPartitionMetadataKey, kafka.ConsumerGroupPartitionMetadataValue),
    _MEMBER: _Kind(kafka.ConsumerGroupMemberMetadataKey, kafka.ConsumerGroupMemberMetadataValue),
    _TARGET: _Kind(kafka.ConsumerGroupTargetAssignmentMetadataKey, kafka.ConsumerGroupTargetAssignmentMetadataValue),
    _MEMBER_TARGET: _Kind(kafka.ConsumerGroupTargetAssignmentMemberKey, kafka.ConsumerGroupTargetAssignmentMemberValue),
    _CURRENT: _Kind(kafka.ConsumerGroupCurrentMemberAssignmentKey, kafka.ConsumerGroupCurrentMemberAssignmentValue),
    _PATTERN: _Kind(kafka.ConsumerGroupRegularExpressionKey, kafka.ConsumerGroupRegularExpressionValue),
}
T = TypeVar("T")


def _key_codec(cls: type[T]) -> Codec[T]:
    return codec(cls, 0, False)


def _value_codec(cls: type[T]) -> Codec[T]:
    return codec(cls, 0, True)


def _record(kind: int, value: object | None, **key: str) -> CoordinatorRecord:
    cls = _KINDS[kind]
    encoded_key = _INT16.pack(kind) + _key_codec(cls.key).encode(cls.key(**key))
    if value is None:
        return CoordinatorRecord(encoded_key, None)
    return CoordinatorRecord(encoded_key, _INT16.pack(0) + _value_codec(cls.value).encode(value))


# -- written


def group_epoch_record(group_id: str, epoch: int, metadata_hash: int) -> CoordinatorRecord:
    value = kafka.ConsumerGroupMetadataValue(epoch=epoch, metadata_hash=metadata_hash)
    return _record(_GROUP, value, group_id=group_id)


def member_record(group_id: str, member: ConsumerMember) -> CoordinatorRecord:
    value = kafka.ConsumerGroupMemberMetadataValue(
        instance_id=member.instance_id,
        rack_id=member.rack_id,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=sorted(member.subscribed_topic_names),
        subscribed_topic_regex=member.subscribed_topic_regex,
        rebalance_timeout_ms=member.rebalance_timeout_ms,
        server_assignor=member.server_assignor,
        classic_member_metadata=None,
    )
    return _record(_MEMBER, value, group_id=group_id, member_id=member.member_id)


def target_epoch_record(group_id: str, epoch: int) -> CoordinatorRecord:
    value = kafka.ConsumerGroupTargetAssignmentMetadataValue(assignment_epoch=epoch)
    return _record(_TARGET, value, group_id=group_id)


def member_target_record(group_id: str, member_id: str, target: Partitions) -> CoordinatorRecord:
    value = kafka.ConsumerGroupTargetAssignmentMemberValue(
        topic_partitions=[
            kafka.TopicPartition(topic_id=topic_id, partitions=sorted(indexes)) for topic_id, indexes in target.items()
        ]
    )
    return _record(_MEMBER_TARGET, value, group_id=group_id, member_id=member_id)


def current_assignment_record(group_id: str, member: ConsumerMember) -> CoordinatorRecord:
    value = kafka.ConsumerGroupCurrentMemberAssignmentValue(
        member_epoch=member.member_epoch,
        previous_member_epoch=member.previous_member_epoch,
        state=member.state,
        assigned_partitions=_topic_partitions(member.assigned),
        partitions_pending_revocation=_topic_partitions(member.pending_revocation),
    )
    return _record(_CURRENT, value, group_id=group_id, member_id=member.member_id)


def pattern_record(group_id: str, pattern: str, topics: Iterable[str], now_ms: int) -> CoordinatorRecord:
    value = kafka.ConsumerGroupRegularExpressionValue(topics=sorted(topics), version=0, timestamp=now_ms)
    return _record(_PATTERN, value, group_id=group_id, regular_expression=pattern)


def pattern_tombstone(group_id: str, pattern: str) -> CoordinatorRecord:
    return _record(_PATTERN, None, group_id=group_id, regular_expression=pattern)


def member_tombstones(group_id: str, member_id: str) -> list[CoordinatorRecord]:
    return [_record(kind, None, group_id=group_id, member_id=member_id) for kind in (_CURRENT, _MEMBER_TARGET, _MEMBER)]


def group_tombstones(group: ConsumerGroup) -> list[CoordinatorRecord]:
    """Everything that there is about a group, gone; the group itself last."""
    records = [record for member_id in group.members for record in member_tombstones(group.group_id, member_id)]
    records += [pattern_tombstone(group.group_id, pattern) for pattern in group.patterns]
    return records + [_record(kind, None, group_id=group.group_id) for kind in (_TARGET, _GROUP)]


def _topic_partitions(partitions: Partitions) -> list[kafka.TopicPartitions]:
    return [
        kafka.TopicPartitions(topic_id=topic_id, partitions=sorted(indexes)) for topic_id, indexes in partitions.items()
    ]


# -- taken in


def apply(groups: dict[str, ConsumerGroup], record: CoordinatorRecord) -> str | None:
    """Take in a record; returns the ID of its group, or None when it is not about a group of this protocol."""
    (kind,) = _INT16.unpack_from(record.key)
    declared = _KINDS.get(kind)
    if declared is None:
        return None
    key = _key_codec(declared.key).decode(record.key, _INT16.size)
    value = None
    if record.value is not None:
        if _INT16.unpack_from(record.value)[0] != 0:
            return None  # from the future
        value = _value_codec(declared.value).decode(record.value, _INT16.size)
    group_id: str = key.group_id
    if value is not None:
        group = groups.setdefault(group_id, ConsumerGroup(group_id))
        _put(group, key, value)
    elif kind == _GROUP:
        groups.pop(group_id, None)
    elif group_id in groups:
        _take_away(groups[group_id], kind, key)
    return group_id


def _put(group: ConsumerGroup, key: Any, value: object) -> None:
    match value:
        case kafka.ConsumerGroupMetadataValue():
            group.group_epoch, group.metadata_hash = value.epoch, value.metadata_hash
        case kafka.ConsumerGroupMemberMetadataValue():
            group.put(_described(_member(group, key.member_id), value))
        case kafka.ConsumerGroupTargetAssignmentMetadataValue():
            group.target_epoch = value.assignment_epoch
        case kafka.ConsumerGroupTargetAssignmentMemberValue():
            group.target[key.member_id] = _partitions(value.topic_partitions)
        case kafka.ConsumerGroupCurrentMemberAssignmentValue():
            group.put(
                replace(
                    _member(group, key.member_id),
                    member_epoch=value.member_epoch,
                    previous_member_epoch=value.previous_member_epoch,
                    state=_state(value.state),
                    assigned=_partitions(value.assigned_partitions),
                    pending_revocation=_partitions(value.partitions_pending_revocation),
                )
            )
        case kafka.ConsumerGroupRegularExpressionValue():
            group.patterns[key.regular_expression] = frozenset(value.topics)
        case _:  # the partitions of topics as Kafka 4.0 wrote them; the hash took their place
            pass


def _take_away(group: ConsumerGroup, kind: int, key: Any) -> None:
    if kind == _MEMBER:
        group.remove(key.member_id)
    elif kind == _TARGET:
        group.target_epoch = 0
    elif kind == _MEMBER_TARGET:
        group.target.pop(key.member_id, None)
    elif kind == _CURRENT and key.member_id in group.members:
        group.put(
            replace(
                group.members[key.member_id],
                member_epoch=0,
                previous_member_epoch=0,
                state=MemberState.STABLE,
                assigned={},
                pending_revocation={},
            )
        )
    elif kind == _PATTERN:
        group.patterns.pop(key.regular_expression, None)


def _member(group: ConsumerGroup, member_id: str) -> ConsumerMember:
    return group.members.get(member_id) or ConsumerMember(member_id)


def _described(member: ConsumerMember, value: kafka.ConsumerGroupMemberMetadataValue) -> ConsumerMember:
    return replace(
        member,
        instance_id=value.instance_id,
        rack_id=value.rack_id,
        client_id=value.client_id,
        client_host=value.client_host,
        rebalance_timeout_ms=value.rebalance_timeout_ms,
        server_assignor=value.server_assignor,
        subscribed_topic_names=frozenset(value.subscribed_topic_names),
        subscribed_topic_regex=value.subscribed_topic_regex,
    )


def _state(number: int) -> MemberState:
    return MemberState(number) if number in set(MemberState) else MemberState.UNKNOWN


def _partitions(topics: Iterable[kafka.TopicPartitions | kafka.TopicPartition]) -> Partitions:
    listed: list[tuple[UUID, list[int]]] = [(topic.topic_id, list(topic.partitions)) for topic in topics]
    return partitions_of(listed)
