"""From the files of one partition's directory to its state in memory.

After a clean shutdown the log is not read: the last segment is walked from its last index entry, and the newest
producer snapshot covers the rest. After a crash every segment from the one that ends at the recovery point on is
read whole: it is cut at the first batch that is torn or fails its CRC, segments behind a cut are removed, and indexes,
leader epochs and producer state are made anew. What lies before was on the device before the checkpoint said so.
"""

import logging
import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from barnabas.protocol.records import BATCH_HEADER_BYTES, BatchHeader, InvalidBatch, read_header, validate_batch
from barnabas.storage.checkpoints import CorruptCheckpoint
from barnabas.storage.disk_errors import Damage
from barnabas.storage.filesystem import Entry, File, FileSystem
from barnabas.storage.leader_epochs import LEADER_EPOCH_FILE, LeaderEpochs
from barnabas.storage.offset_index import ENTRY_BYTES as OFFSET_ENTRY_BYTES
from barnabas.storage.offset_index import MAX_RELATIVE_OFFSET
from barnabas.storage.producer_snapshot import CorruptSnapshot, SnapshotFiles
from barnabas.storage.producer_state import ProducerStates
from barnabas.storage.segment import (
    DELETED_SUFFIX,
    INDEX_SUFFIX,
    LOG_SUFFIX,
    SEGMENT_SUFFIXES,
    SNAPSHOT_SUFFIX,
    TIME_INDEX_SUFFIX,
    TRANSACTION_INDEX_SUFFIX,
    Segment,
    create_segment,
    file_name,
)
from barnabas.storage.time_index import ENTRY_BYTES as TIME_ENTRY_BYTES

READ_BYTES: Final = 1024 * 1024
TEMPORARY_SUFFIX: Final = ".tmp"
_logger = logging.getLogger(__name__)
_BASE = attrgetter("base_offset")


@dataclass(slots=True)
class LogState:
    """What the files of one log say."""

    segments: tuple[Segment, ...]
    epochs: LeaderEpochs
    producers: ProducerStates
    snapshots: SnapshotFiles
    log_start_offset: int
    log_end_offset: int
    recovery_point: int
    damage: tuple[Damage, ...] = ()


