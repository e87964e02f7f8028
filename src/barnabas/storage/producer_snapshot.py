"""`<offset>.snapshot`: the producers of a log as they stood at that offset, so that a start need not read all of it.

Kafka's ProducerSnapshot, version 1, big-endian: int16 version, uint32 CRC-32C of what follows, int32 count, and for
each producer int64 ID, int16 epoch, int32 last sequence, int64 last offset, int32 offset delta of its last batch,
int64 timestamp, int32 coordinator epoch, int64 first offset of its open transaction or -1.
"""

import os
import struct
from collections.abc import Iterable
from typing import Final

import google_crc32c

from barnabas.storage.filesystem import FileSystem, read_file, replace_file
from barnabas.storage.producer_state import NO_SEQUENCE, ProducerBatch, ProducerEntry
from barnabas.storage.segment import SNAPSHOT_SUFFIX, file_name

SNAPSHOT_VERSION: Final = 1
_HEAD: Final = struct.Struct(">hI")
_COUNT: Final = struct.Struct(">i")
_ENTRY: Final = struct.Struct(">qhiqiqiq")


class CorruptSnapshot(Exception):
    """A snapshot that is cut off, damaged or of another version; an older one or the log itself takes its place."""


def encode_snapshot(entries: Iterable[ProducerEntry]) -> bytes:
    """The file's content."""
    encoded = []
    for entry in entries:
        if entry.batches:
            last = entry.batches[-1]
            last_sequence, last_offset, delta = (
                last.last_sequence,
                last.last_offset,
                last.last_offset - last.first_offset,
            )
        else:
            last_sequence, last_offset, delta = NO_SEQUENCE, -1, 0
        encoded.append(
            _ENTRY.pack(
                entry.producer_id,
                entry.producer_epoch,
                last_sequence,
                last_offset,
                delta,
                entry.last_timestamp_ms,
                entry.coordinator_epoch,
                entry.current_txn_first_offset,
            )
        )
    body = _COUNT.pack(len(encoded)) + b"".join(encoded)
    return _HEAD.pack(SNAPSHOT_VERSION, google_crc32c.value(body)) + body


def decode_snapshot(content: bytes) -> list[ProducerEntry]:
    """Read the file's content; CorruptSnapshot if it is not whole."""
    if len(content) < _HEAD.size + _COUNT.size:
        raise CorruptSnapshot(f"{len(content)} bytes")
    version, crc = _HEAD.unpack_from(content)
    if version != SNAPSHOT_VERSION:
        raise CorruptSnapshot(f"version {version}")
    body = content[_HEAD.size :]
    if google_crc32c.value(body) != crc:
        raise CorruptSnapshot("CRC does not match")
    (count,) = _COUNT.unpack_from(body)
    if count < 0 or len(body) != _COUNT.size + count * _ENTRY.size:
        raise CorruptSnapshot(f"{count} entries in {len(body)} bytes")
    return [_entry(*fields) for fields in _ENTRY.iter_unpack(body[_COUNT.size :])]


def _entry(
    producer_id: int,
    producer_epoch: int,
    last_sequence: int,
    last_offset: int,
    delta: int,
    timestamp_ms: int,
    coordinator_epoch: int,
    current_txn_first_offset: int,
) -> ProducerEntry:
    batches = []
    if last_sequence != NO_SEQUENCE:
        first_sequence = (last_sequence - delta) & 0x7FFF_FFFF
        batches.append(ProducerBatch(first_sequence, last_sequence, last_offset - delta, last_offset, timestamp_ms))
    return ProducerEntry(
        producer_id,
        producer_epoch,
        last_timestamp_ms=timestamp_ms,
        coordinator_epoch=coordinator_epoch,
        current_txn_first_offset=current_txn_first_offset,
        batches=batches,
    )


class SnapshotFiles:
    """The snapshot files in one log's directory."""

    __slots__ = ("_directory", "_filesystem", "_last_flushed", "_offsets")

    def __init__(self, filesystem: FileSystem, directory: str, offsets: Iterable[int]) -> None:
        self._filesystem = filesystem
        self._directory = directory
        self._offsets = set(offsets)
        self._last_flushed = -1

    @property
    def offsets(self) -> list[int]:
        return sorted(self._offsets)

    def write(self, offset: int, entries: Iterable[ProducerEntry]) -> None:
        """Write the snapshot of the state up to `offset`, unless it is there."""
        if offset not in self._offsets:
            # Not synced: after a power failure the CRC tells, and the log still has all of it.
            replace_file(self._filesystem, self.path(offset), encode_snapshot(entries), durable=False)
            self._offsets.add(offset)

    def write_for_restart(self, offset: int, entries: Iterable[ProducerEntry]) -> None:
        """Write a snapshot between two segments, so that a recovery need not look before it; it replaces the last."""
        if offset not in self._offsets:
            self.write(offset, entries)
            if self._last_flushed in self._offsets:
                self.remove(self._last_flushed)
            self._last_flushed = offset

    def read(self, offset: int) -> list[ProducerEntry]:
        """CorruptSnapshot if it can't be used."""
        return decode_snapshot(read_file(self._filesystem, self.path(offset)))

    def remove(self, offset: int) -> None:
        self._offsets.discard(offset)
        self._filesystem.remove(self.path(offset))

    def clear(self) -> None:
        """Remove all: the log begins anew."""
        for offset in self.offsets:
            self.remove(offset)

    def forget(self, offset: int) -> str | None:
        """The path of a snapshot that somebody else will delete, if there is one."""
        if offset not in self._offsets:
            return None
        self._offsets.discard(offset)
        return self.path(offset)

    def path(self, offset: int) -> str:
        return os.path.join(self._directory, file_name(offset, SNAPSHOT_SUFFIX))
