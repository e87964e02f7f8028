"""Fetch: what is read, who waits for what, and who is woken."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.fetch import (
    FETCH,
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    ForgottenTopic,
)
from barnabas.protocol.records import iterate_headers
from barnabas.storage import LogConfig
from unit.broker.handlers.data_room import ORDERS_ID, DataRoom, batch, context

LONG_MS = 60_000


def seen(response: FetchResponse) -> dict[int, tuple[int, list[int]]]:
    """Error and base offsets of batches, by partition."""
    return {
        data.partition_index: (
            data.error_code,
            [] if not data.records else [header.base_offset for _, header in iterate_headers(data.records.read())],
        )
        for topic in response.responses
        for data in topic.partitions
    }


def filled(count: int = 3) -> DataRoom:
    room = DataRoom()
    for _ in range(count):
        room.send(batch(b"a", b"b"))
    return room


@pytest.mark.parametrize("version", range(4, 19))
def test_reads_from_the_batch_that_holds_the_offset(version: int) -> None:
    room = filled()
    assert seen(room.fetch_now((0, 3), version=version)) == {0: (0, [2, 4])}
    assert seen(room.fetch_now((0, 6), version=version)) == {0: (0, [])}
    assert seen(room.fetch_now((0, 7), version=version)) == {0: (ErrorCode.OFFSET_OUT_OF_RANGE, [])}
    assert seen(room.fetch_now((5, 0), version=version)) == {5: (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, [])}


def test_limits_hold_but_the_first_batch_always_comes() -> None:
    room = filled()
    assert seen(room.fetch_now((0, 0), max_bytes=1)) == {0: (0, [0])}
    assert seen(room.fetch_now((0, 0), max_bytes=160)) == {0: (0, [0, 2])}
    room.send(batch(b"c"), partition=1)
    assert seen(room.fetch_now((0, 0), (1, 0), max_bytes=80)) == {0: (0, [0]), 1: (0, [])}


@pytest.mark.parametrize(
    ("epoch", "code"), [(-1, 0), (3, 0), (2, ErrorCode.FENCED_LEADER_EPOCH), (4, ErrorCode.UNKNOWN_LEADER_EPOCH)]
)
def test_a_client_of_another_epoch_is_fenced(epoch: int, code: int) -> None:
    assert _fetch_with(filled(), current_leader_epoch=epoch).error_code == code


def test_a_reader_that_has_more_is_told_where_it_diverged() -> None:
    room = filled()
    beyond = _fetch_with(room, fetch_offset=7, last_fetched_epoch=3)
    assert beyond.error_code == 0
    assert (beyond.diverging_epoch.epoch, beyond.diverging_epoch.end_offset) == (3, 6)
    assert _fetch_with(room, last_fetched_epoch=3).diverging_epoch is None
    assert _fetch_with(room, last_fetched_epoch=4).error_code == ErrorCode.OFFSET_OUT_OF_RANGE


def _fetch_with(room: DataRoom, **fields: Any) -> Any:
    wanted = FetchPartition(partition=0, partition_max_bytes=1000, **fields)
    request = FetchRequest(topics=[FetchTopic(topic="orders", topic_id=ORDERS_ID, partitions=[wanted])])
    response = room.fetch(request, context(12))
    assert isinstance(response, FetchResponse)
    FETCH.response_codec(12).encode_parts(response)
    return response.responses[0].partitions[0]


def test_a_session_is_told_only_news() -> None:
    room = filled()
    first = room.fetch_now((0, 6), (1, 0), session_id=0, session_epoch=0)
    session_id = first.session_id
    assert seen(first) == {0: (0, []), 1: (0, [])}
    assert seen(room.fetch_now(session_id=session_id, session_epoch=1)) == {}
    room.send(batch(b"c"), partition=1)
    assert seen(room.fetch_now(session_id=session_id, session_epoch=2)) == {1: (0, [0])}
    assert seen(room.fetch_now((1, 9), session_id=session_id, session_epoch=3)) == {1: (1, [])}
    assert seen(room.fetch_now((1, 1), session_id=session_id, session_epoch=4)) == {1: (0, [])}
    wrong = room.fetch_now(session_id=session_id, session_epoch=9)
    assert wrong.error_code == ErrorCode.INVALID_FETCH_SESSION_EPOCH


def test_partitions_without_news_are_not_looked_at() -> None:
    room = filled()
    session_id = room.fetch_now((0, 6), (1, 0), session_id=0, session_epoch=0).session_id
    watch = room.fetch.sessions.plan(FetchRequest(session_id=session_id, session_epoch=1), 12).watch
    assert [target.partition for target in watch.due] == [0, 1]
    assert seen(room.fetch_now(session_id=session_id, session_epoch=2)) == {}
    assert list(watch.due) == []
    room.send(batch(b"c"), partition=1)
    room.send(batch(b"d"), partition=1)
    assert [target.partition for target in watch.due] == [1]
    assert seen(room.fetch_now(session_id=session_id, session_epoch=3)) == {1: (0, [0, 1])}
    assert seen(room.fetch_now((1, 2), session_id=session_id, session_epoch=4)) == {}
    assert list(watch.due) == []


def test_a_sleeping_partition_tells_that_its_start_has_moved() -> None:
    room = filled()
    session_id = room.fetch_now((0, 6), session_id=0, session_epoch=0).session_id
    assert seen(room.fetch_now(session_id=session_id, session_epoch=1)) == {}
    partition = room.replicas.leader("orders", 0)
    partition.delete_records_before(2)
    partition.tell_change()
    news = room.fetch_now(session_id=session_id, session_epoch=2)
    assert [data.log_start_offset for data in news.responses[0].partitions] == [2]


def test_forgotten_and_closed_readers_are_told_nothing() -> None:
    room = filled()
    session_id = room.fetch_now((0, 6), (1, 0), session_id=0, session_epoch=0).session_id
    room.fetch_now(session_id=session_id, session_epoch=1)
    forgotten = [ForgottenTopic(topic="orders", topic_id=ORDERS_ID, partitions=[0])]
    room.fetch_now(session_id=session_id, session_epoch=2, forgotten_topics_data=forgotten)
    room.send(batch(b"c"))
    assert seen(room.fetch_now(session_id=session_id, session_epoch=3)) == {}
    room.fetch_now(session_id=session_id, session_epoch=-1)
    assert not any(partition.has_listeners for partition in room.replicas)


def test_a_long_poll_without_a_session_leaves_nobody_behind() -> None:
    async def scenario() -> bool:
        room = filled()
        await room.ask((0, 6), min_bytes=1, max_wait_ms=1)
        return room.replicas.leader("orders", 0).has_listeners

    assert not asyncio.run(scenario())


def test_sleeping_partitions_end_a_long_poll_when_enough_has_come() -> None:
    async def scenario() -> dict[int, tuple[int, list[int]]]:
        room = filled()
        session_id = room.fetch_now((0, 6), (1, 0), session_id=0, session_epoch=0).session_id
        for epoch in (1, 2):
            assert seen(room.fetch_now(session_id=session_id, session_epoch=epoch)) == {}
        task = asyncio.ensure_future(
            room.ask(session_id=session_id, session_epoch=3, min_bytes=100, max_wait_ms=LONG_MS)
        )
        await asyncio.sleep(0)
        room.send(batch(b"c"), partition=1)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not task.done()
        room.send(batch(b"d"), partition=1)
        async with asyncio.timeout(5):
            return seen(await task)

    assert asyncio.run(scenario()) == {1: (0, [0, 1])}


def test_what_has_left_the_page_cache_is_brought_by_a_thread() -> None:
    async def scenario() -> dict[int, tuple[int, list[int]]]:
        room = DataRoom(config=LogConfig(segment_bytes=150))
        for value in (b"a", b"b", b"c"):
            room.send(batch(value))
        log = room.replicas.leader("orders", 0).log
        assert log.segment_base_offsets == [0, 2]
        log.flush()
        room.filesystem.evict(f"{log.directory}/{0:020d}.log")
        waiting = room.ask((0, 0), max_wait_ms=LONG_MS, min_bytes=1)
        assert not isinstance(waiting, FetchResponse), "the event loop did not read it itself"
        async with asyncio.timeout(5):
            response = await waiting
        assert isinstance(room.ask((0, 0), max_wait_ms=LONG_MS, min_bytes=1), FetchResponse)
        return seen(response)

    assert asyncio.run(scenario()) == {0: (0, [0, 1])}


def woken_by(event: Callable[[DataRoom], object], *, min_bytes: int = 1, unknown: bool = False) -> FetchResponse:
    """A long poll at the log's end, answered because of an event."""

    async def scenario() -> FetchResponse:
        room = filled()
        wanted = [(0, 6), (9, 0)] if unknown else [(0, 6)]
        waiting = room.ask(*wanted, min_bytes=min_bytes, max_wait_ms=LONG_MS)
        task = asyncio.ensure_future(waiting)
        for _ in range(3):
            await asyncio.sleep(0)
        assert not task.done()
        event(room)
        async with asyncio.timeout(5):
            response: FetchResponse = await task
        return response

    return asyncio.run(scenario())


