"""From the files of one partition's directory to its state in memory.

After a clean shutdown the log is not read: the last segment is walked from its last index entry, and the newest
producer snapshot covers the rest. After a crash the log is read from the recovery point on: it is cut at the first
batch that is torn or fails its CRC, and indexes, leader epochs and producer state are brought up to date. What lies
before was on the device before the checkpoint said so. Damage that is no torn end is told and kept (`damage`).
"""

import logging
import os
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from barnabas.protocol.records import InvalidBatch
from barnabas.storage.aborted_transactions import AbortedTransactions, is_abort
from barnabas.storage.checkpoints import PARTITION_METADATA_FILE, CorruptCheckpoint
from barnabas.storage.compaction.swap import finish_interrupted_swaps
from barnabas.storage.damage import CORRUPT_MARK, keep_aside, set_segment_aside
from barnabas.storage.disk_errors import Damage
from barnabas.storage.filesystem import Entry, FileSystem
from barnabas.storage.leader_epochs import LEADER_EPOCH_FILE, LeaderEpochs
from barnabas.storage.offset_index import ENTRY_BYTES as OFFSET_ENTRY_BYTES
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
from barnabas.storage.segment_recovery import RecoveredSegment, recover_segment, scan_headers
from barnabas.storage.time_index import ENTRY_BYTES as TIME_ENTRY_BYTES
from barnabas.storage.transaction_index import AbortedTransaction

TEMPORARY_SUFFIX: Final = ".tmp"
SIZED_SUFFIXES: Final = (LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX)
"""The files whose sizes have to be known."""
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
    damage: tuple[Damage, ...]
    has_topic_id: bool


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
    name: str = ""
    """The partition, for what is told of damage."""
    entries: Sequence[Entry] | None = None
    """The directory's listing, where somebody has it already."""
    on_bytes: Callable[[int], None] | None = None
    """Told how much of the log was read."""
    reserve_bytes: int = 0
    """How long the file of a new segment is made."""
    damage: list[Damage] = field(default_factory=list)
    recovered: list[RecoveredSegment] = field(default_factory=list)

    def load(self) -> LogState:
        entries = self._remove_leftovers(self._listed())
        epochs = LeaderEpochs(self.filesystem, self._path(LEADER_EPOCH_FILE))
        has_epochs = self._load_epochs(epochs, entries)
        segments = self._list_segments(entries)
        if not self.is_clean:
            segments = self._recover(segments, epochs, self.recovery_point)
        if not segments:
            segments = [self._new_segment(self.log_start_offset)]
        self._check_indexes(segments, entries)
        active = segments[-1]
        index = entries.get(file_name(active.base_offset, INDEX_SUFFIX))
        active.ensure_indexes(has_offset_entries=index is None or index.size_bytes > 0)
        try:
            log_end_offset = active.scan_tail()
        except InvalidBatch as error:
            # The last owner closed the log in order; since then the disk has lost some of it.
            _logger.warning("%s was closed in order, but: %s", self.name, error.message)
            segments = self._recover(segments, epochs, active.base_offset + 1)
            active = segments[-1]
            log_end_offset = active.scan_tail()
        if not self.is_clean and log_end_offset < self.recovery_point:
            # The log was cut since the checkpoint was written, which can't vouch for what came after the cut.
            segments = self._recover(segments, epochs, 0) or [self._new_segment(self.log_start_offset)]
            active = segments[-1]
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
        idle_from = log_end_offset
        if self.recovered and not any(found.has_producers for found in self.recovered):
            idle_from = min(found.first_offset for found in self.recovered)
        aborted = load_producers(segments, snapshots, producers, log_end_offset, idle_from)
        if not self.is_clean:
            AbortedTransactions(self.filesystem, self.directory).settle(
                segments, found=aborted, log_end_offset=log_end_offset, names=entries.keys()
            )
        # Recovered batches are in the page cache only; they count as flushed once somebody flushes.
        recovery_point = log_end_offset if self.is_clean else min(self.recovery_point, log_end_offset)
        return LogState(
            tuple(segments),
            epochs,
            producers,
            snapshots,
            log_start_offset,
            log_end_offset,
            recovery_point,
            tuple(self.damage),
            PARTITION_METADATA_FILE in entries,
        )

    def _listed(self) -> Sequence[Entry]:
        """The directory's entries, once a swap of compacted segments that a crash has interrupted is finished."""
        entries = self.entries
        if entries is None:
            entries = self.filesystem.list(self.directory, sizes_of=SIZED_SUFFIXES)
        if finish_interrupted_swaps(self.filesystem, self.directory, [entry.name for entry in entries]):
            return self.filesystem.list(self.directory, sizes_of=SIZED_SUFFIXES)
        return entries

    def _remove_leftovers(self, listed: Sequence[Entry]) -> dict[str, Entry]:
        entries = {}
        for entry in listed:
            if CORRUPT_MARK in entry.name:
                self._recall_damage(entry.name)
            elif entry.name.endswith((DELETED_SUFFIX, TEMPORARY_SUFFIX)):
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
            reserve_bytes=self.reserve_bytes,
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
                try:
                    segment.rebuild_indexes()
                except InvalidBatch as error:
                    self._tell_damage(segment, segment.base_offset, error.message)

    def _recover(self, segments: list[Segment], epochs: LeaderEpochs, recovery_point: int) -> list[Segment]:
        # From the segment that was the last one at that flush: its indexes were finished, unsynced, after it.
        first = max(bisect_right(segments, recovery_point - 1, key=_BASE) - 1, 0)
        kept = segments[:first]
        next_offset = kept[-1].base_offset if kept else 0
        for segment in segments[first:]:
            if segment.base_offset < next_offset:
                break
            found = recover_segment(segment, epochs, recovery_point, self.on_bytes)
            self.recovered.append(found)
            next_offset = found.next_offset
            kept.append(segment)
            if found.ends_in_zeros and _continues_at(segments, len(kept), next_offset):
                # Room that was reserved (`preallocate`) and not given back, or a write that a power failure undid.
                segment.cut(found.position)
            elif found.fault is not None:
                has_more = any(later.size_bytes for later in segments[len(kept) :])
                self._cut(segment, found, has_more=has_more)
                break
        for segment in segments[len(kept) :]:
            if segment.size_bytes:
                path = set_segment_aside(self.filesystem, segment)
                self._tell_damage(segment, next_offset, f"it does not continue the log and is kept as {path}")
            else:
                self._remove_segment(segment)
        for segment in kept[first:-1]:
            segment.finish()
        return kept

    def _cut(self, segment: Segment, found: RecoveredSegment, *, has_more: bool) -> None:
        """Cut a segment at a batch that is not sound. What has sound batches behind it is no torn end: it is kept."""
        lost_bytes = segment.size_bytes - found.position
        if found.sound_batch_position is None and not has_more:
            _logger.warning(
                "Cut %d bytes behind offset %d of %s: %s", lost_bytes, found.next_offset, segment, found.fault
            )
        else:
            path = keep_aside(self.filesystem, segment, found.position)
            self._tell_damage(
                segment,
                found.next_offset,
                f"at position {found.position}: {found.fault}; "
                f"the log is cut there, and the {lost_bytes} bytes from there on are kept as {path}",
            )
        segment.cut(found.position)

    def _tell_damage(self, segment: Segment, offset: int, reason: str) -> None:
        found = Damage(file_name(segment.base_offset, LOG_SUFFIX), offset, reason)
        self.damage.append(found)
        _logger.error("%s is damaged in %s from offset %d on: %s", self.name, *found)

    def _recall_damage(self, name: str) -> None:
        """What was put aside marks the log until somebody has looked after it and removes the file."""
        segment_file, _, _ = name.partition(CORRUPT_MARK)
        stem = segment_file.removesuffix(LOG_SUFFIX)
        self.damage.append(Damage(segment_file, int(stem) if stem.isdigit() else 0, f"{name} was put aside"))
        _logger.warning("%s lost batches to damage earlier; they are kept as %s", self.name, self._path(name))

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
            try:
                for _, header in scan_headers(segment.file, 0, segment.size_bytes):
                    epochs.assign(header.partition_leader_epoch, header.base_offset)
            except InvalidBatch as error:
                self._tell_damage(segment, segment.base_offset, error.message)

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


