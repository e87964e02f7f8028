"""DescribeTopicPartitions: topics and partitions in the order of their names, page by page (KIP-966).

Behaviour
    Asking for no topic asks for all. A page ends when it is full; the cursor then names the partition that the
    next page begins with. Topics that do not exist take no room on a page. A cursor must name one of the topics
    asked for; when all are, it may name one that was deleted since.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.broker.handlers.authorized_operations import NOT_ASKED, TOPIC_OPERATIONS
from barnabas.broker.handlers.partition_view import view_partition
from barnabas.cluster.controller import fault_of_name
from barnabas.cluster.metadata import ClusterImage, MetadataCache, TopicImage, is_internal
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.describe_topic_partitions import (
    Cursor,
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
)


@dataclass(frozen=True, slots=True)
class DescribeTopicPartitions:
    cache: MetadataCache
    page_limit: int = 2000
    """`max.request.partition.size.limit`"""

    async def __call__(
        self, request: DescribeTopicPartitionsRequest, context: RequestContext
    ) -> DescribeTopicPartitionsResponse:
        image = self.cache.image
        names = sorted({topic.name for topic in request.topics} if request.topics else image.topics)
        cursor = request.cursor
        if cursor is not None:
            if cursor.partition_index < 0 or (request.topics and cursor.topic_name not in names):
                return _refuse(request)
            names = [name for name in names if name >= cursor.topic_name]
        room = max(1, min(self.page_limit, request.response_partition_limit))
        return _page(image, names, cursor, room, context.listener_name)


def _page(
    image: ClusterImage, names: Sequence[str], cursor: Cursor | None, room: int, listener_name: str
) -> DescribeTopicPartitionsResponse:
    response = DescribeTopicPartitionsResponse()
    for name in names:
        if room <= 0:
            response.next_cursor = Cursor(topic_name=name, partition_index=0)
            break
        topic = image.topics.get(name)
        if topic is None:
            response.topics.append(_missing(name))
            continue
        first = cursor.partition_index if cursor is not None and cursor.topic_name == name else 0
        described = _describe(image, topic, first, room, listener_name)
        response.topics.append(described)
        room -= len(described.partitions)
        if first + len(described.partitions) < len(topic.partitions):
            next_partition = first + len(described.partitions)
            response.next_cursor = Cursor(topic_name=name, partition_index=next_partition)
            break
    return response


def _describe(
    image: ClusterImage, topic: TopicImage, first: int, room: int, listener_name: str
) -> DescribeTopicPartitionsResponseTopic:
    partitions = []
    for index, partition in enumerate(topic.partitions[first : first + room], start=first):
        view = view_partition(image, partition, listener_name)
        described = DescribeTopicPartitionsResponsePartition(
            error_code=view.error,
            partition_index=index,
            leader_id=view.leader,
            leader_epoch=partition.leader_epoch,
            replica_nodes=list(partition.replicas),
            isr_nodes=list(partition.isr),
            eligible_leader_replicas=[],
            last_known_elr=[],
            offline_replicas=view.offline_replicas,
        )
        partitions.append(described)
    return DescribeTopicPartitionsResponseTopic(
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=is_internal(topic.name),
        partitions=partitions,
        topic_authorized_operations=TOPIC_OPERATIONS,
    )


def _missing(name: str) -> DescribeTopicPartitionsResponseTopic:
    wrong_name = fault_of_name(name) is not None
    return DescribeTopicPartitionsResponseTopic(
        error_code=ErrorCode.INVALID_TOPIC_EXCEPTION if wrong_name else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        name=name,
        is_internal=is_internal(name),
        topic_authorized_operations=TOPIC_OPERATIONS,
    )


def _refuse(request: DescribeTopicPartitionsRequest) -> DescribeTopicPartitionsResponse:
    return DescribeTopicPartitionsResponse(
        topics=[
            DescribeTopicPartitionsResponseTopic(
                error_code=ErrorCode.INVALID_REQUEST, name=topic.name, topic_authorized_operations=NOT_ASKED
            )
            for topic in request.topics
        ]
    )
