"""Ranges of versions, written as in Kafka's message definitions: `3+`, `0-12`, `7`, `none`."""

from dataclasses import dataclass
from typing import Final

NEWEST: Final = 0x7FFF


@dataclass(frozen=True, slots=True)
class Versions:
    """From `first` to `last`, both included; empty when `first` is greater."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> "Versions":
        if text == "none":
            return cls(1, 0)
        if text.endswith("+"):
            return cls(int(text[:-1]), NEWEST)
        first, _, last = text.partition("-")
        return cls(int(first), int(last or first))

    def __contains__(self, version: object) -> bool:
        return isinstance(version, int) and self.first <= version <= self.last

    def as_range(self) -> range:
        return range(self.first, self.last + 1)


ALL: Final = Versions.parse("0+")
NONE: Final = Versions.parse("none")
