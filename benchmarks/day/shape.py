"""A day's load in a few minutes: its mean, its peaks, and a base that goes up and down between them.

100 million records a day are 1,150 a second; at the peaks it is 23,000, which is 20 MB/s, so a record of 0.5 to 2 kB
has 870 bytes on average. Six tenths of all records come in the peaks, the rest is the base.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MEAN_PER_SECOND: Final = 1_150
PEAK_PER_SECOND: Final = 23_000
MIN_BYTES: Final = 500
MEAN_BYTES: Final = 870
MAX_BYTES: Final = 2_000
SHARE_IN_PEAKS: Final = 0.6
SECONDS_PER_PEAK: Final = 200
# The base's own swing about its mean, as between day and night.
BASE_SWING: Final = 0.5


@dataclass(frozen=True, slots=True)
class Peak:
    """It rises for so many seconds, holds for so many, and falls as it rose."""

    ramp_seconds: int
    hold_seconds: int

    def rates(self, peak: int) -> list[int]:
        ramp = [round(peak * (step + 1) / (self.ramp_seconds + 1)) for step in range(self.ramp_seconds)]
        return [*ramp, *[peak] * self.hold_seconds, *reversed(ramp)]


def peak_for(seconds: int, mean: int = MEAN_PER_SECOND, peak: int = PEAK_PER_SECOND) -> tuple[Peak, int]:
    """What each peak of a run of this length looks like, and how many there are."""
    count = max(1, round(seconds / SECONDS_PER_PEAK))
    # A ramp up and one down make together as many records as a hold of one ramp's length.
    full_seconds = max(1, round(SHARE_IN_PEAKS * mean * seconds / peak / count))
    hold = math.ceil(full_seconds / 2)
    return Peak(full_seconds - hold, hold), count


def day_shape(seconds: int, mean: int = MEAN_PER_SECOND, peak: int = PEAK_PER_SECOND) -> list[int]:
    """The records of each second; their mean is exact. ValueError when the peaks don't fit into so short a run."""
    form, count = peak_for(seconds, mean, peak)
    one = form.rates(peak)
    rates = [0] * seconds
    in_peaks: set[int] = set()
    for number in range(count):
        first = round((number + 0.6) * seconds / count) - len(one) // 2
        for offset, rate in enumerate(one):
            if 0 <= first + offset < seconds:
                rates[first + offset] = rate
                in_peaks.add(first + offset)
    base = [second for second in range(seconds) if second not in in_peaks]
    left = mean * seconds - sum(rates)
    if not base or left < len(base):
        raise ValueError(f"a run of {seconds} s is too short for peaks of {peak} and a mean of {mean} records/s")
    weights = [1 + BASE_SWING * math.sin(2 * math.pi * second / seconds) for second in base]
    scale, carried = left / sum(weights), 0.0
    for second, weight in zip(base, weights, strict=True):
        # What rounding takes from one second, the next one gets.
        carried += weight * scale
        rates[second] = int(carried)
        carried -= rates[second]
    rates[base[-1]] += left - sum(rates[second] for second in base)
    return rates