@dataclass(frozen=True, slots=True)
class LogLoader:
    """Reads one log's directory; `is_clean` says that the last owner closed it in order."""

    filesystem: FileSystem
    directory: str
    index_interval_bytes: int
    now_ms: int
    is_clean: bool
    recovery_point: int
    log_start_offset: int

    def load(self) -> LogState:
        entries = self._remove_leftovers()
        epochs = LeaderEpochs(self.filesystem, self._path(LEADER_EPOCH_FILE))
        has_epochs = self._load_epochs(epochs, entries)
        segments = self._list_segments(entries)
        if not self.is_clean:
            segments = self._recover(segments, epochs)
        if not segments:
            segments = [self._new_segment(self.log_start_offset)]
        self._check_indexes(segments, entries)
        active = segments[-1]
        active.ensure_indexes()
        log_end_offset = active.scan_tail()
        log_start_offset = max(self.log_start_offset, segments[0].base_offset)
        snapshots = self._load_snapshots(entries, segments)
        if log_end_offset < log_start_offset:
            # The log lost what had been kept of it: nothing before the checkpointed start may come back.
            for segment in segments:
                self._remove_segment(segment)
            snapshots.clear()
            segments = [self._new_segment(log_start_offset)]
            log_end_offset = log_start_offset
        if not has_epochs:
            self._rebuild_epochs(segments, epochs)
        epochs.truncate_from_end(log_end_offset)
        epochs.truncate_from_start(log_start_offset)
        producers = ProducerStates()
        load_producers(segments, snapshots, producers, log_end_offset)
        # Recovered batches are in the page cache only; they count as flushed once somebody flushes.
        recovery_point = log_end_offset if self.is_clean else min(self.recovery_point, log_end_offset)
        return LogState(tuple(segments), epochs, producers, snapshots, log_start_offset, log_end_offset, recovery_point)

    def _remove_leftovers(self) -> dict[str, Entry]:
        entries = {}
        for entry in self.filesystem.list(self.directory):
            if entry.name.endswith((DELETED_SUFFIX, TEMPORARY_SUFFIX)):
                self.filesystem.remove(self._path(entry.name))
            else:
                entries[entry.name] = entry
        for name in list(entries):
            stem, suffix = _split(name)
            is_index = suffix in (INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX)
            if is_index and stem + LOG_SUFFIX not in entries:
                self.filesystem.remove(self._path(name))
                del entries[name]
        return entries

    def _list_segments(self, entries: dict[str, Entry]) -> list[Segment]:
        segments = []
        for name, entry in entries.items():
            stem, suffix = _split(name)
            if suffix == LOG_SUFFIX and stem.isdigit():
                segment = Segment(
                    self.filesystem,
                    self.directory,
                    int(stem),
                    size_bytes=entry.size_bytes,
                    created_ms=self.now_ms,
                    index_interval_bytes=self.index_interval_bytes,
                )
                segment.last_modified_ms = entry.modified_ms
                segments.append(segment)
        return sorted(segments, key=_BASE)

    def _new_segment(self, base_offset: int) -> Segment:
        return create_segment(
            self.filesystem,
            self.directory,
            base_offset,
            now_ms=self.now_ms,
            index_interval_bytes=self.index_interval_bytes,
        )

    def _check_indexes(self, segments: list[Segment], entries: dict[str, Entry]) -> None:
        """Rebuild indexes that are missing or cut off; the rest is checked when they are first read."""
        for segment in segments:
            offset_index = entries.get(file_name(segment.base_offset, INDEX_SUFFIX))
            time_index = entries.get(file_name(segment.base_offset, TIME_INDEX_SUFFIX))
            if segment.has_indexes:
                continue
            if (
                offset_index is None
                or time_index is None
                or offset_index.size_bytes % OFFSET_ENTRY_BYTES
                or time_index.size_bytes % TIME_ENTRY_BYTES
            ):
                segment.rebuild_indexes()

    def _recover(self, segments: list[Segment], epochs: LeaderEpochs) -> list[Segment]:
        # From the segment that was the last one at that flush: its indexes were finished, unsynced, after it.
        first = max(bisect_right(segments, self.recovery_point - 1, key=_BASE) - 1, 0)
        kept = segments[:first]
        next_offset = kept[-1].base_offset if kept else 0
        for segment in segments[first:]:
            if segment.base_offset < next_offset:
                break
            next_offset, is_whole = recover_segment(segment, epochs)
            kept.append(segment)
            if not is_whole:
                break
        for segment in segments[len(kept) :]:
            self._remove_segment(segment)
        for segment in kept[first:-1]:
            segment.finish()
        return kept

    def _remove_segment(self, segment: Segment) -> None:
        segment.retire()
        for suffix in SEGMENT_SUFFIXES:
            try:
                self.filesystem.remove(segment.path(suffix))
            except FileNotFoundError:
                continue

    def _load_epochs(self, epochs: LeaderEpochs, entries: dict[str, Entry]) -> bool:
        """Whether the file of leader epochs could be read."""
        if LEADER_EPOCH_FILE not in entries:
            return False
        try:
            epochs.load()
        except CorruptCheckpoint as error:
            _logger.warning("Making leader epochs anew from the log: %s", error)
            return False
        return True

    def _rebuild_epochs(self, segments: list[Segment], epochs: LeaderEpochs) -> None:
        epochs.clear()
        for segment in segments:
            for _, header in scan_headers(segment.file, 0, segment.size_bytes):
                epochs.assign(header.partition_leader_epoch, header.base_offset)

    def _load_snapshots(self, entries: dict[str, Entry], segments: list[Segment]) -> SnapshotFiles:
        """Keep the snapshots at the segments' bases and the newest one, which a clean shutdown leaves."""
        stems = [_split(name) for name in entries]
        offsets = sorted(int(stem) for stem, suffix in stems if suffix == SNAPSHOT_SUFFIX and stem.isdigit())
        snapshots = SnapshotFiles(self.filesystem, self.directory, offsets)
        bases = {segment.base_offset for segment in segments}
        for offset in offsets[:-1]:
            if offset not in bases:
                snapshots.remove(offset)
        return snapshots

    def _path(self, name: str) -> str:
        return os.path.join(self.directory, name)


