"""`.index`: where in a segment's file to look for an offset.

Each entry is eight bytes, big-endian: int32 offset relative to the segment's base, int32 position in the `.log`. The
offset is the last of the batch that begins at the position, as Kafka writes it and DumpLogSegments checks it. Offsets
and positions both only grow.

The entries live in memory; they reach the file when the segment is rolled or closed. After a crash the index is made
anew from the log, so an entry that never reached the file is not missed.
"""

import sys
from array import array
from bisect import bisect_left, bisect_right
from typing import Final

from barnabas.storage.filesystem import FileSystem, append_fully

ENTRY_BYTES: Final = 8
MAX_RELATIVE_OFFSET: Final = 2**31 - 1
_NO_ENTRY: Final = bytes(ENTRY_BYTES)


class CorruptIndex(Exception):
    """An index file that cannot be what was written; it is rebuilt from the log."""


class PreallocatedIndex(CorruptIndex):
    """An index that ends in zeros: Kafka reserves room for ten megabytes of entries, and a kill leaves it so."""


class OffsetIndex:
    """Relative offsets and positions, side by side, sorted."""

    __slots__ = ("_offsets", "_persisted", "_positions", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self._offsets = array("i")
        self._positions = array("i")
        self._persisted = -1  # entries that the file holds already; -1 if that is not known

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def last_position(self) -> int:
        """Position of the last indexed batch; 0 where there is none."""
        return self._positions[-1] if self._positions else 0

    @property
    def last_relative_offset(self) -> int:
        """Last offset of the last indexed batch; -1 where there is none."""
        return self._offsets[-1] if self._offsets else -1

    def append(self, relative_offset: int, position: int) -> None:
        # Positions first: a reader in another thread that finds the offset must find its position too.
        self._positions.append(position)
        self._offsets.append(relative_offset)

    def position_before(self, relative_offset: int) -> int:
        """The greatest indexed position whose batch does not end after this offset."""
        place = bisect_right(self._offsets, relative_offset) - 1
        return self._positions[place] if place >= 0 else 0

    def position_at_most(self, position: int) -> int:
        """The greatest indexed position that is not beyond `position`."""
        place = bisect_right(self._positions, position) - 1
        return self._positions[place] if place >= 0 else 0

    def truncate(self, relative_offset: int) -> None:
        """Drop the entries at or past this offset, from the file too at the next `persist`."""
        keep = bisect_left(self._offsets, relative_offset)
        del self._offsets[keep:]
        del self._positions[keep:]
        if self._persisted > keep:
            self._persisted = -1

    def clear(self) -> None:
        """Forget all entries, and whatever the file holds."""
        self.truncate(0)
        self._persisted = -1

    def found_empty(self) -> None:
        """The file is there and has no entries."""
        self._persisted = 0

    def load(self, filesystem: FileSystem, *, segment_bytes: int) -> None:
        """Read the file; CorruptIndex if the entries do not grow or point past the segment's end."""
        file = filesystem.open(self.path)
        size_bytes = file.size()
        if size_bytes > ENTRY_BYTES and file.read_at(size_bytes - ENTRY_BYTES, ENTRY_BYTES) == _NO_ENTRY:
            raise PreallocatedIndex(f"{self.path}: it ends in zeros")
        data = file.read_at(0, size_bytes)
        entries = array("i")
        if len(data) % ENTRY_BYTES:
            raise CorruptIndex(f"{self.path}: {len(data)} bytes is no multiple of {ENTRY_BYTES}")
        entries.frombytes(data)
        if sys.byteorder == "little":
            entries.byteswap()
        offsets, positions = entries[0::2], entries[1::2]
        if offsets and (offsets[0] < 0 or positions[0] < 0 or positions[-1] >= segment_bytes):
            raise CorruptIndex(f"{self.path}: entries outside the segment")
        if not _is_growing(offsets) or not _is_growing(positions):
            raise CorruptIndex(f"{self.path}: entries out of order")
        self._offsets, self._positions, self._persisted = offsets, positions, len(offsets)

    def persist(self, filesystem: FileSystem, *, sync: bool = False) -> None:
        """Write to the file what it does not hold yet."""
        count = len(self._offsets)
        if count == self._persisted and not sync:
            return
        file = filesystem.open(self.path)
        if self._persisted < 0 or file.size() != self._persisted * ENTRY_BYTES:
            file.truncate(0)
            self._persisted = 0
        if count > self._persisted:
            pending = array("i", bytes(ENTRY_BYTES * (count - self._persisted)))
            pending[0::2] = self._offsets[self._persisted : count]
            pending[1::2] = self._positions[self._persisted : count]
            if sys.byteorder == "little":
                pending.byteswap()
            append_fully(file, pending.tobytes())
            self._persisted = count
        if sync:
            file.sync()


def _is_growing(values: "array[int]") -> bool:
    return all(map(int.__lt__, values, values[1:]))
