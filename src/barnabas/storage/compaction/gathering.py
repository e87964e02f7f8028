"""From an open log to the plain facts that the choice is made of, and to the job that a cleaning is."""

import os
from collections.abc import Sequence
from typing import Final

from barnabas.storage.batch_scan import scan_batches
from barnabas.storage.compaction.grouping import SegmentFacts
from barnabas.storage.compaction.job import CleaningError, CleaningJob, CleaningLimits
from barnabas.storage.compaction.rewriting import LogView
from barnabas.storage.compaction.selection import CleanableRange, LogFacts, SegmentAge
from barnabas.storage.filesystem import FileSystem, read_file
from barnabas.storage.partition_log import PartitionLog
from barnabas.storage.segment import (
    INDEX_SUFFIX,
    TIME_INDEX_SUFFIX,
    TRANSACTION_INDEX_SUFFIX,
    Segment,
    file_name,
)
from barnabas.storage.transaction_index import (
    AbortedTransaction,
    CorruptTransactionIndex,
    parse_aborted_transactions,
)

NO_TIMESTAMP: Final = -1


def facts_of(log: PartitionLog, view: LogView, high_watermark: int) -> LogFacts:
    """What decides whether, and how far, the log may be cleaned."""
    last_stable_offset = min(high_watermark, log.log_end_offset)
    if view.first_open_transaction_offset is not None:
        last_stable_offset = min(last_stable_offset, view.first_open_transaction_offset)
    return LogFacts(
        log.config,
        [_age_of(segment) for segment in view.segments],
        log.log_start_offset,
        log.log_end_offset,
        last_stable_offset,
    )


def job_for(
    log: PartitionLog, view: LogView, part: CleanableRange, limits: CleaningLimits, filesystem: FileSystem, now_ms: int
) -> CleaningJob:
    """The job for a part of a log; raises OSError, and CleaningError for a damaged `.txnindex`."""
    config = log.config
    sizes = {entry.name: entry.size_bytes for entry in filesystem.list(log.directory)}
    segments = [segment for segment in view.segments if segment.base_offset < part.first_uncleanable_offset]
    return CleaningJob(
        directory=log.directory,
        segments=tuple(
            SegmentFacts(
                segment.base_offset,
                segment.size_bytes,
                sizes.get(file_name(segment.base_offset, INDEX_SUFFIX), 0),
                sizes.get(file_name(segment.base_offset, TIME_INDEX_SUFFIX), 0),
            )
            for segment in segments
        ),
        first_dirty_offset=part.first_dirty_offset,
        first_uncleanable_offset=part.first_uncleanable_offset,
        producers=log.rewriting.last_of_producers(),
        aborted_transactions=_aborted_transactions(view.segments, sizes, filesystem),
        now_ms=now_ms,
        delete_retention_ms=config.delete_retention_ms,
        segment_bytes=config.segment_bytes,
        segment_index_bytes=config.segment_index_bytes,
        index_interval_bytes=config.index_interval_bytes,
        limits=limits,
    )


def _age_of(segment: Segment) -> SegmentAge:
    return SegmentAge(
        segment.base_offset,
        segment.size_bytes,
        lambda: segment.largest_timestamp_ms,
        lambda: _first_timestamp_ms(segment),
    )


def _first_timestamp_ms(segment: Segment) -> int:
    if segment.first_timestamp_ms is None:
        first = next(iter(scan_batches(segment.file, 0, segment.size_bytes)), None)
        segment.first_timestamp_ms = NO_TIMESTAMP if first is None else first.max_timestamp_ms
    return segment.first_timestamp_ms


def _aborted_transactions(
    segments: Sequence[Segment], sizes: dict[str, int], filesystem: FileSystem
) -> tuple[AbortedTransaction, ...]:
    """Of all segments: the marker that ended a transaction may stand in a later one."""
    found: list[AbortedTransaction] = []
    for segment in segments:
        name = file_name(segment.base_offset, TRANSACTION_INDEX_SUFFIX)
        if sizes.get(name):
            path = segment.path(TRANSACTION_INDEX_SUFFIX)
            try:
                found += parse_aborted_transactions(read_file(filesystem, path), os.path.basename(path))
            except CorruptTransactionIndex as error:
                raise CleaningError(str(error)) from error
    return tuple(found)
