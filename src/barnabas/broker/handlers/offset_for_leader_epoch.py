"""OffsetForLeaderEpoch: where a leader's time ended, for a client that looks for divergence (KIP-101, KIP-320).

Behaviour
    The largest epoch at or below the one asked for, and its end offset; -1, -1 when there is none.
Versions
    v3 replica ID; v4 flexible
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.cluster.replication import Replicas
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.offset_for_leader_epoch import (
    EpochEndOffset,
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderPartition,
    OffsetForLeaderTopicResult,
)


@dataclass(frozen=True, slots=True)
class OffsetForLeaderEpoch:
    replicas: Replicas

    def __call__(self, request: OffsetForLeaderEpochRequest, context: RequestContext) -> OffsetForLeaderEpochResponse:
        return OffsetForLeaderEpochResponse(
            topics=[
                OffsetForLeaderTopicResult(
                    topic=topic.topic,
                    partitions=[self._end_offset(topic.topic, partition) for partition in topic.partitions],
                )
                for topic in request.topics
            ]
        )

    def _end_offset(self, topic: str, wanted: OffsetForLeaderPartition) -> EpochEndOffset:
        try:
            partition = self.replicas.leader(topic, wanted.partition)
            partition.check_leader_epoch(wanted.current_leader_epoch)
        except KafkaError as error:
            return EpochEndOffset(partition=wanted.partition, error_code=error.code, leader_epoch=-1, end_offset=-1)
        leader_epoch, end_offset = partition.log.end_offset_for_epoch(wanted.leader_epoch)
        return EpochEndOffset(
            partition=wanted.partition,
            error_code=ErrorCode.NONE,
            leader_epoch=leader_epoch,
            end_offset=end_offset,
        )
