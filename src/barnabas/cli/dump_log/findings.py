"""What does not fit together: collected while files are read, told on standard error at the end.

Order and wording are Kafka's: mismatches of offset indexes and gaps in logs come last one first, those of time indexes
as they were found, and files in the order of a Scala hash map.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from barnabas.cli.dump_log.java_text import scala_map_order

PairsByFile = dict[str, list[tuple[int, int]]]


@dataclass(slots=True)
class Findings:
    """Pairs of numbers that should have been equal, or ordered, by absolute path."""

    index_mismatches: PairsByFile = field(default_factory=dict)
    """Offset in the index, last offset of the batch at its position."""
    timestamp_mismatches: PairsByFile = field(default_factory=dict)
    """Timestamp in the time index, greatest timestamp of the batch."""
    timestamps_out_of_order: PairsByFile = field(default_factory=dict)
    """Timestamp in the time index, the one before it."""
    offsets_not_found: PairsByFile = field(default_factory=dict)
    """Offset in the time index, last offset of the batch found there or -1."""
    gaps: PairsByFile = field(default_factory=dict)
    """Offset of a record, offset of the next one."""

    def lines(self) -> Iterator[str]:
        """What Kafka's tool prints."""
        for path, pairs in _in_order(self.index_mismatches):
            yield f"Mismatches in :{path}"
            yield from (f"  Index offset: {offset}, log offset: {found}" for offset, found in reversed(pairs))
        for path, pairs in _in_order(self.timestamp_mismatches):
            yield f"Found timestamp mismatch in :{path}"
            yield from (f"  Index timestamp: {indexed}, log timestamp: {found}" for indexed, found in pairs)
        for path, pairs in _in_order(self.timestamps_out_of_order):
            yield f"Found out of order timestamp in :{path}"
            yield from (
                f"  Index timestamp: {indexed}, Previously indexed timestamp: {before}" for indexed, before in pairs
            )
        for _, pairs in _in_order(self.offsets_not_found):
            yield "The following indexed offsets are not found in the log."
            yield from (f"Indexed offset: {offset}, found log offset: {found}" for offset, found in pairs)
        for path, pairs in _in_order(self.gaps):
            yield f"Non-consecutive offsets in {path}"
            yield from (f"  {first} is followed by {second}" for first, second in reversed(pairs))

    def trees(self) -> Iterator[dict[str, Any]]:
        """The same for programs, in the order in which it was found."""
        for kind, names, pairs_by_file in (
            ("indexMismatch", ("indexOffset", "logOffset"), self.index_mismatches),
            ("timestampMismatch", ("indexTimestamp", "logTimestamp"), self.timestamp_mismatches),
            ("timestampOutOfOrder", ("indexTimestamp", "previousTimestamp"), self.timestamps_out_of_order),
            ("offsetNotFound", ("indexOffset", "logOffset"), self.offsets_not_found),
            ("offsetGap", ("offset", "nextOffset"), self.gaps),
        ):
            for path, pairs in pairs_by_file.items():
                for pair in pairs:
                    yield {"file": path, "kind": kind, **dict(zip(names, pair, strict=True))}


def note(pairs_by_file: PairsByFile, path: str, first: int, second: int) -> None:
    pairs_by_file.setdefault(path, []).append((first, second))


def _in_order(pairs_by_file: PairsByFile) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    for path in scala_map_order(pairs_by_file):
        yield path, pairs_by_file[path]
