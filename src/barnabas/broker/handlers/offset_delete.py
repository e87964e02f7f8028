"""OffsetDelete: forget what a group committed for some partitions (KIP-496).

Behaviour
    Topics that a member of the group reads keep their offsets, topics that don't exist are refused.
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.broker.topic_lookup import TopicLookup
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestTopic,
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)


@dataclass(frozen=True, slots=True)
class OffsetDelete:
    groups: GroupCoordinator
    topics: TopicLookup

    async def __call__(self, request: OffsetDeleteRequest, context: RequestContext) -> OffsetDeleteResponse:
        unknown = [topic for topic in request.topics if self.topics.partition_count(topic.name) is None]
        request.topics = [topic for topic in request.topics if topic not in unknown]
        response = await self.groups.delete_offsets(request, context)
        if response.error_code == ErrorCode.NONE:
            response.topics += [_unknown(topic) for topic in unknown]
        return response


def _unknown(topic: OffsetDeleteRequestTopic) -> OffsetDeleteResponseTopic:
    return OffsetDeleteResponseTopic(
        name=topic.name,
        partitions=[
            OffsetDeleteResponsePartition(
                partition_index=partition.partition_index, error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            )
            for partition in topic.partitions
        ],
    )
