"""The segments of one log, oldest first; only the last one is written to.

Invariant: `all` is never empty, its base offsets grow, and it is a tuple that is replaced, never changed, so that a
reader who took it sees one consistent log. Files of segments that leave the tuple are renamed and removed later
(`DeletionQueue`); whoever still looks into such a segment meets FileNotFoundError and takes the tuple anew. Every
method that changes the tuple is called under the log's lock.
"""

from bisect import bisect_right
from operator import attrgetter
from typing import Final

from barnabas.foundation.clock import Clock
from barnabas.storage.deletion import DeletionQueue
from barnabas.storage.filesystem import FileSystem
from barnabas.storage.log_config import LogConfig
from barnabas.storage.producer_snapshot import SnapshotFiles
from barnabas.storage.segment import SEGMENT_SUFFIXES, Segment, create_segment

COLD_INDEXES_KEPT: Final = 8
_BASE = attrgetter("base_offset")


class Segments:
    """The segments of one log and the files that belong to them."""

    __slots__ = ("_clock", "_cold", "_deletions", "_directory", "_filesystem", "_snapshots", "active", "all")

    def __init__(
        self,
        segments: tuple[Segment, ...],
        snapshots: SnapshotFiles,
        *,
        directory: str,
        filesystem: FileSystem,
        clock: Clock,
        deletions: DeletionQueue,
    ) -> None:
        self.all = segments
        self.active = segments[-1]
        """The one that is written to."""
        self._snapshots = snapshots
        self._directory = directory
        self._filesystem = filesystem
        self._clock = clock
        self._deletions = deletions
        self._cold: list[Segment] = []

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
        self._delete_files(dropped, config)

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
        interval_bytes = config.index_interval_bytes
        return create_segment(
            self._filesystem, self._directory, base_offset, now_ms=now_ms, index_interval_bytes=interval_bytes
        )

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
