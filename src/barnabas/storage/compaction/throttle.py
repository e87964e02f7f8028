"""Keeps the bytes per second that a cleaning reads and writes below a limit, by waiting now and then."""

from collections.abc import Callable


class Throttle:
    """Counts bytes, and pauses as soon as they are ahead of the time that has passed."""

    __slots__ = ("_began", "_bytes", "_bytes_per_second", "_monotonic", "_pause")

    def __init__(self, bytes_per_second: float, monotonic: Callable[[], float], pause: Callable[[float], None]) -> None:
        self._bytes_per_second = bytes_per_second
        self._monotonic = monotonic
        self._pause = pause
        self._began = monotonic()
        self._bytes = 0

    def used(self, count: int) -> None:
        """So many bytes were read or written; returns when more may be."""
        self._bytes += count
        due = self._began + self._bytes / self._bytes_per_second
        ahead = due - self._monotonic()
        if ahead > 0:
            self._pause(ahead)
        elif ahead < -1:
            # What was not used a while ago is not saved up for a burst.
            self._began, self._bytes = self._monotonic(), 0
