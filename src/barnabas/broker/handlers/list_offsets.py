"""ListOffsets: the offset at a place or a time in a partition.

Behaviour
    -1 latest (the high watermark, or the last stable offset for who reads committed records only), -2 earliest, -3 the
    record with the highest timestamp, -4 the earliest in local storage, -5 the latest in remote storage, -6 the
    earliest not yet uploaded; otherwise the first record at or after the timestamp. No such record: offset -1.
Versions
    v2 isolation level; v4 leader epochs (KIP-320); v7 -3 (KIP-734); v8 -4 (KIP-405); v9 -5 (KIP-1005); v10 timeout;
    v11 -6 (KIP-1023)
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Final

from barnabas.broker.context import RequestContext
from barnabas.cluster.replication import Partition, Replicas
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
    ListOffsetsTopicResponse,
)

_LATEST: Final = -1
_EARLIEST: Final = -2
_MAX_TIMESTAMP: Final = -3
_EARLIEST_LOCAL: Final = -4
_LATEST_REMOTE: Final = -5
_EARLIEST_PENDING_UPLOAD: Final = -6
_FIRST_VERSION: Final = {_MAX_TIMESTAMP: 7, _EARLIEST_LOCAL: 8, _LATEST_REMOTE: 9, _EARLIEST_PENDING_UPLOAD: 11}
_OLDEST_SPECIAL: Final = _EARLIEST_PENDING_UPLOAD
_READ_COMMITTED: Final = 1
_NOTHING: Final = (-1, -1, -1)


@dataclass(frozen=True, slots=True)
class ListOffsets:
    replicas: Replicas

    async def __call__(self, request: ListOffsetsRequest, context: RequestContext) -> ListOffsetsResponse:
        asked = Counter((topic.name, wanted.partition_index) for topic in request.topics for wanted in topic.partitions)
        repeated = {partition for partition, times in asked.items() if times > 1}
        return ListOffsetsResponse(
            topics=[
                await self._topic(topic, repeated, context.api_version, request.isolation_level)
                for topic in request.topics
            ]
        )

    async def _topic(
        self, topic: ListOffsetsTopic, repeated: set[tuple[str, int]], version: int, isolation_level: int
    ) -> ListOffsetsTopicResponse:
        answers = []
        # A partition that is asked for twice is refused once, as Kafka does.
        for wanted in {wanted.partition_index: wanted for wanted in topic.partitions}.values():
            answer = ListOffsetsPartitionResponse(
                partition_index=wanted.partition_index, timestamp=-1, offset=-1, leader_epoch=-1
            )
            try:
                if (topic.name, wanted.partition_index) in repeated:
                    raise KafkaError(ErrorCode.INVALID_REQUEST)
                if wanted.timestamp < _OLDEST_SPECIAL or version < _FIRST_VERSION.get(wanted.timestamp, 0):
                    raise KafkaError(ErrorCode.UNSUPPORTED_VERSION)
                partition = self.replicas.leader(topic.name, wanted.partition_index)
                partition.check_leader_epoch(wanted.current_leader_epoch)
                end_offset = (
                    partition.last_stable_offset
                    if isolation_level == _READ_COMMITTED
                    else partition.high_watermark.value
                )
                answer.timestamp, answer.offset, leader_epoch = await _look_up(partition, wanted, end_offset)
                if version >= 4:  # not ignorable before: a set leader epoch would not be encoded
                    answer.leader_epoch = leader_epoch
            except KafkaError as error:
                answer.error_code = error.code
            answers.append(answer)
        return ListOffsetsTopicResponse(name=topic.name, partitions=answers)


async def _look_up(partition: Partition, wanted: ListOffsetsPartition, end_offset: int) -> tuple[int, int, int]:
    """(timestamp, offset, leader epoch) of what is wanted, for a reader to whom the log ends at `end_offset`."""
    log = partition.log
    timestamp = wanted.timestamp
    if timestamp == _LATEST:
        return -1, end_offset, partition.leader_epoch
    if timestamp in (_EARLIEST, _EARLIEST_LOCAL):
        return -1, log.log_start_offset, log.epoch_for_offset(log.log_start_offset)
    if timestamp in (_LATEST_REMOTE, _EARLIEST_PENDING_UPLOAD):
        return _NOTHING
    # Both open a batch of the log, which may be cold: not on the event loop.
    if timestamp == _MAX_TIMESTAMP:
        found = await asyncio.to_thread(log.latest_timestamp)
    else:
        found = await asyncio.to_thread(log.offset_for_timestamp, timestamp)
    if found is None or found[1] >= end_offset:
        return _NOTHING
    return found
