"""Files of a log that nobody wrote in order: odd batches, torn ends, flipped bits, indexes that lie."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import google_crc32c

from barnabas.protocol.records import (
    Compression,
    EndTransactionMarker,
    NewRecord,
    TimestampType,
    build_batch,
    build_end_transaction_marker,
)
from barnabas.protocol.records.control import ControlType
from barnabas.protocol.records.header import ATTRIBUTES_POSITION, DELETE_HORIZON_FLAG, write_crc

NOW_MS: Final = 1_700_000_000_000
LOG: Final = "00000000000000000000.log"
INDEX: Final = "00000000000000000000.index"
TIME_INDEX: Final = "00000000000000000000.timeindex"


def batch(offset: int, count: int = 3, **header: object) -> bytes:
    records = [NewRecord(b"key %d" % n, b"value %d" % (offset + n), NOW_MS + offset + n) for n in range(count)]
    return bytes(build_batch(records, base_offset=offset, leader_epoch=4, **header))  # type: ignore[arg-type]


def with_delete_horizon(offset: int) -> bytes:
    encoded = bytearray(batch(offset))
    encoded[ATTRIBUTES_POSITION + 1] |= DELETE_HORIZON_FLAG
    write_crc(encoded, 0)
    return bytes(encoded)


def without_records(offset: int) -> bytes:
    """What compaction leaves of a batch to keep its last offset."""
    encoded = bytearray(batch(offset)[:61])
    struct.pack_into(">i", encoded, 8, 49)
    struct.pack_into(">i", encoded, 57, 0)
    write_crc(encoded, 0)
    return bytes(encoded)


def odd_batches() -> bytes:
    """Everything that may stand in a log: codecs, producers, markers, gaps, nulls, bytes that are no text."""
    odd_records = [
        NewRecord(None, None, NOW_MS),
        NewRecord(b"", b"", NOW_MS - 5, (("a", b"1"), ("", None), ("b", b""))),
        NewRecord(b"\xed\xa0\x80\xff", "Gruß 😀\n\ttail".encode(), NOW_MS + 7, (("caf\udce9", b"x"),)),
        NewRecord(b"\x00\x00\x00\x07", (99).to_bytes(8, "big", signed=True), 0),
        NewRecord(b"\xff\xff\xff\xff", (-1).to_bytes(8, "big", signed=True), -1),
    ]
    markers = [
        build_end_transaction_marker(
            EndTransactionMarker(kind, 7), producer_id=9, producer_epoch=1, timestamp_ms=NOW_MS, base_offset=offset
        )
        for offset, kind in ((40, ControlType.COMMIT), (41, ControlType.ABORT))
    ]
    unknown_marker = build_batch([NewRecord(b"\0\0\0\x63", b"?", NOW_MS)], base_offset=42, is_control=True)
    return b"".join(
        [
            bytes(build_batch(odd_records, leader_epoch=0)),
            *(batch(5 + 3 * place, compression=codec) for place, codec in enumerate(Compression)),
            batch(20, producer_id=9, producer_epoch=1, base_sequence=2**31 - 2),
            batch(24, producer_id=9, producer_epoch=1, base_sequence=1, is_transactional=True),
            batch(27, timestamp_type=TimestampType.LOG_APPEND, compression=Compression.LZ4),
            with_delete_horizon(30),
            without_records(33),
            *map(bytes, markers),
            bytes(unknown_marker),
            batch(50),
        ]
    )


def put(folder: Path, files: dict[str, bytes]) -> list[Path]:
    """Write the files, and name them in this order."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def flipped(content: bytes, position: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 0x10
    return bytes(changed)


def offset_index(entries: Sequence[tuple[int, int]]) -> bytes:
    return b"".join(struct.pack(">ii", *entry) for entry in entries)


def time_index(entries: Sequence[tuple[int, int]]) -> bytes:
    return b"".join(struct.pack(">qi", *entry) for entry in entries)


def sound_segment() -> tuple[bytes, bytes, bytes]:
    """A log with its two indexes, each batch indexed."""
    batches = [batch(3 * number) for number in range(6)]
    positions = [sum(map(len, batches[:number])) for number in range(6)]
    offsets = [(3 * number + 2, position) for number, position in enumerate(positions)]
    times = [(NOW_MS + offset, offset) for offset, _ in offsets]
    return b"".join(batches), offset_index(offsets), time_index(times)


def producer_snapshot(entries: Sequence[tuple[int, ...]], *, version: int = 1, crc_offset: int = 0) -> bytes:
    body = struct.pack(">i", len(entries)) + b"".join(struct.pack(">qhiqiqiq", *entry) for entry in entries)
    return struct.pack(">hI", version, google_crc32c.value(body) + crc_offset) + body


PRODUCERS: Final = (
    (1, 0, 9, 99, 4, NOW_MS, -1, -1),
    (2**40, 3, -1, -1, 0, NOW_MS, 5, 77),
    (3, 1, 1, 50, 3, -1, 0, 0),
)
"""ID, epoch, last sequence and offset, offset delta, time, coordinator's epoch, open transaction; one wraps around."""


def transaction_index(entries: Sequence[tuple[int, ...]], *, version: int = 0) -> bytes:
    return b"".join(struct.pack(">hqqqq", version, *entry) for entry in entries)
