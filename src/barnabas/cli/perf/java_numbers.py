"""Numbers as Java divides and prints them.

A division by zero is `Infinity` or `NaN` and no error, and `%.2f` rounds the shortest decimal text of a double half up,
where Python rounds its exact value half to even.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

BYTES_PER_MEGABYTE: Final = 1024 * 1024


def quotient(dividend: float, divisor: float) -> float:
    """A quotient of doubles; by zero it is infinite, or not a number."""
    if divisor:
        return dividend / divisor
    return math.nan if not dividend or math.isnan(dividend) else math.copysign(math.inf, dividend)


def per_second(amount: float, elapsed_ms: int) -> float:
    return quotient(1000.0 * amount, elapsed_ms)


def fixed(value: float, digits: int) -> str:
    """Java's `%.<digits>f`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):f}"


def finite(value: float) -> float | None:
    """The value for JSON, which has neither `NaN` nor `Infinity`."""
    return value if math.isfinite(value) else None
