"""OffsetCommit: store how far a group has read.

Behaviour
    Answers when the offsets are stored in `__consumer_offsets`. Partitions that don't exist are refused one by one.
Versions
    v2-4 retention time; v6 leader epochs (KIP-320); v7 static members (KIP-345); v8 flexible
    v9 GROUP_ID_NOT_FOUND (KIP-848); v10 topics by ID
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.broker.topic_lookup import TopicLookup
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)

_TOPIC_IDS_SINCE = 10


@dataclass(frozen=True, slots=True)
class OffsetCommit:
    groups: GroupCoordinator
    topics: TopicLookup

    async def __call__(self, request: OffsetCommitRequest, context: RequestContext) -> OffsetCommitResponse:
        refused: list[OffsetCommitResponseTopic] = []
        accepted: list[OffsetCommitRequestTopic] = []
        for topic in request.topics:
            unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            if context.api_version >= _TOPIC_IDS_SINCE:
                topic.name = self.topics.topic_name(topic.topic_id) or ""
                unknown = unknown if topic.name else ErrorCode.UNKNOWN_TOPIC_ID
            count = self.topics.partition_count(topic.name) or 0
            good = [partition for partition in topic.partitions if 0 <= partition.partition_index < count]
            bad = [partition for partition in topic.partitions if not 0 <= partition.partition_index < count]
            if bad:
                refused.append(_refusal(topic, bad, unknown))
            if good:
                accepted.append(OffsetCommitRequestTopic(name=topic.name, topic_id=topic.topic_id, partitions=good))
        if refused and not accepted:
            return OffsetCommitResponse(topics=refused)
        request.topics = accepted
        response = await self.groups.commit_offsets(request, context)
        _merge(response, refused)
        return response


def _refusal(
    topic: OffsetCommitRequestTopic, partitions: list[OffsetCommitRequestPartition], error: ErrorCode
) -> OffsetCommitResponseTopic:
    return OffsetCommitResponseTopic(
        name=topic.name,
        topic_id=topic.topic_id,
        partitions=[
            OffsetCommitResponsePartition(partition_index=partition.partition_index, error_code=error)
            for partition in partitions
        ],
    )


def _merge(response: OffsetCommitResponse, refused: list[OffsetCommitResponseTopic]) -> None:
    """Add refused partitions to the topics that are there; clients expect each topic once."""
    by_topic = {(topic.name, topic.topic_id): topic for topic in response.topics}
    for topic in refused:
        known = by_topic.get((topic.name, topic.topic_id))
        if known is None:
            response.topics.append(topic)
        else:
            known.partitions += topic.partitions
