"""Chores are done when they are due, the first time perhaps sooner, and one that fails is tried again."""

import asyncio

from barnabas.broker.housekeeping import Chore, Housekeeping
from barnabas.foundation.errors import ErrorCode, KafkaError


def test_the_first_time_comes_when_it_is_told_to() -> None:
    async def scenario() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(done.set)

        chore = Chore("soon", 3_600_000, tell, 0)
        housekeeping = Housekeeping((chore,)).start()
        async with asyncio.timeout(10):
            await done.wait()
        await housekeeping.stop()

    asyncio.run(scenario())


def test_a_chore_that_fails_is_done_again() -> None:
    async def scenario() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Semaphore(0)

        def fail() -> None:
            loop.call_soon_threadsafe(done.release)
            raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, "no disk")

        housekeeping = Housekeeping((Chore("failing", 1, fail),)).start()
        async with asyncio.timeout(10):
            for _ in range(3):
                await done.acquire()
        await housekeeping.stop()

    asyncio.run(scenario())
