"""Produce: append record batches to partitions.

Behaviour
    The append happens while the request's bytes are lent, so batches are never copied. acks=1 answers at once; acks=-1
    answers when every in-sync replica has the batch; acks=0 gets no answer, and a closed connection on an error.
Versions
    v3   record batches v2; older versions are advertised for librdkafka's sake (KAFKA-18659) but not accepted
    v8   errors per record (KIP-467)
    v10  the current leader and its address with NOT_LEADER_OR_FOLLOWER (KIP-951)
    v13  topics by ID (KIP-516)
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from barnabas.broker.context import RequestContext
from barnabas.broker.dispatch import CloseConnection
from barnabas.cluster.replication import Partition, Replicas
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.produce import (
    BatchIndexAndErrorMessage,
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
    TopicProduceResponse,
)

_ALL_IN_SYNC: Final = -1
_VALID_ACKS: Final = frozenset((-1, 0, 1))


@dataclass(slots=True)
class _Wait:
    """An acks=-1 append that is not yet on every in-sync replica."""

    partition: Partition
    offset: int
    response: PartitionProduceResponse


@dataclass(frozen=True, slots=True)
class Produce:
    replicas: Replicas

    def __call__(
        self, request: ProduceRequest, context: RequestContext
    ) -> ProduceResponse | Coroutine[Any, Any, ProduceResponse] | None:
        waits: list[_Wait] = []
        topics = [self._append_topic(topic, request, context.api_version, waits) for topic in request.topic_data]
        response = ProduceResponse(responses=topics)
        if request.acks == 0:
            return self._without_answer(response)
        if waits:
            return self._when_replicated(response, waits, request.timeout_ms)
        return response

    def _append_topic(
        self, topic: TopicProduceData, request: ProduceRequest, version: int, waits: list[_Wait]
    ) -> TopicProduceResponse:
        name: str | None = topic.name
        if version >= 13:
            name = self.replicas.topic_name(topic.topic_id)
        return TopicProduceResponse(
            name=name or "",
            topic_id=topic.topic_id,
            partition_responses=[self._append(name, partition, request, waits) for partition in topic.partition_data],
        )

    def _append(
        self, topic: str | None, data: PartitionProduceData, request: ProduceRequest, waits: list[_Wait]
    ) -> PartitionProduceResponse:
        try:
            if topic is None:
                raise KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
            if request.acks not in _VALID_ACKS:
                raise KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
            if request.transactional_id is not None:
                raise KafkaError(ErrorCode.INVALID_TXN_STATE, "Transactions are not served by this version")
            if data.records is None or len(data.records) == 0:
                raise KafkaError(ErrorCode.INVALID_RECORD, "Produce requests must have exactly one record batch")
            partition = self.replicas.leader(topic, data.index)
            info = partition.append(data.records, all_in_sync=request.acks == _ALL_IN_SYNC)
        except KafkaError as error:
            return _refusal(data.index, error)
        response = PartitionProduceResponse(
            index=data.index,
            base_offset=info.first_offset,
            log_append_time_ms=info.log_append_time_ms,
            log_start_offset=partition.log.log_start_offset,
        )
        if request.acks == _ALL_IN_SYNC and partition.high_watermark.value <= info.last_offset:
            waits.append(_Wait(partition, info.last_offset + 1, response))
        return response

    async def _when_replicated(self, response: ProduceResponse, waits: list[_Wait], timeout_ms: int) -> ProduceResponse:
        deadline = asyncio.get_running_loop().time() + timeout_ms / 1000
        for wait in waits:
            try:
                async with asyncio.timeout_at(deadline):
                    await wait.partition.high_watermark.reached(wait.offset)
            except TimeoutError:
                wait.response.error_code = ErrorCode.REQUEST_TIMED_OUT
            except KafkaError as error:
                wait.response.error_code = error.code
        return response

    @staticmethod
    def _without_answer(response: ProduceResponse) -> None:
        for topic in response.responses:
            for partition in topic.partition_responses:
                if partition.error_code != ErrorCode.NONE:
                    # The only way to tell a producer with acks=0 that something is wrong.
                    raise CloseConnection(f"produce with acks=0 failed with {partition.error_code}")


def _refusal(index: int, error: KafkaError) -> PartitionProduceResponse:
    response = PartitionProduceResponse(
        index=index, error_code=error.code, base_offset=-1, log_append_time_ms=-1, log_start_offset=-1
    )
    if error.message:
        response.error_message = error.message
    record_errors: list[tuple[int, str]] = getattr(error, "record_errors", [])
    response.record_errors = [
        BatchIndexAndErrorMessage(batch_index=batch_index, batch_index_error_message=text)
        for batch_index, text in record_errors
    ]
    return response
