"""A segment: a stretch of the log in a `.log` file, with its two indexes beside it.

Invariant: `size_bytes` bytes of the file are whole batches with growing offsets; bytes beyond are of a write that
failed and are cut before the next one. The three files are named by the offset at which the segment starts, in twenty
digits. The `.log` is opened at the first use; the indexes of a segment that is no longer written are read at the first
look-up.
"""

from barnabas.protocol.records import InvalidBatch
from barnabas.storage.batch_scan import BatchLocation, find_batch, find_position, scan_batches
from barnabas.storage.filesystem import Buffer, FileSystem
from barnabas.storage.log_config import LogConfig
from barnabas.storage.log_slice import LogSlice
from barnabas.storage.offset_index import ENTRY_BYTES as OFFSET_ENTRY_BYTES
from barnabas.storage.offset_index import MAX_RELATIVE_OFFSET
from barnabas.storage.page_cache import NotInPageCache
from barnabas.storage.segment_files import (
    DELETED_SUFFIX,
    INDEX_SUFFIX,
    LOG_SUFFIX,
    NO_TIMESTAMP,
    SEGMENT_SUFFIXES,
    SNAPSHOT_SUFFIX,
    TIME_INDEX_SUFFIX,
    TRANSACTION_INDEX_SUFFIX,
    SegmentFiles,
    file_name,
)
from barnabas.storage.slicing import slice_end
from barnabas.storage.time_index import ENTRY_BYTES as TIME_ENTRY_BYTES

__all__ = [
    "DELETED_SUFFIX",
    "INDEX_SUFFIX",
    "LOG_SUFFIX",
    "SEGMENT_SUFFIXES",
    "SNAPSHOT_SUFFIX",
    "TIME_INDEX_SUFFIX",
    "TRANSACTION_INDEX_SUFFIX",
    "Segment",
    "create_segment",
    "file_name",
]


class Segment(SegmentFiles):
    """One segment; only the last of a log is appended to."""

    __slots__ = ()

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
            or self._waited_ms(now_ms, max_timestamp_ms) > config.max_segment_ms - self.roll_jitter_ms
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
        """Look at the batches that the indexes do not cover; returns the offset after the segment's last batch.

        InvalidBatch if the file does not end with one.
        """
        next_offset = self.base_offset
        position = end_position = self.offset_index.last_position
        for batch in scan_batches(self.file, position, self.size_bytes):
            next_offset = batch.last_offset + 1
            end_position = batch.end_position
            if batch.max_timestamp_ms > self._max_timestamp_ms:
                self._max_timestamp_ms = batch.max_timestamp_ms
                self._max_timestamp_offset = batch.last_offset
        if end_position != self.size_bytes:
            raise InvalidBatch(f"{self.size_bytes - end_position} bytes at position {end_position} are no whole batch")
        # Counted from the last entry's batch on, as if it had just been added.
        self._bytes_since_index_entry = self.size_bytes - position
        return next_offset

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
    filesystem: FileSystem,
    directory: str,
    base_offset: int,
    *,
    now_ms: int,
    index_interval_bytes: int,
    reserve_bytes: int = 0,
) -> Segment:
    """An empty segment and its `.log`, with room for so much; the index files come when it is finished."""
    segment = Segment(
        filesystem, directory, base_offset, size_bytes=0, created_ms=now_ms, index_interval_bytes=index_interval_bytes
    )
    segment.create_file(reserve_bytes)
    return segment
