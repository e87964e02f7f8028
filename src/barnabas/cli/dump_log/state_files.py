"""`.snapshot` and `.txnindex`: the producers of a log at an offset, and the transactions aborted in a segment.

The formats are Kafka's ProducerSnapshot and TransactionIndex; what is written is described in `storage`, whose readers
refuse what is damaged. Here damage is what one wants to see, so everything before it is shown.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import google_crc32c

from barnabas.cli.dump_log.entries import optional_long
from barnabas.cli.dump_log.log_file import read_whole
from barnabas.cli.failures import ToolFailure

SNAPSHOT_VERSION: Final = 1
_SNAPSHOT_VERSION: Final = struct.Struct(">h")
_SNAPSHOT_HEAD: Final = struct.Struct(">hIi")
_CRC_END: Final = 6
_PRODUCER: Final = struct.Struct(">qhiqiqiq")
TRANSACTION_VERSION: Final = 0
_TRANSACTION: Final = struct.Struct(">hqqqq")
NOTHING: Final = -1


class CorruptSnapshot(Exception):
    """A snapshot that Kafka would not load; it prints the reason and goes on with the next file."""


@dataclass(frozen=True, slots=True)
class ProducerEntry:
    """A producer, with the last batch it wrote; -1 where it wrote none, or has no transaction open."""

    kind: ClassVar[str] = "producer"
    producer_id: int
    producer_epoch: int
    last_sequence: int
    last_offset: int
    offset_delta: int
    timestamp: int
    coordinator_epoch: int
    current_txn_first_offset: int

    @property
    def first_sequence(self) -> int:
        return (self.last_sequence - self.offset_delta) & 0x7FFF_FFFF

    def text(self) -> str:
        open_since = self.current_txn_first_offset if self.current_txn_first_offset >= 0 else None
        line = (
            f"producerId: {self.producer_id} producerEpoch: {self.producer_epoch} "
            f"coordinatorEpoch: {self.coordinator_epoch} currentTxnFirstOffset: {optional_long(open_since)} "
            f"lastTimestamp: {self.timestamp} "
        )
        if self.last_offset < 0:
            return line
        return line + (
            f"firstSequence: {self.first_sequence} lastSequence: {self.last_sequence} "
            f"lastOffset: {self.last_offset} offsetDelta: {self.offset_delta} timestamp: {self.timestamp}"
        )

    def tree(self) -> dict[str, Any]:
        tree: dict[str, Any] = {
            "producerId": self.producer_id,
            "producerEpoch": self.producer_epoch,
            "coordinatorEpoch": self.coordinator_epoch,
            "currentTxnFirstOffset": self.current_txn_first_offset if self.current_txn_first_offset >= 0 else None,
            "lastTimestamp": self.timestamp,
        }
        if self.last_offset >= 0:
            tree["lastBatch"] = {
                "firstSequence": self.first_sequence,
                "lastSequence": self.last_sequence,
                "lastOffset": self.last_offset,
                "offsetDelta": self.offset_delta,
                "timestamp": self.timestamp,
            }
        return tree


@dataclass(frozen=True, slots=True)
class AbortedEntry:
    """A transaction that was rolled back."""

    kind: ClassVar[str] = "abortedTransaction"
    version: int
    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int

    def text(self) -> str:
        return (
            f"version: {self.version} producerId: {self.producer_id} firstOffset: {self.first_offset} "
            f"lastOffset: {self.last_offset} lastStableOffset: {self.last_stable_offset}"
        )

    def tree(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "producerId": self.producer_id,
            "firstOffset": self.first_offset,
            "lastOffset": self.last_offset,
            "lastStableOffset": self.last_stable_offset,
        }


def read_snapshot(path: str) -> list[ProducerEntry]:
    """The producers of a snapshot; CorruptSnapshot, or ToolFailure if there is no such file."""
    content = read_whole(path)
    if len(content) < _SNAPSHOT_HEAD.size:
        raise CorruptSnapshot(f"Snapshot failed schema validation: {len(content)} bytes are too few")
    (version,) = _SNAPSHOT_VERSION.unpack_from(content)
    if version != SNAPSHOT_VERSION:
        raise CorruptSnapshot(
            f"Snapshot failed schema validation: Snapshot contained an unknown file version {version}"
        )
    _, stored, count = _SNAPSHOT_HEAD.unpack_from(content)
    computed = google_crc32c.value(content[_CRC_END:])
    if stored != computed:
        raise CorruptSnapshot(
            f"Snapshot is corrupt (CRC is no longer valid). Stored crc: {stored}. Computed crc: {computed}"
        )
    body = content[_SNAPSHOT_HEAD.size :]
    if not 0 <= count * _PRODUCER.size <= len(body):
        raise CorruptSnapshot(f"Snapshot failed schema validation: {count} producers in {len(body)} bytes")
    return [ProducerEntry(*fields) for fields in _PRODUCER.iter_unpack(body[: count * _PRODUCER.size])]


def read_transaction_index(path: str) -> Iterator[AbortedEntry]:
    """The aborted transactions of an index, without one that is cut off at the end; ToolFailure for a newer version."""
    content = read_whole(path)
    for position in range(0, len(content) - _TRANSACTION.size + 1, _TRANSACTION.size):
        entry = AbortedEntry(*_TRANSACTION.unpack_from(content, position))
        if entry.version > TRANSACTION_VERSION:
            raise ToolFailure(
                f"{path}: the entry at position {position} has version {entry.version}, expected {TRANSACTION_VERSION}"
            )
        yield entry
