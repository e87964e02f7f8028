"""How fast to send: Kafka's ThroughputThrottler, without its clock and its sleep.

While the records sent are more than the target allows for the time that has passed, every one of them adds its share of
a second to a debt. The debt is slept off once it is large enough for a sleep to be about as long as asked.
"""

from __future__ import annotations

import math
from typing import Final

SHORTEST_PAUSE_SECONDS: Final = 0.002


class ThroughputThrottler:
    """Decides on pauses; a negative target never pauses, and zero pauses for ever after the first record."""

    __slots__ = ("_debt_seconds", "_seconds_per_record", "_start_ms", "_target")

    def __init__(self, records_per_second: float, start_ms: int) -> None:
        self._target = records_per_second
        self._seconds_per_record = 1.0 / records_per_second if records_per_second > 0 else math.inf
        self._start_ms = start_ms
        self._debt_seconds = 0.0

    def pause_seconds(self, sent_before: int, just_sent: int, now_ms: int) -> float:
        """How long to wait now, when `just_sent` more records have followed the `sent_before` first ones."""
        if self._target < 0:
            return 0.0
        # Kafka lets everything pass in the first millisecond, in which its client is still looking for the broker.
        allowed = self._target * (now_ms - self._start_ms) / 1000
        if sent_before + just_sent - 1 <= allowed:
            return 0.0
        self._debt_seconds += just_sent * self._seconds_per_record
        if self._debt_seconds < SHORTEST_PAUSE_SECONDS:
            return 0.0
        pause, self._debt_seconds = self._debt_seconds, 0.0
        return pause


def records_per_look(records_per_second: float, most: int) -> int:
    """How many records to send between two looks at the clock: a millisecond's worth, `most` when nothing throttles."""
    if records_per_second < 0:
        return most
    return max(1, min(most, int(records_per_second / 1000)))
