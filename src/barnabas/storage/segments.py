"""The segments of one log, oldest first; only the last one is written to.

Invariant: `all` is never empty, its base offsets grow, and it is a tuple that is replaced, never changed, so that a
reader who took it sees one consistent log. Files of segments that leave the tuple are renamed and removed later
(`DeletionQueue`); whoever still looks into such a segment meets FileNotFoundError and takes the tuple anew. Every
method that changes the tuple is called under the log's lock.
"""

from bisect import bisect_right
from collections.abc import Callable
from operator import attrgetter
from typing import Final

from barnabas.foundation.clock import Clock
from barnabas.storage.compaction.swap import commit_cleaned, finish_swap, hide_indexes, hide_logs, take_back
from barnabas.storage.deletion import DeletionQueue
from barnabas.storage.filesystem import FileSystem
from barnabas.storage.log_config import LogConfig
from barnabas.storage.producer_snapshot import SnapshotFiles
from barnabas.storage.segment import DELETED_SUFFIX, SEGMENT_SUFFIXES, Segment, create_segment

COLD_INDEXES_KEPT: Final = 8
_BASE = attrgetter("base_offset")


class Segments:
    """The segments of one log and the files that belong to them."""

    __slots__ = (
        "_chance",
        "_clock",
        "_cold",
        "_deletions",
        "_directory",
        "_filesystem",
        "_snapshots",
        "active",
        "all",
    )

    def __init__(
        self,
        segments: tuple[Segment, ...],
        snapshots: SnapshotFiles,
        *,
        directory: str,
        filesystem: FileSystem,
        clock: Clock,
        deletions: DeletionQueue,
        config: LogConfig,
        chance: Callable[[], float],
    ) -> None:
        """`chance` gives numbers from 0 up to 1, for `segment.jitter.ms`."""
        self.all = segments
        self.active = segments[-1]
        """The one that is written to."""
        self._snapshots = snapshots
        self._directory = directory
        self._filesystem = filesystem
        self._clock = clock
        self._deletions = deletions
        self._cold: list[Segment] = []
        self._chance = chance
        self.active.roll_jitter_ms = self._jitter_ms(config)

    @property
    def size_bytes(self) -> int:
        """All segments' batches; indexes are not counted, as in Kafka."""
        return sum(segment.size_bytes for segment in self.all)

    @property
    def base_offsets(self) -> list[int]:
        return [segment.base_offset for segment in self.all]

    def count_below(self, offset: int) -> int:
        """How many segments hold nothing at or past `offset`; never the last one."""
        return max(place_of(self.all, offset), 0)

    def keep_warm(self, segment: Segment) -> None:
        """Hold the indexes of a few old segments in memory, and let go of the others."""
        cold = self._cold
        if segment not in cold:
            cold.append(segment)
            if len(cold) > COLD_INDEXES_KEPT:
                cold.pop(0).release_indexes()

    def add(self, base_offset: int, config: LogConfig, now_ms: int) -> Segment:
        """Begin a new segment at the log's end."""
        segment = self._create(base_offset, config, now_ms)
        self._set((*self.all, segment))
        return segment

    def drop_front(self, count: int, config: LogConfig) -> None:
        """Let go of the oldest `count` segments, not of the last one."""
        dropped = self.all[:count]
        self._set(self.all[count:])
        self._delete_files(dropped, config)

    def drop_back(self, count: int, config: LogConfig) -> None:
        """Let go of all but the oldest `count` segments, at least one."""
        dropped = self.all[count:]
        self._set(self.all[:count])
        self.active.roll_jitter_ms = self._jitter_ms(config)
        self._delete_files(dropped, config)

    def replace(self, old: tuple[Segment, ...], size_bytes: int, config: LogConfig) -> bool:
        """Put what was made of these neighbours, in `.cleaned` files of the first one's base, in their place.

        False, and nothing is changed, if they are not (or not all) here any more, if the last one is written to, or if
        the system lets nobody rename their files just now.
        """
        first = next((place for place, segment in enumerate(self.all) if segment is old[0]), len(self.all))
        after = first + len(old)
        if self.all[first:after] != old or after >= len(self.all):
            return False
        base_offset = old[0].base_offset
        commit_cleaned(self._filesystem, self._directory, base_offset)
        for segment in old:
            segment.retire()  # who looks there now waits for the lock, and takes the tuple anew
        if not hide_logs(self._filesystem, old):
            take_back(self._filesystem, self._directory, base_offset)
            self._set((*self.all[:first], *(self._reopened(segment, config) for segment in old), *self.all[after:]))
            return False
        hide_indexes(self._filesystem, old)
        finish_swap(self._filesystem, self._directory, base_offset)
        cleaned = self._reopened(old[0], config, size_bytes)
        cleaned.last_modified_ms = old[-1].last_modified_ms
        self._set((*self.all[:first], cleaned, *self.all[after:]))
        due_ms = self._clock.now_ms() + config.file_delete_delay_ms
        for segment in old:
            for suffix in SEGMENT_SUFFIXES:
                self._deletions.add_file(segment.path(suffix) + DELETED_SUFFIX, due_ms)
            snapshot = self._snapshots.forget(segment.base_offset) if segment is not old[0] else None
            if snapshot is not None:
                self._deletions.mark_file(snapshot, due_ms)
        return True

    def restart_at(self, offset: int, config: LogConfig) -> None:
        """One empty segment at `offset` takes the place of all there are."""
        dropped = self.all
        self._set((self._create(offset, config, self._clock.now_ms()),))
        self._delete_files(dropped, config)
        self._snapshots.clear()

    def release(self) -> None:
        """Let go of all files, without writing anything."""
        for segment in self.all:
            segment.release_file()

    def retire(self) -> None:
        """The directory is about to be deleted: nobody opens a file here any more."""
        for segment in self.all:
            segment.retire()

    def fail(self, error: OSError) -> None:
        """The directory is offline: whoever uses a file here gets the error."""
        for segment in self.all:
            segment.fail(error)

    def _set(self, segments: tuple[Segment, ...]) -> None:
        self.all = segments
        self.active = segments[-1]

    def _create(self, base_offset: int, config: LogConfig, now_ms: int) -> Segment:
        segment = create_segment(
            self._filesystem,
            self._directory,
            base_offset,
            now_ms=now_ms,
            index_interval_bytes=config.index_interval_bytes,
            reserve_bytes=config.reserved_bytes,
        )
        segment.roll_jitter_ms = self._jitter_ms(config)
        return segment

    def _jitter_ms(self, config: LogConfig) -> int:
        """How much earlier one segment is closed: anything below `segment.jitter.ms`, and below `segment.ms`."""
        return int(self._chance() * min(config.segment_jitter_ms, config.segment_ms))

    def _reopened(self, segment: Segment, config: LogConfig, size_bytes: int | None = None) -> Segment:
        """The segment with nothing of it in memory, and perhaps of another size."""
        reopened = Segment(
            self._filesystem,
            self._directory,
            segment.base_offset,
            size_bytes=segment.size_bytes if size_bytes is None else size_bytes,
            created_ms=segment.created_ms,
            index_interval_bytes=config.index_interval_bytes,
        )
        reopened.last_modified_ms = segment.last_modified_ms
        return reopened

    def _delete_files(self, segments: tuple[Segment, ...], config: LogConfig) -> None:
        due_ms = self._clock.now_ms() + config.file_delete_delay_ms
        for segment in segments:
            segment.retire()
            for suffix in SEGMENT_SUFFIXES:
                self._deletions.mark_file(segment.path(suffix), due_ms)
            snapshot = self._snapshots.forget(segment.base_offset)
            if snapshot is not None:
                self._deletions.mark_file(snapshot, due_ms)


def place_of(segments: tuple[Segment, ...], offset: int) -> int:
    """Which segment holds `offset`, or would; -1 below the first one."""
    return bisect_right(segments, offset, key=_BASE) - 1
