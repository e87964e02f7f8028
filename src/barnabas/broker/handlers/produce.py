"""Produce: append record batches to partitions.

Behaviour
    The append happens while the request's bytes are lent, so batches are never copied. acks=1 answers at once; acks=-1
    answers when every in-sync replica has the batch; acks=0 gets no answer, and a closed connection on an error.
    A batch that takes long to open or to compress anew is copied and checked in a thread; the connection's later
    requests wait for its append, so that a producer's batches keep their order.
Versions
    v3   record batches v2; older versions are advertised for librdkafka's sake (KAFKA-18659) but not accepted
    v8   errors per record (KIP-467)
    v10  the current leader and its address with NOT_LEADER_OR_FOLLOWER (KIP-951)
    v13  topics by ID (KIP-516)
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from barnabas.broker.context import RequestContext
from barnabas.broker.dispatch import CloseConnection, InOrder
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
from barnabas.storage import CheckedBatch, NoBatch, NotOneBatch, RecordsRefused, TakesLong

_ALL_IN_SYNC: Final = -1
_VALID_ACKS: Final = frozenset((-1, 0, 1))
FIRST_VERSION_WITH_TOPIC_IDS: Final = 13
_ATTRIBUTES_POSITION: Final = 22
_TRANSACTIONAL: Final = 0x10
_REFUSED_BY_THE_LOG: Final = frozenset(
    (
        ErrorCode.INVALID_RECORD,
        ErrorCode.INVALID_TIMESTAMP,
        ErrorCode.UNKNOWN_SERVER_ERROR,
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
    """An append that is not yet on every in-sync replica (acks=-1), or not yet on the device (`flush.messages`)."""

    partition: Partition
    offset: int
    response: PartitionProduceResponse


@dataclass(slots=True)
class _Deferred:
    """A batch that a thread has to look at before it can be appended; `records` are a copy."""

    topic: str
    index: int
    records: bytearray
    response: PartitionProduceResponse


@dataclass(slots=True)
class _Appends:
    """One request's appends: what decides about all of them, and what could not be done at once."""

    acks: int
    client_id: str | None
    waits: list[_Wait] = field(default_factory=list)
    deferred: list[_Deferred] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Produce:
    replicas: Replicas

    def __call__(
        self, request: ProduceRequest, context: RequestContext
    ) -> ProduceResponse | Coroutine[Any, Any, ProduceResponse] | InOrder | None:
        appends = _Appends(request.acks, context.client_id)
        response = ProduceResponse(
            responses=[
                TopicProduceResponse(
                    name=topic.name,
                    topic_id=topic.topic_id,
                    partition_responses=self._append_all(topic, request, context, appends),
                )
                for topic in request.topic_data
            ]
        )
        if appends.deferred:
            return InOrder(self._append_deferred(response, appends, request.timeout_ms))
        return self._answer(response, appends, request.timeout_ms)

    def _answer(
        self, response: ProduceResponse, appends: _Appends, timeout_ms: int
    ) -> ProduceResponse | Coroutine[Any, Any, ProduceResponse] | None:
        if appends.acks == 0:
            _refuse_silently(response)
            return None
        if appends.waits:
            return self._when_replicated(response, appends.waits, timeout_ms)
        return response

    def _append_all(
        self, topic: TopicProduceData, request: ProduceRequest, context: RequestContext, appends: _Appends
    ) -> list[PartitionProduceResponse]:
        """Append the batches of one topic; what makes all of them impossible is found out once."""
        try:
            name = self._writable_topic(topic, request, context)
        except KafkaError as error:
            return [_refusal(data.index, error) for data in topic.partition_data]
        return [self._append(name, data, appends) for data in topic.partition_data]

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
        self, topic: str, data: PartitionProduceData, appends: _Appends, checked: CheckedBatch | None = None
    ) -> PartitionProduceResponse:
        partition = None
        try:
            records = data.records
            partition = self.replicas.leader(topic, data.index)
            if records is None or len(records) == 0:
                raise NotOneBatch("none")
            if appends.acks not in _VALID_ACKS:
                raise KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
            if self.replicas.is_internal(topic) and appends.client_id != _ADMIN_CLIENT_ID:
                raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Cannot append to internal topic {topic}")
            if len(records) > _ATTRIBUTES_POSITION and records[_ATTRIBUTES_POSITION] & _TRANSACTIONAL:
                # Stored, it would be a transaction that nobody can end.
                raise KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            info = partition.append(
                records, all_in_sync=appends.acks == _ALL_IN_SYNC, checked=checked, may_take_long=False
            )
        except TakesLong:
            response = PartitionProduceResponse(index=data.index)
            appends.deferred.append(_Deferred(topic, data.index, bytearray(records or b""), response))
            return response
        except KafkaError as error:
            return _refusal(data.index, error, partition)
        response = PartitionProduceResponse(
            index=data.index,
            base_offset=info.first_offset,
            log_append_time_ms=info.log_append_time_ms,
            log_start_offset=partition.log.log_start_offset,
        )
        if partition.high_watermark.value <= info.last_offset and (
            appends.acks == _ALL_IN_SYNC or partition.flushing is not None
        ):
            appends.waits.append(_Wait(partition, info.last_offset + 1, response))
        return response

    async def _append_deferred(
        self, response: ProduceResponse, appends: _Appends, timeout_ms: int
    ) -> ProduceResponse | Coroutine[Any, Any, ProduceResponse] | None:
        """Have the batches checked in a thread, one after the other, and append them."""
        deferred, appends.deferred = appends.deferred, []
        for late in deferred:
            done = await self._append_late(late, appends)
            for topic in response.responses:
                places = topic.partition_responses
                topic.partition_responses = [done if place is late.response else place for place in places]
        return self._answer(response, appends, timeout_ms)

    async def _append_late(self, late: _Deferred, appends: _Appends) -> PartitionProduceResponse:
        partition = None
        try:
            partition = self.replicas.leader(late.topic, late.index)
            checked = await asyncio.to_thread(partition.check, late.records)
        except KafkaError as error:
            return _refusal(late.index, error, partition)
        # The partition may have gone meanwhile, so that it is looked up again.
        data = PartitionProduceData(index=late.index, records=memoryview(late.records))
        return self._append(late.topic, data, appends, checked)

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


def _refusal(index: int, error: KafkaError, partition: Partition | None = None) -> PartitionProduceResponse:
    """The answer for a batch that was not taken. As in Kafka only some errors come with words of their own."""
    response = PartitionProduceResponse(
        index=index, error_code=error.code, base_offset=-1, log_append_time_ms=-1, log_start_offset=-1
    )
    if partition is not None and error.code in _REFUSED_BY_THE_LOG and not isinstance(error, NotOneBatch):
        response.log_start_offset = partition.log.log_start_offset
    if isinstance(error, RecordsRefused | NoBatch) or error.code is ErrorCode.INVALID_TXN_STATE:
        response.error_message = error.message
    if isinstance(error, RecordsRefused):
        response.record_errors = [
            BatchIndexAndErrorMessage(batch_index=place, batch_index_error_message=text) for place, text in error.errors
        ]
    return response
