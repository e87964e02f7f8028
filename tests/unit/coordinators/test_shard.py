"""One writer per partition: order, batches, turns, and what happens when something breaks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from barnabas.coordinators.runtime.outcome import CoordinatorRecord, Event, Outcome, Reply
from barnabas.coordinators.runtime.shard import Shard, ShardState
from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from unit.coordinators.memory_sink import MemorySink


@dataclass(frozen=True, slots=True)
class Stored(Event):
    ticket: int


@dataclass
class Ledger:
    """The simplest state machine: it keeps what was applied."""

    applied: list[bytes] = field(default_factory=list)
    heard: list[tuple[Event, ErrorCode | None]] = field(default_factory=list)
    breaks_on: bytes = b""

    def replay(self, record: CoordinatorRecord) -> None:
        self.applied.append(record.key)

    def apply(self, record: CoordinatorRecord) -> None:
        assert record.key != self.breaks_on
        self.applied.append(record.key)

    def loaded(self, now_ms: int) -> Outcome[None]:
        del now_ms
        return Outcome()

    def timer_fired(self, event: Event, now_ms: int) -> Outcome[None]:
        raise AssertionError((event, now_ms))

    def records_stored(self, event: Event, error: ErrorCode | None, now_ms: int) -> Outcome[None]:
        del now_ms
        self.heard.append((event, error))
        assert isinstance(event, Stored)
        return Outcome(replies=(Reply(event.ticket, error),))


def write(key: bytes) -> Callable[[int], Outcome[str]]:
    return lambda _: Outcome("done", (CoordinatorRecord(key, b""),))


ShardOfLedger = Shard[Ledger]


def with_shard(scenario: Callable[[ShardOfLedger, MemorySink], Awaitable[None]]) -> None:
    async def play() -> None:
        sink = MemorySink()
        shard = Shard(0, Ledger(), sink, ManualClock())
        await shard.load(buffer_bytes=1_000)
        try:
            await asyncio.wait_for(scenario(shard, sink), 30)
        finally:
            await shard.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(play())


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_records_are_applied_in_the_order_of_decisions_and_gathered_in_batches() -> None:
    async def scenario(shard: ShardOfLedger, sink: MemorySink) -> None:
        sink.open.clear()
        keys = [str(number).encode() for number in range(10)]
        writes = [asyncio.create_task(shard.ask(write(key))) for key in keys]
        await settle()
        assert shard.machine.applied == []
        sink.open.set()
        assert await asyncio.gather(*writes) == ["done"] * 10
        assert shard.machine.applied == keys
        assert len(sink.batches[0]) < 10

    with_shard(scenario)


def test_a_response_without_records_does_not_wait_for_anyone() -> None:
    async def scenario(shard: ShardOfLedger, sink: MemorySink) -> None:
        sink.open.clear()
        writing = asyncio.create_task(shard.ask(write(b"k")))
        await settle()
        assert await shard.ask(lambda _: Outcome("at once")) == "at once"
        assert not writing.done()
        sink.open.set()
        await writing

    with_shard(scenario)


def test_a_turn_waits_for_what_was_decided_and_holds_up_what_was_not() -> None:
    async def scenario(shard: ShardOfLedger, sink: MemorySink) -> None:
        sink.open.clear()
        seen: list[list[bytes]] = []

        def look() -> Outcome[str]:
            seen.append(list(shard.machine.applied))
            return Outcome("turn", (CoordinatorRecord(b"turn", None),))

        before = asyncio.create_task(shard.ask(write(b"before")))
        await settle()
        turn = asyncio.create_task(shard.ask_in_turn(look))
        await settle()
        after = asyncio.create_task(shard.ask(write(b"after")))
        await settle()
        sink.open.set()
        assert [await before, await turn, await after] == ["done", "turn", "done"]
        assert seen == [[b"before"]]
        assert shard.machine.applied == [b"before", b"turn", b"after"]

    with_shard(scenario)


def test_a_parked_request_is_answered_by_what_follows_from_its_records() -> None:
    async def scenario(shard: ShardOfLedger, sink: MemorySink) -> None:
        def park(ticket: int) -> Outcome[ErrorCode | str]:
            return Outcome(None, (CoordinatorRecord(b"k", b""),), afterwards=Stored(ticket))

        assert await shard.ask(park) is None
        sink.fail_next(KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS))
        assert await shard.ask(park) is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert [error for _, error in shard.machine.heard] == [None, ErrorCode.COORDINATOR_NOT_AVAILABLE]

    with_shard(scenario)


def test_a_failed_append_fails_only_what_was_in_it() -> None:
    async def scenario(shard: ShardOfLedger, sink: MemorySink) -> None:
        sink.fail_next(KafkaError(ErrorCode.MESSAGE_TOO_LARGE))
        with pytest.raises(KafkaError, match="UNKNOWN_SERVER_ERROR"):
            await shard.ask(write(b"lost"))
        sink.fail_next(OSError("disk on fire"))
        with pytest.raises(OSError, match="disk on fire"):
            await shard.ask(write(b"lost too"))
        assert await shard.ask(write(b"kept")) == "done"
        assert shard.machine.applied == [b"kept"]

    with_shard(scenario)


def test_a_refused_turn_changes_nothing() -> None:
    def refuse() -> Outcome[str]:
        raise KafkaError(ErrorCode.NON_EMPTY_GROUP)

    async def scenario(shard: ShardOfLedger, sink: MemorySink) -> None:
        del sink
        with pytest.raises(KafkaError, match="NON_EMPTY_GROUP"):
            await shard.ask_in_turn(refuse)
        assert await shard.ask(write(b"k")) == "done"

    with_shard(scenario)


def test_a_caller_that_goes_away_disturbs_nobody() -> None:
    async def scenario(shard: ShardOfLedger, sink: MemorySink) -> None:
        sink.open.clear()
        leaving = asyncio.create_task(shard.ask(write(b"a")))
        await settle()
        leaving.cancel()
        await asyncio.wait([leaving])
        sink.open.set()
        await shard.ask(write(b"b"))
        assert shard.machine.applied == [b"a", b"b"]

    with_shard(scenario)


def test_a_state_that_breaks_is_not_used_any_more(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(shard: ShardOfLedger, sink: MemorySink) -> None:
        del sink
        shard.machine.breaks_on = b"bad"
        with caplog.at_level(logging.CRITICAL), pytest.raises(KafkaError, match="NOT_COORDINATOR"):
            await shard.ask(write(b"bad"))
        assert shard.state is ShardState.CLOSED
        with pytest.raises(KafkaError, match="NOT_COORDINATOR"):
            await shard.ask(write(b"good"))

    with_shard(scenario)


def test_closing_tells_everyone_who_waits() -> None:
    async def scenario(shard: ShardOfLedger, sink: MemorySink) -> None:
        sink.open.clear()
        waiting = [
            asyncio.create_task(shard.ask(write(b"k"))),
            asyncio.create_task(shard.ask_in_turn(lambda: Outcome("turn"))),
        ]
        await settle()
        waiting.append(asyncio.create_task(shard.ask(write(b"outside"))))
        await settle()
        await shard.close()
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(outcome, KafkaError)
            assert outcome.code is ErrorCode.NOT_COORDINATOR

    with_shard(scenario)
