"""Waiters wake when their number is reached, and only then."""

import asyncio

import pytest

from barnabas.foundation.watermark import Watermark


def test_wakes_those_whose_target_is_reached() -> None:
    async def scenario() -> None:
        watermark = Watermark(5)
        waiters = {target: watermark.waiter(target) for target in (9, 5, 7, 6)}
        assert [target for target, future in sorted(waiters.items()) if future.done()] == [5]
        watermark.advance_to(7)
        assert [target for target, future in sorted(waiters.items()) if future.done()] == [5, 6, 7]
        watermark.advance_to(3)
        assert watermark.value == 7
        watermark.advance_to(100)
        assert waiters[9].done()

    asyncio.run(scenario())


def test_reached_returns_once_the_number_is_there() -> None:
    async def scenario() -> None:
        watermark = Watermark()
        task = asyncio.create_task(watermark.reached(3))
        await asyncio.sleep(0)
        assert not task.done()
        watermark.advance_to(3)
        await asyncio.wait_for(task, 5)

    asyncio.run(scenario())


def test_cancelled_waiters_do_not_pile_up() -> None:
    async def scenario() -> None:
        watermark = Watermark()
        for _ in range(10_000):
            watermark.waiter(1).cancel()
        assert len(watermark._waiters) <= 65

    asyncio.run(scenario())


def test_failure_reaches_every_waiter() -> None:
    async def scenario() -> None:
        watermark = Watermark()
        waiter = watermark.waiter(1)
        watermark.fail(OSError("gone"))
        with pytest.raises(OSError, match="gone"):
            await waiter

    asyncio.run(scenario())
