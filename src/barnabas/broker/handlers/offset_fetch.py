"""OffsetFetch: how far groups have read.

Behaviour
    A partition without a committed offset is answered with -1. No offset here is ever unstable, so `require_stable`
    asks for nothing special.
Versions
    v2 null topics for all; v5 leader epochs (KIP-320); v6 flexible; v7 require stable (KIP-447)
    v8 several groups (KIP-709); v9 members of consumer groups (KIP-848); v10 topics by ID
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.broker.topic_lookup import TopicLookup
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
)

_GROUP_ERROR_SINCE = 2
_GROUPS_SINCE = 8
_TOPIC_IDS_SINCE = 10


@dataclass(frozen=True, slots=True)
class OffsetFetch:
    groups: GroupCoordinator
    topics: TopicLookup

    async def __call__(self, request: OffsetFetchRequest, context: RequestContext) -> OffsetFetchResponse:
        if context.api_version < _GROUPS_SINCE:
            response = await self.groups.fetch_offsets(_as_groups(request), context)
            return _as_single(response.groups[0], request, context.api_version)
        if context.api_version < _TOPIC_IDS_SINCE:
            return await self.groups.fetch_offsets(request, context)
        unknown = [self._name_topics(group) for group in request.groups]
        response = await self.groups.fetch_offsets(request, context)
        for group, missing in zip(response.groups, unknown, strict=True):
            self._identify_topics(group)
            if group.error_code == ErrorCode.NONE:
                group.topics += missing
        return response

    def _name_topics(self, group: OffsetFetchRequestGroup) -> list[OffsetFetchResponseTopics]:
        """Fill in names for IDs; what has none is taken out and returned as the response it gets."""
        if group.topics is None:
            return []
        known, unknown = [], []
        for topic in group.topics:
            name = self.topics.topic_name(topic.topic_id)
            if name is None:
                unknown.append(_failed(topic, ErrorCode.UNKNOWN_TOPIC_ID))
            else:
                topic.name = name
                known.append(topic)
        group.topics = known
        return unknown

    def _identify_topics(self, group: OffsetFetchResponseGroup) -> None:
        """Fill in IDs where all topics were asked for; one that is gone has none and can't be named."""
        for topic in group.topics:
            if topic.topic_id == ZERO_UUID:
                topic.topic_id = self.topics.topic_id(topic.name) or ZERO_UUID
        group.topics = [topic for topic in group.topics if topic.topic_id != ZERO_UUID]


def _failed(topic: OffsetFetchRequestTopics, error: ErrorCode) -> OffsetFetchResponseTopics:
    return OffsetFetchResponseTopics(
        name=topic.name,
        topic_id=topic.topic_id,
        partitions=[
            OffsetFetchResponsePartitions(partition_index=index, committed_offset=-1, error_code=error)
            for index in topic.partition_indexes
        ],
    )


def _as_groups(request: OffsetFetchRequest) -> OffsetFetchRequest:
    """A request about one group in the form of version 8."""
    topics = None
    if request.topics is not None:
        topics = [
            OffsetFetchRequestTopics(name=topic.name, partition_indexes=topic.partition_indexes)
            for topic in request.topics
        ]
    return OffsetFetchRequest(
        groups=[OffsetFetchRequestGroup(group_id=request.group_id, topics=topics)],
        require_stable=request.require_stable,
    )


def _as_single(group: OffsetFetchResponseGroup, request: OffsetFetchRequest, api_version: int) -> OffsetFetchResponse:
    """A response about one group in the form before version 8; version 1 has errors only at partitions."""
    topics = group.topics
    if group.error_code and api_version < _GROUP_ERROR_SINCE:
        asked = _as_groups(request).groups[0].topics or []
        topics = [_failed(topic, ErrorCode(group.error_code)) for topic in asked]
    return OffsetFetchResponse(
        error_code=group.error_code,
        topics=[
            OffsetFetchResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetFetchResponsePartition(
                        partition_index=partition.partition_index,
                        committed_offset=partition.committed_offset,
                        committed_leader_epoch=partition.committed_leader_epoch,
                        metadata=partition.metadata,
                        error_code=partition.error_code,
                    )
                    for partition in topic.partitions
                ],
            )
            for topic in topics
        ],
    )
