"""Fetch: read record batches, waiting for them if asked to.

Behaviour
    Reads at once; when there is less than `min_bytes` and no error, the request becomes a long poll that the next
    appends wake. Batches leave as slices of log files.
Versions
    v4   isolation level; v5 log start offset; v7 fetch sessions (KIP-227); v9 leader epochs (KIP-320)
    v11  rack; v12 flexible; v13 topics by ID (KIP-516); v16 addresses of new leaders (KIP-951); v18 is for replicas
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from barnabas.broker.context import RequestContext
from barnabas.broker.fetch_sessions import (
    FIRST_VERSION_WITH_TOPIC_IDS,
    FetchPlan,
    FetchSessions,
    FetchTarget,
    TopicKey,
)
from barnabas.cluster.replication import FetchWait, Partition, PartitionRead, Replicas
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.fetch import (
    EpochEndOffset,
    FetchableTopicResponse,
    FetchRequest,
    FetchResponse,
    PartitionData,
)

_READ_COMMITTED: Final = 1
_UNKNOWN: Final = frozenset((ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID))
_NO_RECORDS: Final = b""


@dataclass(slots=True)
class _Reading:
    """The outcome of one pass over the partitions."""

    answers: list[tuple[FetchTarget, PartitionData]]
    bytes_read: int
    has_error: bool
    unknown: int
    """How many partitions the cluster does not have."""

    @property
    def must_answer(self) -> bool:
        """Whether waiting can't help: an error in reading, or nothing to wait for.

        Unknown partitions beside good ones wait with them, as in Kafka: a client that goes on asking for a deleted
        topic would otherwise get an answer at once, each time.
        """
        return self.has_error or self.unknown == len(self.answers)


@dataclass(frozen=True, slots=True)
class Fetch:
    replicas: Replicas
    sessions: FetchSessions
    max_response_bytes: int
    """`fetch.max.bytes`: the broker's own limit on a response."""

    def __call__(
        self, request: FetchRequest, context: RequestContext
    ) -> FetchResponse | Coroutine[Any, Any, FetchResponse]:
        try:
            plan = self.sessions.plan(request, context.api_version)
        except KafkaError as error:
            return FetchResponse(error_code=error.code)
        reading = self._read(plan, request, context.api_version)
        if reading.must_answer or reading.bytes_read >= request.min_bytes or request.max_wait_ms <= 0:
            return _respond(plan, reading)
        return self._wait(plan, request, context.api_version, reading)

    async def _wait(self, plan: FetchPlan, request: FetchRequest, version: int, reading: _Reading) -> FetchResponse:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + request.max_wait_ms / 1000
        partitions = self._partitions(plan, version)
        while True:
            waiting = FetchWait(request.min_bytes - reading.bytes_read)
            unknown = reading.unknown
            for partition in partitions:
                partition.add_wait(waiting)
            try:
                await waiting.wait(deadline - loop.time())
            finally:
                for partition in partitions:
                    partition.remove_wait(waiting)
            reading = self._read(plan, request, version)
            if (
                reading.must_answer
                or reading.unknown != unknown
                or reading.bytes_read >= request.min_bytes
                or loop.time() >= deadline
                or self.replicas.is_closing
            ):
                return _respond(plan, reading)

    def _partitions(self, plan: FetchPlan, version: int) -> list[Partition]:
        partitions = []
        for target in plan.targets:
            try:
                partitions.append(self._leader(target, version))
            except KafkaError:
                continue  # the next pass reports it
        return partitions

    def _leader(self, target: FetchTarget, version: int) -> Partition:
        if version < FIRST_VERSION_WITH_TOPIC_IDS:
            return self.replicas.leader(target.topic.name, target.partition)
        name = self.replicas.topic_name(target.topic.topic_id)
        if name is None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
        return self.replicas.leader(name, target.partition)

    def _read(self, plan: FetchPlan, request: FetchRequest, version: int) -> _Reading:
        bytes_left = min(request.max_bytes, self.max_response_bytes)
        committed_only = request.isolation_level == _READ_COMMITTED
        bytes_read = 0
        has_error = False
        unknown = 0
        answers: list[tuple[FetchTarget, PartitionData]] = []
        for target in plan.targets:
            try:
                partition = self._leader(target, version)
                partition.check_leader_epoch(target.current_leader_epoch)
                read = partition.read(
                    target.fetch_offset,
                    max(0, min(target.max_bytes, bytes_left - bytes_read)),
                    at_least_one=bytes_read == 0,
                    last_fetched_epoch=target.last_fetched_epoch,
                )
            except KafkaError as error:
                if error.code in _UNKNOWN:
                    unknown += 1
                else:
                    has_error = True
                answers.append((target, _refusal(target, error)))
                continue
            size = 0 if read.records is None else len(read.records)
            bytes_read += size
            answers.append(
                (
                    target,
                    PartitionData(
                        partition_index=target.partition,
                        high_watermark=read.high_watermark,
                        last_stable_offset=read.last_stable_offset,
                        log_start_offset=read.log_start_offset,
                        diverging_epoch=_diverging(read),
                        aborted_transactions=[] if committed_only else None,
                        records=read.records if size else _NO_RECORDS,
                    ),
                )
            )
        return _Reading(answers, bytes_read, has_error, unknown)


def _diverging(read: PartitionRead) -> EpochEndOffset | None:
    if read.diverging is None:
        return None
    return EpochEndOffset(epoch=read.diverging[0], end_offset=read.diverging[1])


def _refusal(target: FetchTarget, error: KafkaError) -> PartitionData:
    return PartitionData(
        partition_index=target.partition,
        error_code=error.code,
        high_watermark=-1,
        last_stable_offset=-1,
        log_start_offset=-1,
        # Kafka's own distinction: null where reading failed, empty where there is nothing to read.
        aborted_transactions=[] if error.code in _UNKNOWN else None,
        records=_NO_RECORDS,
    )


def _respond(plan: FetchPlan, reading: _Reading) -> FetchResponse:
    topics: dict[TopicKey, FetchableTopicResponse] = {}
    session = plan.session
    for target, data in reading.answers:
        has_records = data.records is not None and len(data.records) > 0
        if session is not None:
            has_news = (
                data.error_code != ErrorCode.NONE
                or data.diverging_epoch is not None
                or data.high_watermark != target.told_high_watermark
                or data.log_start_offset != target.told_log_start_offset
            )
            if not (plan.tells_everything or has_records or has_news):
                continue
            # After an error the partition is told again once it is well, whatever its offsets.
            healthy = data.error_code == ErrorCode.NONE
            target.told_high_watermark = data.high_watermark if healthy else -1
            target.told_log_start_offset = data.log_start_offset if healthy else -1
            if has_records and (target.topic, target.partition) in session.targets:
                session.move_last(target)
        response = topics.get(target.topic)
        if response is None:
            response = topics[target.topic] = FetchableTopicResponse(
                topic=target.topic.name, topic_id=target.topic.topic_id, partitions=[]
            )
        response.partitions.append(data)
    return FetchResponse(session_id=plan.session_id, responses=list(topics.values()))
