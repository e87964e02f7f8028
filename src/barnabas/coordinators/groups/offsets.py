"""OffsetCommit, OffsetFetch and OffsetDelete: how far a group has come.

Committed offsets become visible once their record is stored, so what was fetched is never taken back.
"""

from uuid import UUID

from barnabas.coordinators.groups.classic import ClassicGroup, GroupState
from barnabas.coordinators.groups.consumer.group import ConsumerGroup
from barnabas.coordinators.groups.consumer.offset_checks import check_commit, check_fetch
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.groups.rebalance import keep_session
from barnabas.coordinators.groups.records import CommittedOffset, offset_record, offset_tombstone
from barnabas.coordinators.runtime.outcome import CoordinatorRecord, Effects, Outcome
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from barnabas.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)
from barnabas.protocol.messages.offset_fetch import (
    OffsetFetchRequestGroup,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
)

_KNOWS_MISSING_GROUPS_SINCE = 9
_DEFAULT_RETENTION_MS = -1


def commit_offsets(
    state: GroupsState, request: OffsetCommitRequest, api_version: int, now_ms: int
) -> Outcome[OffsetCommitResponse]:
    """Store offsets; raises KafkaError when the member may not commit for the group.

    A group that doesn't exist comes into being when whoever commits uses no group membership.
    """
    effects = Effects()
    group = state.groups.get(request.group_id)
    consumer_group = state.consumer_groups.get(request.group_id)
    if consumer_group is not None:
        check_commit(consumer_group, request.member_id, request.generation_id_or_member_epoch, api_version)
    elif group is None:
        if request.generation_id_or_member_epoch >= 0:
            knows = api_version >= _KNOWS_MISSING_GROUPS_SINCE
            raise KafkaError(ErrorCode.GROUP_ID_NOT_FOUND if knows else ErrorCode.ILLEGAL_GENERATION)
    else:
        _check_committer(group, request)
        member = group.members.get(request.member_id)
        if member is not None and group.state in (GroupState.STABLE, GroupState.PREPARING_REBALANCE):
            keep_session(group, member, effects)
    retention_ms = request.retention_time_ms
    expire_ms = None if retention_ms == _DEFAULT_RETENTION_MS else now_ms + retention_ms
    topics = []
    for topic in request.topics:
        partitions = []
        for partition in topic.partitions:
            error = ErrorCode.NONE
            if _utf16_length(partition.committed_metadata or "") > state.settings.offset_metadata_max_bytes:
                error = ErrorCode.OFFSET_METADATA_TOO_LARGE
            else:
                committed = _committed(partition, topic.topic_id, now_ms, expire_ms)
                effects.append(offset_record(request.group_id, topic.name, partition.partition_index, committed))
            partitions.append(
                OffsetCommitResponsePartition(partition_index=partition.partition_index, error_code=error)
            )
        topics.append(OffsetCommitResponseTopic(name=topic.name, topic_id=topic.topic_id, partitions=partitions))
    return effects.outcome(OffsetCommitResponse(throttle_time_ms=0, topics=topics))


def _check_committer(group: ClassicGroup, request: OffsetCommitRequest) -> None:
    generation_id = request.generation_id_or_member_epoch
    if group.state is GroupState.DEAD:
        raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    if group.state is GroupState.EMPTY and generation_id < 0:
        return  # an administrator, or a consumer that assigns its partitions itself
    if generation_id >= 0 or request.member_id or request.group_instance_id is not None:
        group.require_member(request.member_id, request.group_instance_id)
        if generation_id != group.generation_id:
            raise KafkaError(ErrorCode.ILLEGAL_GENERATION)
    elif group.state is not GroupState.EMPTY:
        raise KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
    if group.state is GroupState.COMPLETING_REBALANCE:
        # The member knows the generation but doesn't own partitions in it yet.
        raise KafkaError(ErrorCode.REBALANCE_IN_PROGRESS)


def _committed(
    partition: OffsetCommitRequestPartition, topic_id: UUID, now_ms: int, expire_ms: int | None
) -> CommittedOffset:
    return CommittedOffset(
        offset=partition.committed_offset,
        leader_epoch=partition.committed_leader_epoch,
        metadata=partition.committed_metadata or "",
        commit_timestamp_ms=now_ms,
        expire_timestamp_ms=expire_ms,
        topic_id=topic_id,
    )


