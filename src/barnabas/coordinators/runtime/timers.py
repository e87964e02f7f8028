"""The timers of one shard, on the event loop.

A timer that is set again and again, such as a session's, only moves its deadline; its place in the heap is corrected
when it comes up. That makes a heartbeat cost one dictionary entry.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Hashable

from barnabas.coordinators.runtime.outcome import Event
from barnabas.foundation.clock import Clock


class Timers:
    """Delivers events when their time has come, by the given clock; nothing after `close`."""

    __slots__ = ("_alarm", "_armed_for_ms", "_clock", "_deadlines", "_fire", "_heap", "_is_closed", "_sequence")

    def __init__(self, clock: Clock, fire: Callable[[Event], None]) -> None:
        self._clock = clock
        self._fire = fire
        self._deadlines: dict[Hashable, tuple[float, Event]] = {}
        self._heap: list[tuple[float, int, Hashable]] = []
        self._sequence = itertools.count()
        self._alarm: asyncio.TimerHandle | None = None
        self._armed_for_ms = 0.0
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._deadlines)

    def set(self, key: Hashable, after_ms: int, event: Event) -> None:
        """Deliver `event` after a while; replaces what was set for this key."""
        deadline_ms = self._clock.monotonic_ms() + after_ms
        previous = self._deadlines.get(key)
        self._deadlines[key] = (deadline_ms, event)
        if previous is None or deadline_ms < previous[0]:
            heapq.heappush(self._heap, (deadline_ms, next(self._sequence), key))
            self._arm()

    def cancel(self, key: Hashable) -> None:
        self._deadlines.pop(key, None)

    def run_due(self) -> None:
        """Deliver what is due, in order of deadlines; tests call this after they moved the clock."""
        while self._heap and self._heap[0][0] <= self._clock.monotonic_ms() and not self._is_closed:
            queued_for_ms, _, key = heapq.heappop(self._heap)
            timer = self._deadlines.get(key)
            if timer is None:
                continue
            deadline_ms, event = timer
            if deadline_ms > queued_for_ms:
                heapq.heappush(self._heap, (deadline_ms, next(self._sequence), key))
                continue
            del self._deadlines[key]
            self._fire(event)
        self._arm()

    def close(self) -> None:
        self._is_closed = True
        self._deadlines.clear()
        self._heap.clear()
        self._disarm()

    def _arm(self) -> None:
        if self._is_closed or not self._heap:
            self._disarm()
            return
        next_ms = self._heap[0][0]
        if self._alarm is not None and self._armed_for_ms == next_ms:
            return
        self._disarm()
        delay_seconds = max(next_ms - self._clock.monotonic_ms(), 0.0) / 1_000.0
        self._alarm = asyncio.get_running_loop().call_later(delay_seconds, self._ring)
        self._armed_for_ms = next_ms

    def _ring(self) -> None:
        self._alarm = None
        self.run_due()

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