def test_an_append_ends_a_long_poll() -> None:
    assert seen(woken_by(lambda room: room.send(batch(b"c")))) == {0: (0, [6])}


@pytest.mark.parametrize("session_id", [0, 1])
def test_an_append_before_the_long_poll_has_begun_to_run_ends_it_too(session_id: int) -> None:
    async def scenario() -> dict[int, tuple[int, list[int]]]:
        room = filled()
        if session_id:
            room.fetch_now((0, 6), session_id=0, session_epoch=0)
        session = {"session_id": session_id, "session_epoch": 1} if session_id else {}
        waiting = room.ask((0, 6), min_bytes=1, max_wait_ms=LONG_MS, **session)
        room.send(batch(b"c"))  # in the same turn of the event loop
        async with asyncio.timeout(5):
            return seen(await waiting)

    assert asyncio.run(scenario()) == {0: (0, [6])}


def test_an_unknown_partition_beside_a_good_one_does_not_end_the_wait() -> None:
    answer = seen(woken_by(lambda room: room.send(batch(b"c")), unknown=True))
    assert answer == {0: (0, [6]), 9: (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, [])}


def test_it_takes_enough_bytes_to_end_a_long_poll() -> None:
    def two(room: DataRoom) -> None:
        room.send(batch(b"c"))
        room.send(batch(b"d"))

    assert seen(woken_by(two, min_bytes=100)) == {0: (0, [6, 7])}


def test_close_ends_a_long_poll() -> None:
    assert seen(woken_by(lambda room: room.replicas.close())) == {0: (0, [])}


def test_deletion_of_the_topic_ends_a_long_poll() -> None:
    async def scenario() -> dict[int, tuple[int, list[int]]]:
        room = filled()
        task = asyncio.ensure_future(room.ask((0, 6), min_bytes=1, max_wait_ms=LONG_MS))
        await asyncio.sleep(0)
        room.cache.publish(room.cache.image.without_topic("orders"))
        async with asyncio.timeout(5):
            return seen(await task)

    assert asyncio.run(scenario()) == {0: (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, [])}


def test_a_wait_ends_when_its_time_is_over() -> None:
    async def scenario() -> FetchResponse:
        response: FetchResponse = await filled().ask((0, 6), min_bytes=1, max_wait_ms=1)
        return response

    assert seen(asyncio.run(scenario())) == {0: (0, [])}