def _utf16_length(text: str) -> int:
    """The length that Kafka compares with `offset.metadata.max.bytes`: Java's, in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def fetch_offsets(state: GroupsState, request: OffsetFetchRequestGroup) -> OffsetFetchResponseGroup:
    """The committed offsets that were asked for, or all; a partition without one has offset -1.

    Raises KafkaError when a member of a group of the consumer protocol asks at an epoch that is not its own.
    """
    group = state.groups.get(request.group_id)
    consumer_group = state.consumer_groups.get(request.group_id)
    if consumer_group is not None:
        check_fetch(consumer_group, request.member_id, request.member_epoch)
    is_known = consumer_group is not None or (group is not None and group.state is not GroupState.DEAD)
    offsets = state.offsets.get(request.group_id, {}) if is_known else {}
    if request.topics is None:
        topics = [
            OffsetFetchResponseTopics(
                name=name,
                topic_id=ZERO_UUID,
                partitions=[_fetched(index, committed) for index, committed in sorted(partitions.items())],
            )
            for name, partitions in sorted(offsets.items())
        ]
    else:
        topics = []
        for topic in request.topics:
            partitions = offsets.get(topic.name, {})
            fetched = []
            for index in topic.partition_indexes:
                committed = partitions.get(index)
                if committed is not None and _is_of_another_topic(committed.topic_id, topic.topic_id):
                    committed = None
                fetched.append(_fetched(index, committed))
            topics.append(OffsetFetchResponseTopics(name=topic.name, topic_id=topic.topic_id, partitions=fetched))
    return OffsetFetchResponseGroup(group_id=request.group_id, topics=topics, error_code=ErrorCode.NONE)


def _is_of_another_topic(committed: UUID, asked: UUID) -> bool:
    """Whether the offset belongs to a deleted topic of the same name (KIP-848); unknown IDs prove nothing."""
    return ZERO_UUID not in (committed, asked) and committed != asked


def _fetched(index: int, committed: CommittedOffset | None) -> OffsetFetchResponsePartitions:
    return OffsetFetchResponsePartitions(
        partition_index=index,
        committed_offset=-1 if committed is None else committed.offset,
        committed_leader_epoch=-1 if committed is None else committed.leader_epoch,
        metadata="" if committed is None else committed.metadata,
        error_code=ErrorCode.NONE,
    )


def delete_offsets(state: GroupsState, request: OffsetDeleteRequest) -> Outcome[OffsetDeleteResponse]:
    """Forget offsets of topics that no member reads (KIP-496); raises KafkaError for the group as a whole."""
    group: ClassicGroup | ConsumerGroup | None = state.groups.get(request.group_id)
    if isinstance(group, ClassicGroup):
        if group.state is GroupState.DEAD:
            group = None
        elif group.state is not GroupState.EMPTY and not group.uses_consumer_protocol:
            raise KafkaError(ErrorCode.NON_EMPTY_GROUP)
    else:
        group = state.consumer_groups.get(request.group_id)
    if group is None:
        raise KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {request.group_id} not found.")
    effects = Effects()
    topics = []
    for topic in request.topics:
        error = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC if group.is_subscribed_to(topic.name) else ErrorCode.NONE
        partitions = []
        for partition in topic.partitions:
            index = partition.partition_index
            partitions.append(OffsetDeleteResponsePartition(partition_index=index, error_code=error))
            committed = state.committed_offset(request.group_id, topic.name, index)
            if error is ErrorCode.NONE and committed is not None:
                effects.append(offset_tombstone(request.group_id, topic.name, index))
        topics.append(OffsetDeleteResponseTopic(name=topic.name, partitions=partitions))
    return effects.outcome(OffsetDeleteResponse(error_code=ErrorCode.NONE, throttle_time_ms=0, topics=topics))


def topics_deleted(state: GroupsState, names: frozenset[str]) -> Outcome[None]:
    """Forget all offsets of topics that are gone, in every group."""
    return Outcome(
        records=tuple(
            offset_tombstone(group_id, topic, partition)
            for group_id, by_topic in state.offsets.items()
            for topic, partitions in by_topic.items()
            if topic in names
            for partition in partitions
        )
    )


def all_offset_tombstones(state: GroupsState, group_id: str) -> list[CoordinatorRecord]:
    """Tombstones for everything that the group ever committed."""
    return [
        offset_tombstone(group_id, topic, partition)
        for topic, partitions in state.offsets.get(group_id, {}).items()
        for partition in partitions
    ]
