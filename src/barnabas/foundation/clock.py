"""Where time comes from. Nothing below `broker` reads the operating system's clock itself."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks: one tells the time of day, one only ever goes forward."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch; may jump when the machine's clock is set."""

    def monotonic_ms(self) -> float:
        """Milliseconds since some fixed moment; never goes back."""


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> float:
        return time.monotonic() * 1000.0


class ManualClock:
    """A clock that moves when a test says so."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms
        self._elapsed_ms = 0.0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_ms(self) -> float:
        return self._elapsed_ms

    def advance_ms(self, by_ms: int) -> None:
        self._now_ms += by_ms
        self._elapsed_ms += by_ms
