"""One partition of an internal topic and the state machine in it, with one writer.

Decisions run synchronously, so they never see each other half done. Their records go through a mailbox: the writer
appends whatever has gathered there as one batch, in order, applies it, and then answers. Decisions that depend on
stored records (deleting, expiring) take turns: new requests wait outside, what was decided is stored first, and only
then is there a state that no record on its way can contradict.
"""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from barnabas.coordinators.runtime.loader import replay_partition
from barnabas.coordinators.runtime.machine import StateMachine
from barnabas.coordinators.runtime.outcome import (
    CoordinatorRecord,
    Event,
    Outcome,
    SetTimer,
    error_of_failed_append,
)
from barnabas.coordinators.runtime.sink import RecordSink
from barnabas.coordinators.runtime.timers import Timers
from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import NewRecord, build_batch

logger = logging.getLogger(__name__)

MAX_GATHERED_BYTES: Final = 512 * 1024
"""How much of the mailbox becomes one batch: well below the default `max.message.bytes`."""

RECORD_OVERHEAD_BYTES: Final = 32
"""More than the lengths and deltas of a record can take."""

MachineT = TypeVar("MachineT", bound=StateMachine)
ResponseT = TypeVar("ResponseT")


class ShardState(Enum):
    LOADING = "loading"
    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class _Write:
    """Records on their way, and what follows once they are stored."""

    records: tuple[CoordinatorRecord, ...]
    afterwards: Event | None = None
    ticket: int | None = None
    """Who is told when storing fails; and of success too, if `answers`."""
    response: object = None
    answers: bool = False

    @property
    def size_bytes(self) -> int:
        return sum(_size_bytes(record) for record in self.records)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A decision that waits for its turn."""

    decide: Callable[[], Outcome[Any]]
    ticket: int | None


class Shard(Generic[MachineT]):
    """Runs a state machine; use it on one event loop only."""

    def __init__(self, partition: int, machine: MachineT, sink: RecordSink, clock: Clock) -> None:
        self.partition = partition
        self.machine = machine
        self.state = ShardState.LOADING
        self._sink = sink
        self._clock = clock
        self._timers = Timers(clock, self._timer_fired)
        self._writes: deque[_Write] = deque()
        self._turns: deque[_Turn] = deque()
        self._mail = asyncio.Event()
        self._gate = asyncio.Event()
        self._gate.set()
        self._writer: asyncio.Task[None] | None = None
        self._parked: dict[int, asyncio.Future[Any]] = {}
        self._tickets = itertools.count(1)

    async def load(self, *, buffer_bytes: int) -> None:
        """Replay the partition and begin to work; raises KafkaError when it can't be read, or was closed meanwhile."""
        await replay_partition(self._sink, self.partition, self.machine.replay, buffer_bytes=buffer_bytes)
        if self.state is not ShardState.LOADING:
            raise KafkaError(ErrorCode.NOT_COORDINATOR)
        self.state = ShardState.ACTIVE
        self._writer = asyncio.create_task(self._run_writer(), name=f"coordinator-writer-{self.partition}")
        self._carry_out(self.machine.loaded(self._clock.now_ms()), None)

    async def close(self) -> None:
        """Stop; whoever still waits is told that the coordinator is elsewhere."""
        self._stop()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)

    def _stop(self) -> None:
        self.state = ShardState.CLOSED
        self._timers.close()
        self._writes.clear()
        self._turns.clear()
        self._gate.set()
        parked, self._parked = self._parked, {}
        for future in parked.values():
            if not future.done():
                future.set_exception(KafkaError(ErrorCode.NOT_COORDINATOR))

    def run_due_timers(self) -> None:
        self._timers.run_due()

    def read(self) -> MachineT:
        """The machine, to look at; raises KafkaError while there is nothing to see."""
        self._require_active()
        return self.machine

    async def ask(self, decide: Callable[[int], Outcome[ResponseT]]) -> ResponseT:
        """Decide now; returns the response once the records are stored, or the reply to the ticket.

        Raises the KafkaError of the decision, or that of the append in a coordinator's terms.
        """
        self._require_active()
        while not self._gate.is_set():
            await self._gate.wait()
            self._require_active()
        ticket = next(self._tickets)
        outcome = decide(ticket)
        if outcome.response is not None and not outcome.records:
            self._carry_out(outcome, None)
            return outcome.response
        response: ResponseT = await self._parked_while(ticket, lambda: self._carry_out(outcome, ticket))
        return response

    async def ask_in_turn(self, decide: Callable[[], Outcome[ResponseT]]) -> ResponseT | None:
        """Decide once everything decided before is stored; None when the decision has no response."""
        self._require_active()
        ticket = next(self._tickets)
        response: ResponseT | None = await self._parked_while(ticket, lambda: self._line_up(_Turn(decide, ticket)))
        return response

    async def _parked_while(self, ticket: int, begin: Callable[[], None]) -> Any:
        future = self._parked[ticket] = asyncio.get_running_loop().create_future()
        try:
            begin()
            return await future
        finally:
            self._parked.pop(ticket, None)

    def _require_active(self) -> None:
        if self.state is ShardState.LOADING:
            raise KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        if self.state is ShardState.CLOSED:
            raise KafkaError(ErrorCode.NOT_COORDINATOR)

    # -- carrying out

    def _carry_out(self, outcome: Outcome[Any], ticket: int | None) -> None:
        self._begin(outcome)
        if outcome.records:
            answers = outcome.response is not None
            self._writes.append(_Write(outcome.records, outcome.afterwards, ticket, outcome.response, answers))
            self._mail.set()
        elif outcome.response is not None:
            self._answer(ticket, outcome.response)

    def _begin(self, outcome: Outcome[Any]) -> None:
        for timer in outcome.timers:
            if isinstance(timer, SetTimer):
                self._timers.set(timer.key, timer.after_ms, timer.event)
            else:
                self._timers.cancel(timer.key)
        for reply in outcome.replies:
            self._answer(reply.ticket, reply.response)

    def _timer_fired(self, event: Event) -> None:
        if event.decided_in_turn:
            self._line_up(_Turn(lambda: self.machine.timer_fired(event, self._clock.now_ms()), None))
        else:
            self._carry_out(self.machine.timer_fired(event, self._clock.now_ms()), None)

    def _answer(self, ticket: int | None, response: object) -> None:
        future = None if ticket is None else self._parked.get(ticket)
        if future is not None and not future.done():  # the caller may have gone away
            future.set_result(response)

    def _refuse(self, ticket: int | None, error: Exception) -> None:
        future = None if ticket is None else self._parked.get(ticket)
        if future is not None and not future.done():
            future.set_exception(error)
        elif not isinstance(error, KafkaError):
            logger.error("a decision in partition %d failed", self.partition, exc_info=error)

    # -- the writer

    def _line_up(self, turn: _Turn) -> None:
        self._turns.append(turn)
        self._gate.clear()
        self._mail.set()

    async def _run_writer(self) -> None:
        try:
            await self._write()
        except Exception:
            # The state is not what it should be; it can only be trusted again once it is read back from the log.
            logger.exception("the coordinator of partition %d broke down", self.partition)
            self._stop()

    async def _write(self) -> None:
        while True:
            await self._mail.wait()
            self._mail.clear()
            while self._writes or self._turns:
                if self._writes:
                    await self._store(self._gather())
                else:
                    await self._take_turn(self._turns.popleft())
            self._gate.set()

    def _gather(self) -> list[_Write]:
        """The oldest write and those behind it that fit into the same batch."""
        writes = [self._writes.popleft()]
        size_bytes = writes[0].size_bytes
        while self._writes:
            size_bytes += self._writes[0].size_bytes
            if size_bytes > MAX_GATHERED_BYTES:
                break
            writes.append(self._writes.popleft())
        return writes

    async def _take_turn(self, turn: _Turn) -> None:
        try:
            outcome = turn.decide()
        except Exception as error:
            self._refuse(turn.ticket, error)
            return
        self._begin(outcome)
        *heads, last = _split(outcome.records)
        stored = True
        for records in heads:
            # Tombstones may be many, and nobody minds if some of them are stored before others.
            stored = stored and await self._store([_Write(records, ticket=turn.ticket)])
        if not stored:
            self._follow_up(outcome.afterwards, ErrorCode.UNKNOWN_SERVER_ERROR)
        elif last:
            await self._store([_Write(last, outcome.afterwards, turn.ticket, outcome.response, answers=True)])
        else:
            self._answer(turn.ticket, outcome.response)

    async def _store(self, writes: list[_Write]) -> bool:
        """Append records and do what follows from it; False if it didn't work."""
        now_ms = self._clock.now_ms()
        batch = build_batch(
            [NewRecord(record.key, record.value, now_ms) for write in writes for record in write.records]
        )
        try:
            await self._sink.append(self.partition, batch)
        except KafkaError as error:
            self._fail(writes, KafkaError(error_of_failed_append(error.code), error.message))
            return False
        except Exception as error:  # whoever waits for these records must hear of it
            self._fail(writes, error)
            return False
        for write in writes:
            for record in write.records:
                self.machine.apply(record)
            self._follow_up(write.afterwards, None)
            if write.answers:
                self._answer(write.ticket, write.response)
        return True

    def _fail(self, writes: list[_Write], error: Exception) -> None:
        code = error.code if isinstance(error, KafkaError) else ErrorCode.UNKNOWN_SERVER_ERROR
        for write in writes:
            self._follow_up(write.afterwards, code)
            self._refuse(write.ticket, error)

    def _follow_up(self, afterwards: Event | None, error: ErrorCode | None) -> None:
        if afterwards is not None:
            now_ms = self._clock.now_ms()
            self._carry_out(self.machine.records_stored(afterwards, error, now_ms), None)


def _split(records: tuple[CoordinatorRecord, ...]) -> list[tuple[CoordinatorRecord, ...]]:
    """The records in portions of the size of a batch; at least one, maybe empty, portion."""
    portions: list[list[CoordinatorRecord]] = [[]]
    size_bytes = 0
    for record in records:
        size_bytes += _size_bytes(record)
        if size_bytes > MAX_GATHERED_BYTES and portions[-1]:
            portions.append([])
            size_bytes = _size_bytes(record)
        portions[-1].append(record)
    return [tuple(portion) for portion in portions]


def _size_bytes(record: CoordinatorRecord) -> int:
    return len(record.key) + len(record.value or b"") + RECORD_OVERHEAD_BYTES
