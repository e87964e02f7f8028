"""Fetch: read record batches, waiting for them if asked to.

Behaviour
    Reads at once; when there is less than `min_bytes` and no error, the request becomes a long poll that the next
    appends wake. Batches leave as slices of log files; what is no longer in the page cache is loaded in a thread first.
Versions
    v4   isolation level; v5 log start offset; v7 fetch sessions (KIP-227); v9 leader epochs (KIP-320)
    v11  rack; v12 flexible; v13 topics by ID (KIP-516); v16 addresses of new leaders (KIP-951); v18 is for replicas
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from barnabas.broker.context import RequestContext
from barnabas.broker.fetch_sessions import FIRST_VERSION_WITH_TOPIC_IDS, FetchPlan, FetchSessions
from barnabas.broker.fetch_targets import FetchTarget, FetchWait, TopicKey
from barnabas.cluster.replication import Partition, PartitionRead, Replicas
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.fetch import (
    AbortedTransaction,
    EpochEndOffset,
    FetchableTopicResponse,
    FetchRequest,
    FetchResponse,
    PartitionData,
)
from barnabas.storage import NotInPageCache

_READ_COMMITTED: Final = 1
_UNKNOWN: Final = frozenset((ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID))
_NO_RECORDS: Final = b""
MAX_LOADS: Final = 8
"""A segment's indexes, the headers on the way, the batches: how often one fetch asks the disk before it just waits."""


@dataclass(slots=True)
class _Reading:
    """The outcome of one pass over the partitions that are due."""

    answers: list[tuple[FetchTarget, PartitionData]]
    bytes_read: int = 0
    has_error: bool = False
    unknown: int = 0
    """How many partitions the cluster does not have."""
    misses: list[NotInPageCache] = field(default_factory=list)
    """What the disk must bring before the pass can be done."""


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
        reading = self._read(plan, request, context.api_version, may_wait=False)
        if reading.misses:
            return self._load_and_wait(plan, request, context.api_version, reading)
        if _must_answer(plan, reading) or reading.bytes_read >= request.min_bytes or request.max_wait_ms <= 0:
            return _respond(plan, reading)
        self._listen(plan, context.api_version)  # at once: the coroutine begins to run only after others had their turn
        return self._wait(plan, request, context.api_version, reading)

    async def _load_and_wait(
        self, plan: FetchPlan, request: FetchRequest, version: int, reading: _Reading
    ) -> FetchResponse:
        reading = await self._load(plan, request, version, reading)
        if _must_answer(plan, reading) or reading.bytes_read >= request.min_bytes or request.max_wait_ms <= 0:
            return _respond(plan, reading)
        self._listen(plan, version)
        return await self._wait(plan, request, version, reading)

    async def _load(self, plan: FetchPlan, request: FetchRequest, version: int, reading: _Reading) -> _Reading:
        """Have what is missing brought by a thread and read again, until nothing is missing."""
        for _ in range(MAX_LOADS):
            if not reading.misses:
                return reading
            await asyncio.to_thread(_load_all, reading.misses)
            reading = self._read(plan, request, version, may_wait=False)
        return self._read(plan, request, version, may_wait=True)  # memory is so short that pages don't stay

    async def _wait(self, plan: FetchPlan, request: FetchRequest, version: int, reading: _Reading) -> FetchResponse:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + request.max_wait_ms / 1000
        watch = plan.watch
        try:
            while True:
                unknown = reading.unknown
                if not watch.has_arrivals:
                    waiting = FetchWait(request.min_bytes - reading.bytes_read)
                    watch.waits.append(waiting)
                    try:
                        await waiting.wait_until(deadline)
                    finally:
                        watch.waits.remove(waiting)
                reading = await self._load(plan, request, version, self._read(plan, request, version, may_wait=False))
                if (
                    _must_answer(plan, reading)
                    or reading.unknown != unknown
                    or reading.bytes_read >= request.min_bytes
                    or loop.time() >= deadline
                    or self.replicas.is_closing
                ):
                    return _respond(plan, reading)
                self._listen(plan, version)
        finally:
            plan.close()

    def _listen(self, plan: FetchPlan, version: int) -> None:
        """Hear of appends to the partitions that are due, too: the others listen already."""
        for target in plan.watch.due:
            try:
                target.listen(self._leader(target, version))
            except KafkaError:
                continue  # the next pass reports it

    def _leader(self, target: FetchTarget, version: int) -> Partition:
        if version < FIRST_VERSION_WITH_TOPIC_IDS:
            return self.replicas.leader(target.topic.name, target.partition)
        name = self.replicas.topic_name(target.topic.topic_id)
        if name is None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
        return self.replicas.leader(name, target.partition)

    def _read(self, plan: FetchPlan, request: FetchRequest, version: int, *, may_wait: bool) -> _Reading:
        bytes_left = min(request.max_bytes, self.max_response_bytes)
        committed_only = request.isolation_level == _READ_COMMITTED
        can_sleep = plan.session is not None
        plan.watch.has_arrivals = False
        reading = _Reading([])
        answers = reading.answers
        for target in plan.watch.in_order():
            try:
                partition = self._leader(target, version)
                partition.check_leader_epoch(target.current_leader_epoch)
                read = partition.read(
                    target.fetch_offset,
                    max(0, min(target.max_bytes, bytes_left - reading.bytes_read)),
                    at_least_one=reading.bytes_read == 0,
                    last_fetched_epoch=target.last_fetched_epoch,
                    may_wait=may_wait,
                    committed_only=committed_only,
                )
            except NotInPageCache as miss:
                reading.misses.append(miss)
                continue
            except KafkaError as error:
                if error.code in _UNKNOWN:
                    reading.unknown += 1
                else:
                    reading.has_error = True
                answers.append((target, _refusal(target, error)))
                continue
            size = 0 if read.records is None else len(read.records)
            if size == 0 and can_sleep and _is_told(target, read):
                target.sleep(partition)
                continue
            reading.bytes_read += size
            answers.append(
                (
                    target,
                    PartitionData(
                        partition_index=target.partition,
                        high_watermark=read.high_watermark,
                        last_stable_offset=read.last_stable_offset,
                        log_start_offset=read.log_start_offset,
                        diverging_epoch=_diverging(read),
                        aborted_transactions=_aborted(read) if committed_only else None,
                        records=read.records if size else _NO_RECORDS,
                    ),
                )
            )
        return reading