def _continues_at(segments: Sequence[Segment], place: int, offset: int) -> bool:
    """Whether nothing is missing between `offset` and the segment at this place, if there is one."""
    return place == len(segments) or segments[place].base_offset == offset


def _split(name: str) -> tuple[str, str]:
    """`00000000000000000042.log` into `00000000000000000042` and `.log`."""
    stem, dot, suffix = name.rpartition(".")
    return stem, dot + suffix


def load_producers(
    segments: list[Segment] | tuple[Segment, ...],
    snapshots: SnapshotFiles,
    producers: ProducerStates,
    log_end_offset: int,
    idle_from: int | None = None,
) -> list[AbortedTransaction]:
    """Bring the producers' state to `log_end_offset`: the newest sound snapshot, then the batches after it.

    From `idle_from` on, as somebody has seen who read them, the batches are of no idempotent producer.

    Returns the transactions of which these batches tell that they were rolled back.
    """
    aborted = []
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
    is_complete = producers.end_offset >= (log_end_offset if idle_from is None else min(idle_from, log_end_offset))
    for segment in () if is_complete else segments[first:]:
        found = segment.find(producers.end_offset)
        if found is None:
            continue
        try:
            for position, header in scan_headers(segment.file, found.position, segment.size_bytes):
                if header.producer_id < 0 or header.base_offset < producers.end_offset:
                    continue
                first_offset = producers.open_since(header.producer_id) if header.is_control else None
                producers.note(header, header.base_offset, header.max_timestamp)
                if first_offset is not None and is_abort(segment.file, position, header):
                    stable = producers.first_open_offset
                    aborted.append(
                        AbortedTransaction(
                            header.producer_id,
                            first_offset,
                            header.last_offset,
                            header.next_offset if stable is None else stable,
                        )
                    )
        except InvalidBatch as error:
            _logger.warning("The producers behind a damaged batch of %s are not known: %s", segment, error.message)
    producers.end_offset = log_end_offset
    return aborted
