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
from barnabas.storage import RecordsRefused

_ALL_IN_SYNC: Final = -1
_VALID_ACKS: Final = frozenset((-1, 0, 1))
FIRST_VERSION_WITH_TOPIC_IDS: Final = 13
_ATTRIBUTES_POSITION: Final = 22
_TRANSACTIONAL: Final = 0x10
_REFUSED_BY_THE_LOG: Final = frozenset(
    (
        ErrorCode.INVALID_RECORD,
        ErrorCode.INVALID_TIMESTAMP,
        ErrorCode.INVALID_PRODUCER_EPOCH,
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        ErrorCode.NOT_ENOUGH_REPLICAS,
    )
)
"""The refusals in which Kafka tells the log's start all the same."""
_ADMIN_CLIENT_ID: Final = "__admin_client"
"""The one client that Kafka lets write to its internal topics."""


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
        response = ProduceResponse(
            responses=[
                TopicProduceResponse(
                    name=topic.name,
                    topic_id=topic.topic_id,
                    partition_responses=self._append_all(topic, request, context, waits),
                )
                for topic in request.topic_data
            ]
        )
        if request.acks == 0:
            _refuse_silently(response)
            return None
        if waits:
            return self._when_replicated(response, waits, request.timeout_ms)
        return response

    def _append_all(
        self, topic: TopicProduceData, request: ProduceRequest, context: RequestContext, waits: list[_Wait]
    ) -> list[PartitionProduceResponse]:
        """Append the batches of one topic; what makes all of them impossible is found out once."""
        try:
            name = self._writable_topic(topic, request, context)
        except KafkaError as error:
            return [_refusal(data.index, error) for data in topic.partition_data]
        return [self._append(name, data, request.acks, context.client_id, waits) for data in topic.partition_data]

    def _writable_topic(self, topic: TopicProduceData, request: ProduceRequest, context: RequestContext) -> str:
        name = topic.name
        if context.api_version >= FIRST_VERSION_WITH_TOPIC_IDS:
            known = self.replicas.topic_name(topic.topic_id)
            if known is None:
                raise KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
            name = known
        if request.transactional_id is not None:
            raise KafkaError(ErrorCode.INVALID_TXN_STATE, "Transactions are not served by this version")
        return name

    def _append(
        self, topic: str, data: PartitionProduceData, acks: int, client_id: str | None, waits: list[_Wait]
    ) -> PartitionProduceResponse:
        partition = None
        try:
            records = data.records
            partition = self.replicas.leader(topic, data.index)
            if records is None or len(records) == 0:
                raise KafkaError(ErrorCode.INVALID_RECORD, "Produce requests must have exactly one record batch")
            if acks not in _VALID_ACKS:
                raise KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
            if self.replicas.is_internal(topic) and client_id != _ADMIN_CLIENT_ID:
                raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Cannot append to internal topic {topic}")
            if len(records) > _ATTRIBUTES_POSITION and records[_ATTRIBUTES_POSITION] & _TRANSACTIONAL:
                # Stored, it would be a transaction that nobody can end.
                raise KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            info = partition.append(records, all_in_sync=acks == _ALL_IN_SYNC)
        except KafkaError as error:
            refusal = _refusal(data.index, error)
            if partition is not None and error.code in _REFUSED_BY_THE_LOG:
                refusal.log_start_offset = partition.log.log_start_offset
            return refusal
        response = PartitionProduceResponse(
            index=data.index,
            base_offset=info.first_offset,
            log_append_time_ms=info.log_append_time_ms,
            log_start_offset=partition.log.log_start_offset,
        )
        if acks == _ALL_IN_SYNC and partition.high_watermark.value <= info.last_offset:
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


def _refuse_silently(response: ProduceResponse) -> None:
    for topic in response.responses:
        for partition in topic.partition_responses:
            if partition.error_code != ErrorCode.NONE:
                # The only way to tell a producer with acks=0 that something is wrong.
                raise CloseConnection(f"produce with acks=0 failed with {ErrorCode(partition.error_code).name}")


def _refusal(index: int, error: KafkaError) -> PartitionProduceResponse:
    response = PartitionProduceResponse(
        index=index, error_code=error.code, base_offset=-1, log_append_time_ms=-1, log_start_offset=-1
    )
    if error.message:
        response.error_message = error.message
    if isinstance(error, RecordsRefused):
        response.record_errors = [
            BatchIndexAndErrorMessage(batch_index=index, batch_index_error_message=error.message)
            for index in error.indexes
        ]
    return response
