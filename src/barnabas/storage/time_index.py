"""`.timeindex`: where in a segment to look for a timestamp.

Each entry is twelve bytes, big-endian: int64 timestamp, int32 relative offset. An entry says that no batch up to this
offset has a greater timestamp, and that the batch ending at this offset has it. Timestamps and offsets only grow; an
entry is added together with one of the offset index if the greatest timestamp has risen, and once more when the segment
is rolled or closed, so that the last entry of a closed segment tells the age of the whole segment.

In memory and on disk as `offset_index` describes.
"""

import struct
from array import array
from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

from barnabas.storage.filesystem import FileSystem, append_fully
from barnabas.storage.offset_index import CorruptIndex, PreallocatedIndex

ENTRY_BYTES: Final = 12
_ENTRY: Final = struct.Struct(">qi")
_NO_ENTRY: Final = bytes(ENTRY_BYTES)


class TimeIndexEntry(NamedTuple):
    """A timestamp and the relative offset of the batch that has it."""

    timestamp_ms: int
    relative_offset: int


NO_TIME_INDEX_ENTRY: Final = TimeIndexEntry(-1, 0)


class TimeIndex:
    """Timestamps and relative offsets, side by side, sorted."""

    __slots__ = ("_offsets", "_persisted", "_timestamps", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self._timestamps = array("q")
        self._offsets = array("i")
        self._persisted = -1  # as in the offset index

    def __len__(self) -> int:
        return len(self._timestamps)

    @property
    def last_entry(self) -> TimeIndexEntry:
        if not self._timestamps:
            return NO_TIME_INDEX_ENTRY
        return TimeIndexEntry(self._timestamps[-1], self._offsets[-1])

    def maybe_append(self, timestamp_ms: int, relative_offset: int) -> None:
        """Add the entry if it says more than the last one does."""
        last_timestamp_ms, last_offset = self.last_entry
        if timestamp_ms > last_timestamp_ms and (relative_offset > last_offset or not self._offsets):
            self._offsets.append(relative_offset)
            self._timestamps.append(timestamp_ms)

    def relative_offset_before(self, timestamp_ms: int) -> int:
        """The offset up to which no timestamp is greater than this one, as far as the index knows."""
        place = bisect_right(self._timestamps, timestamp_ms) - 1
        return self._offsets[place] if place >= 0 else 0

    def truncate(self, relative_offset: int) -> None:
        """Drop the entries at or past this offset, from the file too at the next `persist`."""
        keep = bisect_left(self._offsets, relative_offset)
        del self._timestamps[keep:]
        del self._offsets[keep:]
        if self._persisted > keep:
            self._persisted = -1

    def clear(self) -> None:
        """Forget all entries, and whatever the file holds."""
        self.truncate(0)
        self._persisted = -1

    def load(self, filesystem: FileSystem) -> None:
        """Read the file; CorruptIndex if it is cut off or its entries do not grow."""
        file = filesystem.open(self.path)
        size_bytes = file.size()
        if size_bytes > ENTRY_BYTES and file.read_at(size_bytes - ENTRY_BYTES, ENTRY_BYTES) == _NO_ENTRY:
            raise PreallocatedIndex(f"{self.path}: it ends in zeros")
        data = file.read_at(0, size_bytes)
        if len(data) % ENTRY_BYTES:
            raise CorruptIndex(f"{self.path}: {len(data)} bytes is no multiple of {ENTRY_BYTES}")
        timestamps, offsets = array("q"), array("i")
        for timestamp_ms, offset in _ENTRY.iter_unpack(data):
            if timestamps and (timestamp_ms <= timestamps[-1] or offset <= offsets[-1]):
                raise CorruptIndex(f"{self.path}: entries out of order")
            timestamps.append(timestamp_ms)
            offsets.append(offset)
        if offsets and (offsets[0] < 0 or timestamps[0] < 0):
            raise CorruptIndex(f"{self.path}: an offset below the segment's base, or no timestamp")
        self._timestamps, self._offsets, self._persisted = timestamps, offsets, len(offsets)

    @staticmethod
    def read_last_entry(filesystem: FileSystem, path: str) -> TimeIndexEntry | None:
        """What the file ends with; None where that can't be told without reading all of it."""
        file = filesystem.open(path)
        size_bytes = file.size()
        if size_bytes < ENTRY_BYTES or size_bytes % ENTRY_BYTES:
            return None
        entry = TimeIndexEntry(*_ENTRY.unpack(file.read_at(size_bytes - ENTRY_BYTES, ENTRY_BYTES)))
        return entry if entry.timestamp_ms > 0 and entry.relative_offset >= 0 else None

    def persist(self, filesystem: FileSystem, *, sync: bool = False) -> None:
        """Write to the file what it does not hold yet."""
        count = len(self._timestamps)
        if count == self._persisted and not sync:
            return
        file = filesystem.open(self.path)
        if self._persisted < 0 or file.size() != self._persisted * ENTRY_BYTES:
            file.truncate(0)
            self._persisted = 0
        if count > self._persisted:
            pending = zip(
                self._timestamps[self._persisted : count], self._offsets[self._persisted : count], strict=True
            )
            append_fully(file, b"".join(_ENTRY.pack(*entry) for entry in pending))
            self._persisted = count
        if sync:
            file.sync()
