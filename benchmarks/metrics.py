"""What is measured, what Barnabas has promised of it, and the arithmetic of several rounds.

A promise is a ratio to Apache Kafka on the same machine in the same run; it is declared beside its metric and nowhere
else, so tables, colours and the page in docs/ can't disagree about it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound of the ratio Barnabas / Kafka; exactly one of the two is given."""

    at_most: float | None = None
    at_least: float | None = None

    def is_met(self, ratio: float) -> bool:
        if self.at_most is not None:
            return ratio <= self.at_most
        return self.at_least is not None and ratio >= self.at_least

    def __str__(self) -> str:
        return f"≤ {self.at_most:.2f}" if self.at_most is not None else f"≥ {self.at_least:.2f}"


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of a comparison. Without a goal it is shown for what it tells."""

    key: str
    title: str
    unit: str
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric's medians side by side."""

    metric: Metric
    ours: float | None
    theirs: float | None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.theirs if self.ours is not None and self.theirs else None

    @property
    def is_met(self) -> bool | None:
        """None where there is no goal, or nothing to compare with."""
        if self.metric.goal is None or self.ratio is None:
            return None
        return self.metric.goal.is_met(self.ratio)


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each key over the rounds that have it."""
    keys = dict.fromkeys(key for values in rounds for key in values)
    return {key: statistics.median(values[key] for values in rounds if key in values) for key in keys}


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values don't exceed (nearest rank). ValueError without values."""
    if not ordered:
        raise ValueError("no values, no percentile")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def flatness(costs: Mapping[int, float]) -> float:
    """How many times the cost at the smallest size the dearest size costs; 1.0 is perfectly flat."""
    return max(costs.values()) / costs[min(costs)]


def number(value: float | None) -> str:
    """Three digits that mean something."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
