"""DeleteRecords: move the start of partitions forward (KIP-107).

Behaviour
    -1 means up to the high watermark. A topic that is only compacted refuses (POLICY_VIOLATION): its cleaner decides
    what goes.
Versions
    v2  flexible
"""

import asyncio
from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.cluster.replication import Replicas
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsPartitionResult,
    DeleteRecordsRequest,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)


@dataclass(frozen=True, slots=True)
class DeleteRecords:
    replicas: Replicas

    async def __call__(self, request: DeleteRecordsRequest, context: RequestContext) -> DeleteRecordsResponse:
        return DeleteRecordsResponse(
            topics=[
                DeleteRecordsTopicResult(
                    name=topic.name,
                    partitions=[await self._delete(topic.name, partition) for partition in topic.partitions],
                )
                for topic in request.topics
            ]
        )

    async def _delete(self, topic: str, wanted: DeleteRecordsPartition) -> DeleteRecordsPartitionResult:
        result = DeleteRecordsPartitionResult(
            partition_index=wanted.partition_index, low_watermark=-1, error_code=ErrorCode.NONE
        )
        try:
            partition = self.replicas.leader(topic, wanted.partition_index)
            if self.replicas.is_internal(topic):
                raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION)
            if not partition.log.config.delete:
                raise KafkaError(ErrorCode.POLICY_VIOLATION)
            result.low_watermark = await asyncio.to_thread(partition.delete_records_before, wanted.offset)
            partition.tell_change()
        except KafkaError as error:
            result.error_code = error.code
        return result
