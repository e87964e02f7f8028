"""What a value must satisfy beyond its type, with Kafka's words for what is wrong.

Each validator also says its rule in `rule`, which is what the reference page prints.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol

from barnabas.foundation.config.kinds import InvalidValue


class Validator(Protocol):
    """A rule on one parsed value."""

    @property
    def rule(self) -> str:
        """The rule in a few characters, for people."""

    def check(self, name: str, value: Any) -> None:
        """Raises InvalidValue. A value of None is no value and passes."""


class Range:
    """A number with a lower and perhaps an upper bound; NaN passes, as it does in Java."""

    __slots__ = ("highest", "lowest")

    def __init__(self, lowest: float, highest: float | None = None) -> None:
        self.lowest = lowest
        self.highest = highest

    @property
    def rule(self) -> str:
        return f">= {self.lowest}" if self.highest is None else f"{self.lowest} to {self.highest}"

    def check(self, name: str, value: float | None) -> None:
        if value is None:
            return
        if value < self.lowest:
            raise InvalidValue(name, value, f"Value must be at least {self.lowest}")
        if self.highest is not None and value > self.highest:
            raise InvalidValue(name, value, f"Value must be no more than {self.highest}")


class OneOf:
    """A text, or every item of a list, out of a fixed set."""

    __slots__ = ("choices", "ignore_case")

    def __init__(self, choices: Sequence[str], *, ignore_case: bool = False) -> None:
        self.choices = tuple(choices)
        self.ignore_case = ignore_case

    @property
    def rule(self) -> str:
        return "one of " + ", ".join(choice or '""' for choice in self.choices)

    def check(self, name: str, value: str | Sequence[str] | None) -> None:
        if value is None:
            return
        for item in (value,) if isinstance(value, str) else value:
            if item not in self.choices and not (self.ignore_case and item.upper() in self.choices):
                insensitive = " (case insensitive)" if self.ignore_case else ""
                expectation = f"String must be one of{insensitive}: {', '.join(self.choices)}"
                raise InvalidValue(name, item, expectation)


class NotEmpty:
    """A text that, where given, has at least one character."""

    __slots__ = ()
    rule: Final = "not empty"

    def check(self, name: str, value: str | None) -> None:
        if value is not None and not value:
            raise InvalidValue(name, value, "String must be non-empty")


class GzipLevel:
    """gzip's levels 1 to 9, or -1 for its own default."""

    __slots__ = ()
    rule: Final = "1 to 9, or -1"

    def check(self, name: str, value: int | None) -> None:
        if value is not None and value != -1 and not 1 <= value <= 9:
            raise InvalidValue(name, value, "Value must be between 1 and 9 or equal to -1")


class ThrottledReplicas:
    """A list of partition:broker, or the single item `*`."""

    __slots__ = ()
    rule: Final = "partition:broker,... or *"
    _ITEM: Final = re.compile(r"[0-9]+:[0-9]+")

    def check(self, name: str, value: Sequence[str]) -> None:
        if tuple(value) != ("*",) and not all(self._ITEM.fullmatch(item) for item in value):
            expectation = (
                f"{name} must be the literal '*' or a list of replicas in the following format: "
                "[partitionId]:[brokerId],[partitionId]:[brokerId],..."
            )
            raise InvalidValue(name, f"[{', '.join(value)}]", expectation)


def at_least(lowest: float) -> Range:
    """At least so much."""
    return Range(lowest)


def between(lowest: float, highest: float) -> Range:
    """From one bound to the other, both included."""
    return Range(lowest, highest)


def one_of(*choices: str) -> OneOf:
    """One of these texts; of a list, every item."""
    return OneOf(choices)


def one_of_ignoring_case(*choices: str) -> OneOf:
    """One of these texts, in capitals or not."""
    return OneOf(choices, ignore_case=True)


NOT_EMPTY: Final = NotEmpty()
GZIP_LEVEL: Final = GzipLevel()
THROTTLED_REPLICAS: Final = ThrottledReplicas()


class OffsetReset:
    """Where a share group begins: `earliest`, `latest` or `by_duration:` with an ISO 8601 duration (KIP-932)."""

    __slots__ = ()
    rule: Final = "earliest, latest or by_duration:PnDTnHnMn.nS"
    _DURATION: Final = re.compile(
        r"by_duration:P(?=.)([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+([.][0-9]{0,9})?S)?)?", re.IGNORECASE
    )

    def check(self, name: str, value: str) -> None:
        if value.lower() not in {"earliest", "latest"} and not self._DURATION.fullmatch(value):
            expectation = (
                f"Invalid value `{value}` for configuration {name}. The value must be either 'earliest', 'latest' "
                "or of the format 'by_duration:<PnDTnHnMn.nS>'."
            )
            raise InvalidValue(name, value, expectation)


OFFSET_RESET: Final = OffsetReset()
