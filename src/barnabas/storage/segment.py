"""A segment: a stretch of the log in a `.log` file, with its two indexes beside it.

Invariant: `size_bytes` bytes of the file are whole batches with growing offsets; bytes beyond are of a write that
failed and are cut before the next one. The three files are named by the offset at which the segment starts, in twenty
digits. The `.log` is opened at the first use; the indexes of a segment that is no longer written are read at the first
look-up.
"""

import os
from typing import Final

from barnabas.storage.batch_scan import BatchLocation, find_batch, find_position, scan_batches
from barnabas.storage.disk_errors import LostFile
from barnabas.storage.filesystem import Buffer, File, FileSystem
from barnabas.storage.log_config import LogConfig
from barnabas.storage.log_slice import LogSlice
from barnabas.storage.offset_index import ENTRY_BYTES as OFFSET_ENTRY_BYTES
from barnabas.storage.offset_index import MAX_RELATIVE_OFFSET, CorruptIndex, OffsetIndex
from barnabas.storage.page_cache import NotInPageCache
from barnabas.storage.slicing import slice_end
from barnabas.storage.time_index import ENTRY_BYTES as TIME_ENTRY_BYTES
from barnabas.storage.time_index import TimeIndex

LOG_SUFFIX: Final = ".log"
INDEX_SUFFIX: Final = ".index"
TIME_INDEX_SUFFIX: Final = ".timeindex"
TRANSACTION_INDEX_SUFFIX: Final = ".txnindex"
SNAPSHOT_SUFFIX: Final = ".snapshot"
DELETED_SUFFIX: Final = ".deleted"
SEGMENT_SUFFIXES: Final = (LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX)
NO_TIMESTAMP: Final = -1


def file_name(offset: int, suffix: str) -> str:
    """`00000000000000000042.log` and its like."""
    return f"{offset:020d}{suffix}"


