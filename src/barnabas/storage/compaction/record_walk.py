"""The records of a batch as far as compaction looks at them: keys, borders, which are tombstones.

Everything else of a record is skipped over; what is kept is copied as the bytes it was. This loop is where a cleaning
spends its time, so it is written flat: a length of one or two bytes, which most are, is read without a call.
"""

from typing import Final, NamedTuple

from barnabas.protocol.records import (
    BATCH_HEADER_BYTES,
    MAX_DECOMPRESSED_BYTES,
    BatchHeader,
    InvalidBatch,
)
from barnabas.protocol.records.compression import decompress
from barnabas.protocol.records.header import check_record_count
from barnabas.protocol.records.varint import VARLONG_MAX_BITS, decode_varint, encode_varint

_MORE: Final = 0x80
_NULL: Final = 1
"""The length -1 as it stands in the bytes."""


class WalkedRecords(NamedTuple):
    """The records of one batch, side by side."""

    data: bytes
    """All of them, decompressed."""
    keys: list[bytes | None]
    ends: list[int]
    """Where in `data` each record ends, and the next one begins."""
    tombstones: list[int]
    """Places of the records without a value."""
    offset_deltas: list[int] | range

    def offsets(self, base_offset: int) -> list[int] | range:
        """Of all records, in a batch that begins at `base_offset`."""
        deltas = self.offset_deltas
        if isinstance(deltas, range):
            return range(base_offset, base_offset + len(deltas))
        return [base_offset + delta for delta in deltas]


def walk_records(content: bytes, position: int, header: BatchHeader) -> WalkedRecords:
    """Open the batch at `position`, which is whole; InvalidBatch if its records are not."""
    if not header.record_count:
        return WalkedRecords(b"", [], [], [], [])  # an earlier cleaning left the header alone
    data = content[position + BATCH_HEADER_BYTES : position + header.size_bytes]
    if header.compression:
        data = decompress(data, header.compression, MAX_DECOMPRESSED_BYTES)
    count = header.record_count
    check_record_count(count, len(data))
    keys: list[bytes | None] = []
    ends: list[int] = []
    tombstones: list[int] = []
    try:
        end = _walk(data, count, keys, ends, tombstones)
    except IndexError:
        raise InvalidBatch(f"records are cut off after {len(data)} bytes") from None
    if end != len(data):
        raise InvalidBatch(f"{count} records end at {end} of {len(data)} bytes")
    if header.last_offset_delta == count - 1:
        return WalkedRecords(data, keys, ends, tombstones, range(count))  # never compacted
    return WalkedRecords(data, keys, ends, tombstones, _offset_deltas(data, ends, header.last_offset_delta))


def _walk(data: bytes, count: int, keys: list[bytes | None], ends: list[int], tombstones: list[int]) -> int:
    """Fill the lists; returns where the last record ends."""
    add_key, add_end = keys.append, ends.append
    end = 0
    for place in range(count):
        position = end
        byte = data[position]
        if byte < _MORE:
            end = position + 1 + (byte >> 1)
            position += 2  # over the attributes too
        elif (second := data[position + 1]) < _MORE:
            end = position + 2 + ((byte & 0x7F | second << 7) >> 1)
            position += 3
        else:
            length, position = decode_varint(data, position)
            end = position + length
            position += 1
        while data[position] >= _MORE:  # the timestamp
            position += 1
        position += 1
        while data[position] >= _MORE:  # the offset
            position += 1
        position += 1
        byte = data[position]
        if byte < _MORE:
            position += 1
            length = (byte >> 1) ^ -(byte & 1)
        else:
            length, position = decode_varint(data, position)
        if length < 0:
            add_key(None)
        else:
            start = position
            position += length
            add_key(data[start:position])
        if data[position] == _NULL:
            tombstones.append(place)
        if position >= end:
            raise InvalidBatch(f"key of record {place} ends at {position}, the record at {end}")
        add_end(end)
    return end


def _offset_deltas(data: bytes, ends: list[int], last_offset_delta: int) -> list[int]:
    deltas = []
    previous = -1
    position = 0
    for end in ends:
        _, position = decode_varint(data, position)
        position += 1
        while data[position] >= _MORE:
            position += 1
        delta, _ = decode_varint(data, position + 1)
        if not previous < delta <= last_offset_delta:
            raise InvalidBatch(f"offset delta {delta} after {previous}, the last of the batch is {last_offset_delta}")
        deltas.append(delta)
        previous, position = delta, end
    return deltas


def timestamp_delta(data: bytes, position: int) -> int:
    """How far the timestamp of the record at `position` is from its batch's base timestamp."""
    _, position = decode_varint(data, position)
    delta, _ = decode_varint(data, position + 1, VARLONG_MAX_BITS)
    return delta


def with_other_base(data: bytes, position: int, end: int, moved_by_ms: int) -> bytes:
    """The record from `position` to `end` for a batch whose base timestamp is `moved_by_ms` greater."""
    _, position = decode_varint(data, position)
    delta, rest = decode_varint(data, position + 1, VARLONG_MAX_BITS)
    body = data[position : position + 1] + encode_varint(delta - moved_by_ms) + data[rest:end]
    return encode_varint(len(body)) + body