def _load_all(misses: list[NotInPageCache]) -> None:
    for miss in misses:
        # What can't be read, is damaged, or was deleted meanwhile, the next pass meets itself, partition by partition.
        with contextlib.suppress(OSError, KafkaError):
            miss.load()


def _must_answer(plan: FetchPlan, reading: _Reading) -> bool:
    """Whether waiting can't help: an error in reading, or nothing to wait for.

    Unknown partitions beside good ones wait with them, as in Kafka: a client that goes on asking for a deleted
    topic would otherwise get an answer at once, each time.
    """
    return reading.has_error or reading.unknown == len(plan.targets)


def _is_told(target: FetchTarget, read: PartitionRead) -> bool:
    """Whether the client knows all there is to know of a partition that it has read to its end."""
    return (
        target.fetch_offset >= read.high_watermark
        and target.told_high_watermark == read.high_watermark
        and target.told_log_start_offset == read.log_start_offset
        and read.diverging is None
    )


def _aborted(read: PartitionRead) -> list[AbortedTransaction]:
    return [
        AbortedTransaction(producer_id=entry.producer_id, first_offset=entry.first_offset) for entry in read.aborted
    ]


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
            if has_records:
                plan.watch.move_last(target)
        response = topics.get(target.topic)
        if response is None:
            response = topics[target.topic] = FetchableTopicResponse(
                topic=target.topic.name, topic_id=target.topic.topic_id, partitions=[]
            )
        response.partitions.append(data)
    return FetchResponse(session_id=plan.session_id, responses=list(topics.values()))
