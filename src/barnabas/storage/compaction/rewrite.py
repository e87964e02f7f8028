"""Doing a cleaning: note the last offset of every key in the dirty part, then write what remains, group by group.

Runs in the child process, or in a thread where there is none. Memory: the map, one read of a file (it grows to the
largest batch there is), one write. Invariant: the segments are only read, and each group's files are on the device
before it is reported.
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import Final

from barnabas.protocol.records import (
    BATCH_HEADER_BYTES,
    BatchHeader,
    InvalidBatch,
    read_header,
    validate_batch,
)
from barnabas.storage.compaction.batch_filter import BatchFilter, FilteredBatch
from barnabas.storage.compaction.grouping import SegmentFacts, group_segments
from barnabas.storage.compaction.job import (
    CLEANED_SUFFIX,
    CleanedGroup,
    CleaningDone,
    CleaningJob,
    CleaningStatistics,
    DamagedLog,
    Progress,
    Report,
)
from barnabas.storage.compaction.offset_map import OffsetMap
from barnabas.storage.compaction.record_walk import walk_records
from barnabas.storage.compaction.throttle import Throttle
from barnabas.storage.compaction.transactions import CleanedTransactions
from barnabas.storage.filesystem import File, FileSystem, append_fully
from barnabas.storage.segment import SEGMENT_SUFFIXES, TRANSACTION_INDEX_SUFFIX, Segment, file_name
from barnabas.storage.transaction_index import AbortedTransaction, render_aborted_transactions

PROGRESS_SECONDS: Final = 0.25


class CleanedSegment(Segment):
    """A segment under its temporary names."""

    __slots__ = ()

    def path(self, suffix: str) -> str:
        return super().path(suffix) + CLEANED_SUFFIX


class Rewrite:
    """One job; `open_segment` opens the `.log` of the segment with a base offset, for reading only.

    `report` is told of progress and groups; it raises whatever shall end the work early.
    """

    def __init__(
        self,
        job: CleaningJob,
        filesystem: FileSystem,
        open_segment: Callable[[int], File],
        report: Callable[[Report], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._job = job
        self._filesystem = filesystem
        self._open_segment = open_segment
        self._report = report
        self._monotonic = monotonic
        self._throttle = Throttle(job.limits.max_bytes_per_second, monotonic, self._pause)
        self._sleep = sleep
        self._buffer_bytes = max(job.limits.buffer_bytes, BATCH_HEADER_BYTES)
        self._last_report = monotonic()
        self._statistics = CleaningStatistics()

    def run(self) -> CleaningDone:
        """Do all of it; raises OSError, DamagedLog, and what `report` raises."""
        job, statistics = self._job, self._statistics
        began = self._monotonic()
        offset_map = self._map_dirty_part()
        statistics.map_seconds = self._monotonic() - began
        end_offset = offset_map.latest_offset + 1
        transactions = CleanedTransactions(job.aborted_transactions)
        batches = BatchFilter(
            offset_map,
            transactions,
            job.producers,
            now_ms=job.now_ms,
            delete_retention_ms=job.delete_retention_ms,
            upper_bound_offset=job.first_uncleanable_offset,
        )
        groups = group_segments(
            [segment for segment in job.segments if segment.base_offset < end_offset],
            segment_bytes=job.segment_bytes,
            index_bytes=job.segment_index_bytes,
            first_uncleanable_offset=job.first_uncleanable_offset,
        )
        for group in groups:
            size_bytes = self._write(group, batches, transactions)
            self._report(CleanedGroup(tuple(segment.base_offset for segment in group), size_bytes))
        statistics.keyless_records = batches.keyless_records
        statistics.map_utilization = offset_map.utilization
        statistics.total_seconds = self._monotonic() - began
        return CleaningDone(end_offset, statistics)

    # The map

    def _map_dirty_part(self) -> OffsetMap:
        job = self._job
        offset_map = OffsetMap(job.limits.map_bytes, job.limits.map_load_factor)
        bases = [segment.base_offset for segment in job.segments]
        ends = [*bases[1:], job.first_uncleanable_offset]
        dirty = [pair for pair in zip(job.segments, ends, strict=True) if pair[1] > job.first_dirty_offset]
        # Those that ended before would never be seen to end.
        first_read = dirty[0][0].base_offset if dirty else 0
        transactions = CleanedTransactions(
            entry for entry in job.aborted_transactions if entry.last_offset >= first_read
        )
        for segment, next_base in dirty:
            if not self._map_segment(segment, offset_map, transactions):
                break
            offset_map.reaches(next_base - 1)  # whatever gap there is at the segment's end
        return offset_map

    def _map_segment(self, segment: SegmentFacts, offset_map: OffsetMap, transactions: CleanedTransactions) -> bool:
        """Whether all of the segment found room."""
        start, statistics = self._job.first_dirty_offset, self._statistics
        for content, position, header in self._batches(segment):
            if header.is_control:
                records = walk_records(content, position, header)
                transactions.is_marker_of_nothing(header, records.keys[0] if records.keys else None)
            elif not transactions.is_aborted(header) and header.last_offset >= start:
                records = walk_records(content, position, header)
                offsets, keys = records.offsets(header.base_offset), records.keys
                if header.base_offset < start:
                    skipped = sum(offset < start for offset in offsets)
                    offsets, keys = offsets[skipped:], keys[skipped:]
                if not offset_map.add(keys, offsets):
                    return False
            statistics.map_records_read += header.record_count
            statistics.map_bytes_read += header.size_bytes
            if header.last_offset >= start:
                offset_map.reaches(header.last_offset)
        return True

    # The cleaned files

    def _write(self, group: list[SegmentFacts], batches: BatchFilter, transactions: CleanedTransactions) -> int:
        """Write what remains of a group; returns the size of its `.log`."""
        job, statistics = self._job, self._statistics
        base_offset = group[0].base_offset
        remove_cleaned(self._filesystem, job.directory, base_offset)
        cleaned = CleanedSegment(
            self._filesystem,
            job.directory,
            base_offset,
            size_bytes=0,
            created_ms=job.now_ms,
            index_interval_bytes=job.index_interval_bytes,
        )
        writer = _Writer(cleaned, self._buffer_bytes, self._throttle)
        aborted: list[AbortedTransaction] = []
        for segment in group:
            for content, position, header in self._batches(segment):
                statistics.bytes_read += header.size_bytes
                statistics.records_read += header.record_count
                kept = self._filtered(batches, segment, content, position, header)
                if kept is not None:
                    writer.add(kept, header.last_offset)
                    statistics.bytes_written += len(kept.content)
                    statistics.records_written += kept.record_count
            aborted += transactions.take_retained()
        writer.finish()
        if aborted:
            index = self._filesystem.open(cleaned.path(TRANSACTION_INDEX_SUFFIX))
            append_fully(index, render_aborted_transactions(aborted))
            index.sync()
        cleaned.release_file()
        return cleaned.size_bytes

    def _filtered(
        self, batches: BatchFilter, segment: SegmentFacts, content: bytes, position: int, header: BatchHeader
    ) -> FilteredBatch | None:
        try:
            return batches.filter(content, position, header)
        except InvalidBatch as error:
            raise DamagedLog(segment.base_offset, header.base_offset, error) from error

    # Reading

    def _batches(self, segment: SegmentFacts) -> Iterator[tuple[bytes, int, BatchHeader]]:
        """A buffer, a position in it and a header for every batch; each is whole and its CRC sound."""
        file = self._open_segment(segment.base_offset)
        file_position, next_offset = 0, segment.base_offset
        wanted = self._buffer_bytes
        while file_position < segment.size_bytes:
            content = file.read_at(file_position, min(wanted, segment.size_bytes - file_position))
            self._throttle.used(len(content))
            position = 0
            try:
                while len(content) - position >= BATCH_HEADER_BYTES:
                    header = read_header(content, position)
                    if position + header.size_bytes > len(content):
                        break
                    validate_batch(content, position, header)
                    yield content, position, header
                    position += header.size_bytes
                    next_offset = header.next_offset
                if not position:
                    wanted = _larger_read(content, wanted, segment.size_bytes - file_position)
                else:
                    wanted = self._buffer_bytes
            except InvalidBatch as error:
                raise DamagedLog(segment.base_offset, next_offset, error) from error
            file_position += position
            self._show_life()

    def _show_life(self) -> None:
        now = self._monotonic()
        if now - self._last_report >= PROGRESS_SECONDS:
            self._last_report = now
            self._report(Progress())

    def _pause(self, seconds: float) -> None:
        """Wait for the throttle, and stay alive meanwhile."""
        while seconds > 0:
            self._sleep(min(seconds, PROGRESS_SECONDS))
            seconds -= PROGRESS_SECONDS
            self._show_life()


class _Writer:
    """Gathers batches, and writes many with one call."""

    def __init__(self, segment: CleanedSegment, buffer_bytes: int, throttle: Throttle) -> None:
        self._segment = segment
        self._buffer_bytes = buffer_bytes
        self._throttle = throttle
        self._pending = bytearray()
        self._file = segment.file

    def add(self, batch: FilteredBatch, last_offset: int) -> None:
        position = self._segment.size_bytes + len(self._pending)
        self._segment.note_batch(position, len(batch.content), last_offset, batch.max_timestamp_ms)
        self._pending += batch.content
        if len(self._pending) >= self._buffer_bytes:
            self._flush()

    def finish(self) -> None:
        """Have everything on the device, the indexes too."""
        self._flush()
        self._segment.finish()
        self._segment.sync(with_indexes=True)

    def _flush(self) -> None:
        if self._pending:
            append_fully(self._file, self._pending)
            self._segment.size_bytes += len(self._pending)
            self._throttle.used(len(self._pending))
            self._pending = bytearray()


def remove_cleaned(filesystem: FileSystem, directory: str, base_offset: int) -> None:
    """Remove what an interrupted cleaning has left under this base offset."""
    for suffix in SEGMENT_SUFFIXES:
        try:
            filesystem.remove(os.path.join(directory, file_name(base_offset, suffix) + CLEANED_SUFFIX))
        except FileNotFoundError:
            continue


def _larger_read(content: bytes, asked_bytes: int, left_bytes: int) -> int:
    """How much must be read for the batch that `content` does not hold; InvalidBatch if the file has not that much."""
    if len(content) < BATCH_HEADER_BYTES:
        raise InvalidBatch(f"{len(content)} bytes where a batch should begin")
    size_bytes = read_header(content).size_bytes
    if size_bytes > left_bytes or size_bytes <= asked_bytes:
        raise InvalidBatch(f"batch of {size_bytes} bytes, {min(len(content), left_bytes)} are left")
    return size_bytes
