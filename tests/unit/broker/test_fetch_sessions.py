"""Fetch sessions: the rules of KIP-227."""

import itertools

import pytest

from barnabas.broker.fetch_sessions import FetchPlan, FetchSessions
from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic, ForgottenTopic


def request(
    session_id: int = 0,
    epoch: int = 0,
    offsets: dict[int, int] | None = None,
    forget: tuple[int, ...] = (),
) -> FetchRequest:
    partitions = [
        FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=1000)
        for partition, offset in (offsets or {}).items()
    ]
    return FetchRequest(
        session_id=session_id,
        session_epoch=epoch,
        topics=[FetchTopic(topic="t", partitions=partitions)] if partitions else [],
        forgotten_topics_data=[ForgottenTopic(topic="t", partitions=list(forget))] if forget else [],
    )


def sessions(slots: int = 2, clock: ManualClock | None = None) -> FetchSessions:
    ids = itertools.count(1)
    return FetchSessions(clock or ManualClock(), lambda: next(ids), slots=slots, min_eviction_ms=120_000)


def wanted(plan: FetchPlan) -> dict[int, int]:
    return {target.partition: target.fetch_offset for target in plan.targets.values()}


def refused_with(cache: FetchSessions, asked: FetchRequest, version: int = 12) -> ErrorCode:
    with pytest.raises(KafkaError) as refusal:
        cache.plan(asked, version)
    return refusal.value.code


def test_before_version_7_there_are_no_sessions() -> None:
    cache = sessions()
    plan = cache.plan(request(offsets={0: 5}), 6)
    assert plan.session_id == 0
    assert wanted(plan) == {0: 5}
    assert len(cache) == 0


def test_an_incremental_request_names_only_what_changed() -> None:
    cache = sessions()
    first = cache.plan(request(offsets={0: 5, 1: 6}), 12)
    assert first.tells_everything
    second = cache.plan(request(first.session_id, 1, {1: 9, 2: 1}, forget=(0,)), 12)
    assert not second.tells_everything
    assert wanted(second) == {1: 9, 2: 1}
    assert wanted(cache.plan(request(first.session_id, 2), 12)) == {1: 9, 2: 1}


def test_wrong_session_or_epoch_is_refused() -> None:
    cache = sessions()
    session_id = cache.plan(request(offsets={0: 5}), 12).session_id
    assert refused_with(cache, request(99, 1)) == ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert refused_with(cache, request(session_id, 2)) == ErrorCode.INVALID_FETCH_SESSION_EPOCH
    assert refused_with(cache, request(session_id, 1), 13) == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR


def test_the_final_epoch_closes_the_session() -> None:
    cache = sessions()
    session_id = cache.plan(request(offsets={0: 5}), 12).session_id
    plan = cache.plan(request(session_id, -1, {0: 7}), 12)
    assert (plan.session_id, wanted(plan)) == (0, {0: 7})
    assert refused_with(cache, request(session_id, 1)) == ErrorCode.FETCH_SESSION_ID_NOT_FOUND


def test_a_full_cache_evicts_only_who_is_idle() -> None:
    clock = ManualClock()
    cache = sessions(slots=1, clock=clock)
    first = cache.plan(request(offsets={0: 5}), 12).session_id
    assert cache.plan(request(offsets={0: 5}), 12).session_id == 0
    clock.advance_ms(120_000)
    second = cache.plan(request(offsets={0: 5}), 12).session_id
    assert second not in (0, first)
    assert refused_with(cache, request(first, 1)) == ErrorCode.FETCH_SESSION_ID_NOT_FOUND


def test_the_epoch_wraps_to_one() -> None:
    cache = sessions()
    session = cache.plan(request(offsets={0: 5}), 12).session
    assert session is not None
    session.epoch = 2**31 - 1
    cache.plan(request(session.session_id, 2**31 - 1), 12)
    assert session.epoch == 1
