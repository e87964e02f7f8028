"""A number that only goes up, and that tasks can wait for.

Kafka parks delayed requests in a purgatory and re-checks them; here a request simply awaits the offset that it
needs. Only waiters whose target is reached are woken, so a thousand parked fetches cost an append nothing.
"""

import asyncio
import heapq
import itertools


class Watermark:
    """A growing number on the event loop; not for use from threads."""

    __slots__ = ("_failure", "_sequence", "_value", "_waiters")

    def __init__(self, value: int = 0) -> None:
        self._value = value
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []
        self._sequence = itertools.count()
        self._failure: BaseException | None = None

    @property
    def value(self) -> int:
        return self._value

    def advance_to(self, value: int) -> None:
        """Raise the number (lower values are ignored) and wake whoever waited for it."""
        if value <= self._value:
            return
        self._value = value
        waiters = self._waiters
        while waiters and waiters[0][0] <= value:
            _, _, future = heapq.heappop(waiters)
            if not future.done():
                future.set_result(None)

    def waiter(self, target: int) -> asyncio.Future[None]:
        """A future that completes once the number is at least `target`; cancel it to stop waiting."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if target <= self._value:
            future.set_result(None)
            return future
        if self._failure is not None:
            future.set_exception(self._failure)
            return future
        if len(self._waiters) >= 64:
            self._drop_cancelled()
        heapq.heappush(self._waiters, (target, next(self._sequence), future))
        return future

    async def reached(self, target: int) -> None:
        """Wait until the number is at least `target`; put a deadline around it with `asyncio.timeout`."""
        if target > self._value:
            await self.waiter(target)

    def fail(self, error: BaseException) -> None:
        """Wake every waiter with an error, those that come later too: what they wait for will not happen."""
        self._failure = error
        waiters, self._waiters = self._waiters, []
        for _, _, future in waiters:
            if not future.done():
                future.set_exception(error)

    def _drop_cancelled(self) -> None:
        live = [entry for entry in self._waiters if not entry[2].done()]
        heapq.heapify(live)
        self._waiters = live
