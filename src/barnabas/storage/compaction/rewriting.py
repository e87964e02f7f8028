"""One log's side of being compacted: what a cleaning may know of it, and what it may replace.

Appends go on all the while. Retention leaves the log's files alone as long as a cleaning runs, as in Kafka; a
truncation or deletion does not wait, it makes the cleaning stale: nothing of its result is used.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from barnabas.storage.compaction.batch_filter import LastOfProducer
from barnabas.storage.compaction.job import CleanedGroup
from barnabas.storage.log_config import LogConfig
from barnabas.storage.producer_state import NO_OFFSET, ProducerEntry, ProducerStates
from barnabas.storage.segment import Segment
from barnabas.storage.segments import Segments


@dataclass(frozen=True, slots=True)
class LogView:
    """A log at one moment."""

    segments: tuple[Segment, ...]
    first_open_transaction_offset: int | None
    """Where the first transaction begins that is neither committed nor aborted."""
    cuts: int


class Rewriting:
    """Belongs to one log, and shares its locks."""

    __slots__ = ("_cuts", "_flush_lock", "_lock", "_lowest_cut", "_producers", "_segments", "is_running")

    def __init__(
        self, segments: Segments, producers: ProducerStates, lock: threading.Lock, flush_lock: threading.Lock
    ) -> None:
        self.is_running = False
        """Whether a cleaning works on this log; set by the cleaner, looked at under the log's lock."""
        self._lowest_cut: int | None = None
        self._segments = segments
        self._producers = producers
        self._lock = lock
        self._flush_lock = flush_lock
        self._cuts = 0

    def view(self) -> LogView:
        """What there is to clean."""
        with self._lock:
            return LogView(self._segments.all, self._producers.first_open_offset, self._cuts)

    def last_of_producers(self) -> dict[int, LastOfProducer]:
        """Where each producer that is still known wrote last."""
        with self._lock:
            return _last_of(self._producers.entries())

    def is_stale(self, view: LogView) -> bool:
        """Whether the log was cut or deleted since."""
        return self._cuts != view.cuts

    def log_was_cut(self, offset: int = 0) -> None:
        """Nothing is left behind `offset`, or of all of it; called under the log's lock."""
        self._cuts += 1
        self._lowest_cut = offset if self._lowest_cut is None else min(self._lowest_cut, offset)

    def take_lowest_cut(self) -> int | None:
        """The lowest offset at which the log was cut since the last call: what was clean behind it is gone."""
        with self._lock:
            lowest_cut, self._lowest_cut = self._lowest_cut, None
            return lowest_cut

    def replace(self, view: LogView, group: CleanedGroup, config: LogConfig) -> bool:
        """Put a cleaned group in the place of its segments; False if it does not fit any more, or not just now.

        Raises OSError when the disk refuses.
        """
        bases = set(group.base_offsets)
        old = tuple(segment for segment in view.segments if segment.base_offset in bases)
        # No flush meanwhile: it would write indexes of old segments to where the new ones' are.
        with self._flush_lock, self._lock:
            return not self.is_stale(view) and self._segments.replace(old, group.size_bytes, config)


def _last_of(entries: Iterable[ProducerEntry]) -> dict[int, LastOfProducer]:
    return {
        entry.producer_id: LastOfProducer(
            entry.batches[-1].last_offset if entry.batches else NO_OFFSET, entry.producer_epoch
        )
        for entry in entries
    }