class Segment:
    """One segment; only the last of a log is appended to."""

    __slots__ = (
        "_bytes_since_index_entry",
        "_directory",
        "_file",
        "_filesystem",
        "_index_interval_bytes",
        "_indexes_loaded",
        "_is_retired",
        "_is_synced_in_directory",
        "_last_batch_offset",
        "_last_batch_position",
        "_max_timestamp_ms",
        "_max_timestamp_offset",
        "_must_cut",
        "_offset_index",
        "_time_index",
        "_timestamps_known",
        "base_offset",
        "created_ms",
        "first_timestamp_ms",
        "last_modified_ms",
        "size_bytes",
    )

    def __init__(
        self,
        filesystem: FileSystem,
        directory: str,
        base_offset: int,
        *,
        size_bytes: int,
        created_ms: int,
        index_interval_bytes: int,
    ) -> None:
        self.base_offset = base_offset
        self.size_bytes = size_bytes
        self.created_ms = created_ms
        self.last_modified_ms = created_ms
        self.first_timestamp_ms: int | None = None
        """Greatest timestamp of the first batch, from which `segment.ms` is counted; None until it is known."""
        self._max_timestamp_ms = NO_TIMESTAMP
        self._max_timestamp_offset = base_offset
        self._is_synced_in_directory = False
        self._filesystem = filesystem
        self._directory = directory
        self._index_interval_bytes = index_interval_bytes
        self._file: File | None = None
        self._is_retired = False
        self._must_cut = False  # a write failed half way; its bytes are still behind `size_bytes`
        self._indexes_loaded = self._timestamps_known = size_bytes == 0
        self._offset_index = OffsetIndex(self.path(INDEX_SUFFIX))
        self._time_index = TimeIndex(self.path(TIME_INDEX_SUFFIX))
        self._bytes_since_index_entry = 0
        # Where consumers at the tail will ask next.
        self._last_batch_offset = -1
        self._last_batch_position = 0

    def path(self, suffix: str) -> str:
        return os.path.join(self._directory, file_name(self.base_offset, suffix))

    def __repr__(self) -> str:
        return f"Segment({self.path(LOG_SUFFIX)}, {self.size_bytes} bytes)"

    @property
    def file(self) -> File:
        file = self._file
        if file is None:
            if self._is_retired:
                raise FileNotFoundError(self.path(LOG_SUFFIX))  # opening would create it anew
            file = self._file = self._filesystem.open(self.path(LOG_SUFFIX))
        return file

    @property
    def offset_index(self) -> OffsetIndex:
        self.ensure_indexes()
        return self._offset_index

    @property
    def time_index(self) -> TimeIndex:
        self.ensure_indexes()
        return self._time_index

    @property
    def has_indexes(self) -> bool:
        """Whether the indexes are in memory already."""
        return self._indexes_loaded

    def max_timestamp(self) -> tuple[int, int]:
        """The greatest timestamp, and the last offset of the first batch that has it; (-1, base) without timestamps."""
        if not self._timestamps_known:
            self.ensure_indexes()
        return self._max_timestamp_ms, self._max_timestamp_offset

    @property
    def largest_timestamp_ms(self) -> int:
        """How young the segment's youngest record is; without timestamps the file's own age stands in."""
        timestamp_ms, _ = self.max_timestamp()
        return timestamp_ms if timestamp_ms >= 0 else self.last_modified_ms

    def ensure_indexes(self) -> None:
        """Read both indexes, and what they tell of timestamps, if that has not been done; damaged ones are rebuilt."""
        if self._indexes_loaded:
            return
        try:
            self._offset_index.load(self._filesystem, segment_bytes=self.size_bytes)
            self._time_index.load(self._filesystem)
        except CorruptIndex:
            self.rebuild_indexes()
            return
        self._indexes_loaded = True
        self._recall_timestamps()

    def _recall_timestamps(self) -> None:
        entry = self._time_index.last_entry
        self._max_timestamp_ms = entry.timestamp_ms
        self._max_timestamp_offset = self.base_offset + entry.relative_offset
        self._timestamps_known = True

    def rebuild_indexes(self) -> None:
        """Make both indexes anew from the headers of the log."""
        self.reset_indexes()
        for batch in scan_batches(self.file, 0, self.size_bytes):
            self.note_batch(batch.position, batch.size_bytes, batch.last_offset, batch.max_timestamp_ms)
        self.finish()

    def reset_indexes(self) -> None:
        """Forget both indexes, to be filled again by `note_batch`."""
        self._offset_index.clear()
        self._time_index.clear()
        self._indexes_loaded = self._timestamps_known = True
        self._max_timestamp_ms, self._max_timestamp_offset = NO_TIMESTAMP, self.base_offset
        self._bytes_since_index_entry = 0
        self.first_timestamp_ms = None

    def release_indexes(self) -> None:
        """Give back the memory of indexes that are persisted; the next look-up reads them again."""
        if self._indexes_loaded and self.size_bytes:
            self._offset_index = OffsetIndex(self._offset_index.path)
            self._time_index = TimeIndex(self._time_index.path)
            self._indexes_loaded = False

    # Writing

    def needs_roll(
        self, config: LogConfig, batch_bytes: int, last_offset: int, max_timestamp_ms: int, now_ms: int
    ) -> bool:
        """Whether a batch must open a new segment: size, age, full indexes, or an offset too far from the base."""
        size_bytes = self.size_bytes
        if not size_bytes:
            return False
        if (
            size_bytes + batch_bytes > config.segment_bytes
            or last_offset - self.base_offset > MAX_RELATIVE_OFFSET
            or self._waited_ms(now_ms, max_timestamp_ms) > config.segment_ms - config.segment_jitter_ms
        ):
            return True
        return (
            len(self._offset_index) >= config.segment_index_bytes // OFFSET_ENTRY_BYTES
            or len(self._time_index) >= config.segment_index_bytes // TIME_ENTRY_BYTES - 1
        )

    def _waited_ms(self, now_ms: int, max_timestamp_ms: int) -> int:
        first_timestamp_ms = self.first_timestamp_ms
        if first_timestamp_ms is None:
            first = next(scan_batches(self.file, 0, self.size_bytes), None)
            first_timestamp_ms = self.first_timestamp_ms = first.max_timestamp_ms if first else NO_TIMESTAMP
        if first_timestamp_ms >= 0:
            return max_timestamp_ms - first_timestamp_ms
        return now_ms - self.created_ms

    def append(
        self,
        batch: Buffer,
        base_offset: int,
        last_offset: int,
        max_timestamp_ms: int,
        *,
        now_ms: int,
    ) -> None:
        """Write one batch at the end; OSError leaves the segment as it was."""
        file = self._file or self.file
        position = self.size_bytes
        size_bytes = len(batch)
        if self._must_cut:
            self.repair()
        try:
            written = file.append(batch)
            while written < size_bytes:
                written += file.append(memoryview(batch)[written:])
        except OSError:
            self._must_cut = True
            raise
        self.note_batch(position, size_bytes, last_offset, max_timestamp_ms)
        self.last_modified_ms = now_ms
        self._last_batch_position = position
        self._last_batch_offset = base_offset
        self.size_bytes = position + size_bytes  # last: from here on readers see the batch

    def note_batch(self, position: int, size_bytes: int, last_offset: int, max_timestamp_ms: int) -> None:
        """Keep indexes and timestamps in step with a batch that stands at `position`."""
        if max_timestamp_ms > self._max_timestamp_ms:
            self._max_timestamp_ms = max_timestamp_ms
            self._max_timestamp_offset = last_offset
        if position == 0:
            self.first_timestamp_ms = max_timestamp_ms
        if self._bytes_since_index_entry > self._index_interval_bytes:
            base_offset = self.base_offset
            self._offset_index.append(last_offset - base_offset, position)
            self._time_index.maybe_append(self._max_timestamp_ms, self._max_timestamp_offset - base_offset)
            self._bytes_since_index_entry = 0
        self._bytes_since_index_entry += size_bytes

    def repair(self) -> None:
        """Cut what a failed write left behind the last whole batch."""
        if self._must_cut:
            self.file.truncate(self.size_bytes)
            self._must_cut = False

    def persist_indexes(self, *, sync: bool = False) -> None:
        """Bring the index files up to what is in memory."""
        if self._indexes_loaded:
            self._offset_index.persist(self._filesystem, sync=sync)
            self._time_index.persist(self._filesystem, sync=sync)

    def finish(self) -> None:
        """Nothing will be appended any more: write down the greatest timestamp, and both indexes."""
        self.repair()
        if self._max_timestamp_ms >= 0:
            self.time_index.maybe_append(self._max_timestamp_ms, self._max_timestamp_offset - self.base_offset)
        self.persist_indexes()

    def sync(self, *, with_indexes: bool) -> None:
        """Have the batches, and the indexes of a segment that is finished, on the device.

        A finished segment is not read again after a crash, so its indexes must outlive a power failure too.
        """
        self.file.sync()
        if with_indexes:
            self.persist_indexes(sync=True)
        if not self._is_synced_in_directory:
            self._filesystem.sync_directory(self._directory)
            self._is_synced_in_directory = True

    def truncate(self, offset: int) -> None:
        """Drop the batch that holds `offset` and all after it; not while others append or read here."""
        found = self.find(offset)
        self.offset_index.truncate(max(0, offset - self.base_offset))
        self.time_index.truncate(max(0, offset - self.base_offset))
        if found is not None:
            self.cut(found.position)
        self._recall_timestamps()
        self.scan_tail()
        if not self.size_bytes:
            self.first_timestamp_ms = None

    def cut(self, size_bytes: int) -> None:
        """Cut the file to its first `size_bytes`."""
        self.file.truncate(size_bytes)
        self.size_bytes = size_bytes
        self._last_batch_offset = -1

    def scan_tail(self) -> int:
        """Look at the batches that the indexes do not cover; returns the offset after the segment's last batch."""
        next_offset = self.base_offset
        position = self.offset_index.last_position
        for batch in scan_batches(self.file, position, self.size_bytes):
            next_offset = batch.last_offset + 1
            if batch.max_timestamp_ms > self._max_timestamp_ms:
                self._max_timestamp_ms = batch.max_timestamp_ms
                self._max_timestamp_offset = batch.last_offset
        # Counted from the last entry's batch on, as if it had just been added.
        self._bytes_since_index_entry = self.size_bytes - position
        return next_offset

    def release_file(self) -> None:
        """Let go of the file; slices that are being sent keep theirs open."""
        self._file = None

    def retire(self) -> None:
        """The files are about to be deleted: whoever still looks here finds FileNotFoundError."""
        self._is_retired = True
        self._file = None

    def fail(self, error: OSError) -> None:
        """The disk is gone: whoever uses the file from now on gets the error."""
        self._file = LostFile(error)

    # Reading

    def find(self, offset: int) -> BatchLocation | None:
        """The first batch that ends at or after `offset`."""
        position = self.offset_index.position_before(offset - self.base_offset)
        return find_batch(self.file, position, self.size_bytes, offset)

    def find_timestamp(self, timestamp_ms: int, start_offset: int) -> BatchLocation | None:
        """The first batch with a timestamp of at least `timestamp_ms` that ends at or after `start_offset`."""
        known = self.time_index.relative_offset_before(timestamp_ms - 1)
        position = self.offset_index.position_before(max(known, start_offset - self.base_offset))
        for batch in scan_batches(self.file, position, self.size_bytes):
            if batch.max_timestamp_ms >= timestamp_ms and batch.last_offset >= start_offset:
                return batch
        return None

    def position_of(self, offset: int, *, cached_from: int = 0) -> int | None:
        """Where the batch begins that holds `offset`, or the next one if none does; None past the last batch.

        NotInPageCache if the disk would have to be asked for bytes before the position `cached_from`.
        """
        if offset == self._last_batch_offset:
            return self._last_batch_position
        file = self.file
        position = self.offset_index.position_before(offset - self.base_offset)
        read = file.read_at if position >= cached_from else file.read_cached
        return find_position(read, position, self.size_bytes, offset)

    def slice(
        self,
        position: int,
        max_bytes: int,
        *,
        end_bytes: int,
        below_offset: int | None,
        at_least_one: bool,
        cached_from: int = 0,
    ) -> LogSlice | None:
        """Whole batches from `position` on: at most `max_bytes`, none that reaches `below_offset`.

        `end_bytes` is the size of the segment at the moment when the caller looked at the log's end. With
        `at_least_one` the first batch is returned however big it is. NotInPageCache if the disk would have to be
        asked for bytes before `cached_from`, those of the slice included.
        """
        file = self.file
        if below_offset is None and end_bytes - position <= max_bytes:
            end = end_bytes
        else:
            end = slice_end(
                file,
                file.read_at if position >= cached_from else file.read_cached,
                self.offset_index,
                position,
                max_bytes,
                end_bytes=end_bytes,
                below_offset=below_offset,
                base_offset=self.base_offset,
                at_least_one=at_least_one,
            )
        if end <= position:
            return None
        piece = LogSlice(file, position, end - position)
        if position < cached_from and not file.is_cached(position, end - position):
            raise NotInPageCache(piece.read)
        return piece


def create_segment(
    filesystem: FileSystem, directory: str, base_offset: int, *, now_ms: int, index_interval_bytes: int
) -> Segment:
    """An empty segment and its `.log`; the index files come when it is finished."""
    segment = Segment(
        filesystem, directory, base_offset, size_bytes=0, created_ms=now_ms, index_interval_bytes=index_interval_bytes
    )
    _ = segment.file  # opening creates it
    return segment