def _split(name: str) -> tuple[str, str]:
    """`00000000000000000042.log` into `00000000000000000042` and `.log`."""
    stem, dot, suffix = name.rpartition(".")
    return stem, dot + suffix


def scan_headers(file: File, position: int, end_position: int) -> Iterator[tuple[int, BatchHeader]]:
    """Position and header of every whole batch; InvalidBatch where a header can't be one."""
    chunk, chunk_position = b"", position
    while end_position - position >= BATCH_HEADER_BYTES:
        if position - chunk_position + BATCH_HEADER_BYTES > len(chunk):
            chunk_position = position
            chunk = file.read_at(position, min(64 * 1024, end_position - position))
        header = read_header(chunk, position - chunk_position)
        if position + header.size_bytes > end_position:
            return
        yield position, header
        position += header.size_bytes


def recover_segment(segment: Segment, epochs: LeaderEpochs) -> tuple[int, bool]:
    """Read a whole segment and make its indexes anew; cut it at the first batch that is no longer sound.

    Returns the offset after its last batch, and whether it was sound to its end.
    """
    segment.reset_indexes()
    file = segment.file
    size_bytes = segment.size_bytes = file.size()
    next_offset = segment.base_offset
    position = 0
    chunk, chunk_position = b"", 0
    try:
        while position < size_bytes:
            if len(chunk) - (position - chunk_position) < BATCH_HEADER_BYTES:
                chunk_position, chunk = position, file.read_at(position, READ_BYTES)
            header = read_header(chunk, position - chunk_position)
            batch_bytes = header.size_bytes
            if position - chunk_position + batch_bytes > len(chunk):
                chunk_position = position
                chunk = file.read_at(position, min(max(READ_BYTES, batch_bytes), size_bytes - position))
            validate_batch(chunk, position - chunk_position, header)
            last_offset = header.last_offset
            if header.base_offset < next_offset or last_offset - segment.base_offset > MAX_RELATIVE_OFFSET:
                raise InvalidBatch(f"offset {header.base_offset} at position {position}")
            epochs.assign(header.partition_leader_epoch, header.base_offset)
            segment.note_batch(position, batch_bytes, last_offset, header.max_timestamp)
            next_offset = last_offset + 1
            position += batch_bytes
    except InvalidBatch as error:
        lost_bytes = size_bytes - position
        _logger.warning("Cut %d bytes behind offset %d of %s: %s", lost_bytes, next_offset, segment, error)
        segment.cut(position)
        return next_offset, False
    return next_offset, True


def load_producers(
    segments: list[Segment] | tuple[Segment, ...],
    snapshots: SnapshotFiles,
    producers: ProducerStates,
    log_end_offset: int,
) -> None:
    """Bring the producers' state to `log_end_offset`: the newest sound snapshot, then the batches after it."""
    producers.replace((), segments[0].base_offset)
    for offset in reversed(snapshots.offsets):
        if offset > log_end_offset:
            snapshots.remove(offset)
            continue
        try:
            producers.replace(snapshots.read(offset), offset)
            break
        except CorruptSnapshot:
            snapshots.remove(offset)
    first = max(bisect_right(segments, producers.end_offset, key=_BASE) - 1, 0)
    for segment in segments[first:]:
        found = segment.find(producers.end_offset)
        if found is None:
            continue
        for _, header in scan_headers(segment.file, found.position, segment.size_bytes):
            if header.producer_id >= 0 and header.base_offset >= producers.end_offset:
                producers.note(header, header.base_offset, header.max_timestamp)
    producers.end_offset = log_end_offset
