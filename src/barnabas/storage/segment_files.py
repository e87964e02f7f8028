"""A segment's files and what is known without reading its batches: its indexes, its size, its greatest timestamp.

The indexes of a segment that is no longer written are read at the first look-up; damaged ones are made anew from the
headers of the log.
"""

import os
from typing import Final

from barnabas.protocol.records import InvalidBatch
from barnabas.storage.batch_scan import scan_batches
from barnabas.storage.disk_errors import LostFile
from barnabas.storage.filesystem import File, FileSystem
from barnabas.storage.offset_index import CorruptIndex, OffsetIndex
from barnabas.storage.time_index import TimeIndex, TimeIndexEntry

LOG_SUFFIX: Final = ".log"
INDEX_SUFFIX: Final = ".index"
TIME_INDEX_SUFFIX: Final = ".timeindex"
TRANSACTION_INDEX_SUFFIX: Final = ".txnindex"
SNAPSHOT_SUFFIX: Final = ".snapshot"
DELETED_SUFFIX: Final = ".deleted"
SEGMENT_SUFFIXES: Final = (LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX)
NO_TIMESTAMP: Final = -1
UNKNOWABLE_TIMESTAMP_MS: Final = 2**62
"""Greatest timestamp of a segment that can't be read to its end."""


def file_name(offset: int, suffix: str) -> str:
    """`00000000000000000042.log` and its like."""
    return f"{offset:020d}{suffix}"


class SegmentFiles:
    """The files of one segment."""

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
        "is_reserved",
        "last_modified_ms",
        "roll_jitter_ms",
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
        self.roll_jitter_ms = 0
        """How much earlier than `segment.ms` says this segment is closed, so that not all are at once."""
        self.is_reserved = False
        """Whether zeros may stand behind the batches, room that was taken for more."""
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

    def create_file(self, reserve_bytes: int) -> None:
        """Make the `.log`, of that length already if one is given (`preallocate`)."""
        self._file = self._filesystem.open(self.path(LOG_SUFFIX), reserve_bytes=reserve_bytes)
        self.is_reserved = reserve_bytes > 0

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
            # Retention asks every segment, and a look-up by time most of them: they need not hold their indexes for it.
            entry = TimeIndex.read_last_entry(self._filesystem, self._time_index.path)
            if entry is None:
                self.ensure_indexes()
            else:
                self._note_timestamps(entry)
        return self._max_timestamp_ms, self._max_timestamp_offset

    @property
    def largest_timestamp_ms(self) -> int:
        """How young the segment's youngest record is; without timestamps the file's own age stands in."""
        timestamp_ms, _ = self.max_timestamp()
        return timestamp_ms if 0 <= timestamp_ms < UNKNOWABLE_TIMESTAMP_MS else self.last_modified_ms

    def ensure_indexes(self, *, has_offset_entries: bool = True) -> None:
        """Read both indexes, and what they tell of timestamps, if that has not been done; damaged ones are rebuilt.

        Without `has_offset_entries` the `.index` is known to be empty, as that of a short segment is.
        """
        if self._indexes_loaded:
            return
        try:
            if has_offset_entries:
                self._offset_index.load(self._filesystem, segment_bytes=self.size_bytes)
            else:
                self._offset_index.found_empty()
            self._time_index.load(self._filesystem)
        except CorruptIndex:
            self.rebuild_indexes()
            return
        self._indexes_loaded = True
        self._recall_timestamps()

    def trust_indexes_below(self, offset: int) -> int:
        """Read what the index files say of the part below `offset`; returns where its last indexed batch begins.

        CorruptIndex if they can't be what was written; `scan_tail` or `note_batch` goes on from there.
        """
        self._offset_index.load(self._filesystem, segment_bytes=self.size_bytes)
        self._time_index.load(self._filesystem)
        self._offset_index.truncate(offset - self.base_offset)
        self._time_index.truncate(offset - self.base_offset)
        self._indexes_loaded = True
        self._bytes_since_index_entry = 0
        self._recall_timestamps()
        return self._offset_index.last_position

    def _recall_timestamps(self) -> None:
        self._note_timestamps(self._time_index.last_entry)

    def _note_timestamps(self, entry: TimeIndexEntry) -> None:
        self._max_timestamp_ms = entry.timestamp_ms
        self._max_timestamp_offset = self.base_offset + entry.relative_offset
        self._timestamps_known = True

    def rebuild_indexes(self) -> None:
        """Make both indexes anew from the headers of the log."""
        self.reset_indexes()
        try:
            for batch in scan_batches(self.file, 0, self.size_bytes):
                self.note_batch(batch.position, batch.size_bytes, batch.last_offset, batch.max_timestamp_ms)
        except InvalidBatch:
            # What stands behind the damage is not known: whoever looks for a time has to meet it here.
            self._max_timestamp_ms, self._max_timestamp_offset = UNKNOWABLE_TIMESTAMP_MS, self.base_offset + 2**31
            raise
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

    def trim(self) -> None:
        """Give back room that was reserved and is not needed any more."""
        if self.is_reserved:
            self.file.truncate(self.size_bytes)
            self.is_reserved = False

    def finish(self) -> None:
        """Nothing will be appended any more: write down the greatest timestamp, and both indexes."""
        self.repair()
        self.trim()
        if not (self.size_bytes and self._indexes_loaded):
            return  # an empty segment needs no indexes, and those that were not read have not changed
        if 0 <= self._max_timestamp_ms < UNKNOWABLE_TIMESTAMP_MS:
            self.time_index.maybe_append(self._max_timestamp_ms, self._max_timestamp_offset - self.base_offset)
        self.persist_indexes()

    def persist_indexes(self, *, sync: bool = False) -> None:
        """Bring the index files up to what is in memory."""
        if self._indexes_loaded:
            self._offset_index.persist(self._filesystem, sync=sync)
            self._time_index.persist(self._filesystem, sync=sync)

    def sync_index_files(self) -> None:
        """Have on the device what `persist_indexes` has written."""
        for suffix in (INDEX_SUFFIX, TIME_INDEX_SUFFIX):
            self._filesystem.open(self.path(suffix)).sync()

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
