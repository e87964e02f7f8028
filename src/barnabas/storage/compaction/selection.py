"""Which log is cleaned next, and what part of it: Kafka's LogCleanerManager, as functions of what is known of the logs.

A log has a clean part, up to the offset that the last cleaning reached (`cleaner-offset-checkpoint`), a dirty part, and
a part that may not be cleaned yet: the segment that is written to, what is not committed, what is younger than
`min.compaction.lag.ms`. A log is worth cleaning when the dirty part is more than `min.cleanable.dirty.ratio` of both,
or holds something older than `max.compaction.lag.ms` (KIP-354).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from barnabas.storage.log_config import LogConfig


class SegmentAge(NamedTuple):
    """What the choice needs to know of a segment. The times may cost a look into a file, so they are asked for late."""

    base_offset: int
    size_bytes: int
    largest_timestamp_ms: Callable[[], int]
    first_timestamp_ms: Callable[[], int]
    """Of its first batch; -1 where there is none."""


@dataclass(frozen=True, slots=True)
class LogFacts:
    """One compacted log at one moment; `segments` are in order, the last one is written to."""

    config: LogConfig
    segments: Sequence[SegmentAge]
    log_start_offset: int
    log_end_offset: int
    last_stable_offset: int
    """Nothing at or past it may be cleaned: the high watermark, or the first transaction that is still open."""


@dataclass(frozen=True, slots=True)
class CleanableRange:
    """What of a log may be cleaned, and how much it would bring."""

    first_dirty_offset: int
    first_uncleanable_offset: int
    """Base offset of a segment."""
    clean_bytes: int
    cleanable_bytes: int
    compaction_delay_ms: int
    """For how long already something should have been compacted by `max.compaction.lag.ms`."""
    invalid_checkpoint: str | None
    """Why the checkpoint was set aside, if it was."""

    @property
    def total_bytes(self) -> int:
        return self.clean_bytes + self.cleanable_bytes

    @property
    def dirty_ratio(self) -> float:
        return self.cleanable_bytes / self.total_bytes if self.total_bytes else 0.0

    def is_worth_cleaning(self, config: LogConfig) -> bool:
        must_be_now = self.compaction_delay_ms > 0 and self.cleanable_bytes > 0
        return must_be_now or self.dirty_ratio > config.min_cleanable_dirty_ratio


def cleanable_range(log: LogFacts, checkpoint: int | None, now_ms: int) -> CleanableRange:
    """Divide a log into what is clean, what may be cleaned, and what not yet."""
    first_dirty_offset, invalid = _first_dirty_offset(log, checkpoint)
    segments, active = log.segments, log.segments[-1]
    closed = _between(segments, first_dirty_offset, active.base_offset)
    limit = min(log.last_stable_offset, active.base_offset)
    if log.config.min_compaction_lag_ms > 0:
        newest_ms = now_ms - log.config.min_compaction_lag_ms
        young = next((segment for segment in closed if segment.largest_timestamp_ms() > newest_ms), None)
        limit = limit if young is None else min(limit, young.base_offset)
    limit = max(limit, first_dirty_offset)
    # Whole segments only: the one that holds the limit is left alone.
    held = [segment for segment in segments if segment.base_offset <= limit]
    first_uncleanable_offset = (held[-1] if held else segments[0]).base_offset
    dirty = _between(segments, min(first_dirty_offset, first_uncleanable_offset), first_uncleanable_offset)
    return CleanableRange(
        first_dirty_offset,
        first_uncleanable_offset,
        clean_bytes=sum(segment.size_bytes for segment in segments if segment.base_offset < first_dirty_offset),
        cleanable_bytes=sum(segment.size_bytes for segment in dirty),
        compaction_delay_ms=_compaction_delay_ms(closed, log.config.max_compaction_lag_ms, now_ms),
        invalid_checkpoint=invalid,
    )


def _first_dirty_offset(log: LogFacts, checkpoint: int | None) -> tuple[int, str | None]:
    start = log.log_start_offset
    if checkpoint is None:
        return start, None
    if checkpoint < start:
        return start, f"the checkpointed offset {checkpoint} is below the log's start offset {start}"
    if checkpoint > log.log_end_offset:
        return start, f"the checkpointed offset {checkpoint} is beyond the log's end offset {log.log_end_offset}"
    return checkpoint, None


def _between(segments: Sequence[SegmentAge], from_offset: int, to_offset: int) -> list[SegmentAge]:
    """The segments from the one that holds `from_offset` on that begin before `to_offset`."""
    first = max((place for place, segment in enumerate(segments) if segment.base_offset <= from_offset), default=0)
    return [segment for segment in segments[first:] if segment.base_offset < to_offset]


def _compaction_delay_ms(dirty: Sequence[SegmentAge], max_compaction_lag_ms: int, now_ms: int) -> int:
    clean_until_ms = now_ms - max(max_compaction_lag_ms, 0)
    if clean_until_ms <= 0:
        return 0  # nothing is that old, whatever the segments' first batches say
    first_ms = [timestamp_ms for segment in dirty if (timestamp_ms := segment.first_timestamp_ms()) > 0]
    return max(clean_until_ms - min(first_ms), 0) if first_ms else 0
