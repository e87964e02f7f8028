"""Keys and timestamps of a batch's records, without making records of them.

A leader that must know whether every record has a key, or how old each one is, looks at three numbers per record and
jumps over the rest; that is several times faster than `read_records`.

Invariant: every record begins where the one before it ends, and the last one ends where the data ends; what does not is
refused with `InvalidRecords`.
"""

from typing import Final

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records.errors import InvalidBatch
from barnabas.protocol.records.varint import VARLONG_MAX_BITS, decode_varint

_NULL: Final = 1
"""The varint of -1, which is the length of a key that is not there."""


class InvalidRecords(KafkaError):
    """The bytes inside a sound batch are no records; INVALID_RECORD on the wire."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.INVALID_RECORD, message)


def find_keyless(data: bytes, record_count: int) -> list[int]:
    """The places of the records without a key; `data` are a batch's records, decompressed.

    Raises InvalidRecords where they are no records. What follows a key is not looked at.
    """
    keyless = []
    position = 0
    try:
        for index in range(record_count):
            # Written out for speed, as a call costs as much as all the rest: 0.3 microseconds a record.
            length = data[position]
            if length < 0x80:
                field = position + 2  # over length and attributes
                position += 1 + (length >> 1)
            elif (high := data[position + 1]) < 0x80:
                field = position + 3
                position += 2 + ((length & 0x7F | high << 7) >> 1)
            else:
                length, position = decode_varint(data, position)
                field = position + 1
                position += length
            while data[field] >= 0x80:  # timestamp delta
                field += 1
            field += 1
            while data[field] >= 0x80:  # offset delta
                field += 1
            if data[field + 1] == _NULL:
                keyless.append(index)
            if field >= position:
                raise InvalidRecords(f"record {index} ends before its key")
    except (IndexError, InvalidBatch):
        raise InvalidRecords(f"records are cut off after {len(data)} bytes") from None
    if position != len(data):
        raise InvalidRecords(f"{record_count} records end at {position} of {len(data)} bytes")
    return keyless


def read_timestamp_deltas(data: bytes, record_count: int) -> list[int]:
    """How much later than the batch's base timestamp each record is; raises InvalidRecords as `find_keyless` does."""
    deltas = []
    position = 0
    try:
        for index in range(record_count):
            length, start = decode_varint(data, position)
            delta, field = decode_varint(data, start + 1, VARLONG_MAX_BITS)
            position = start + length
            if length < 0 or field >= position:
                raise InvalidRecords(f"record {index} ends before its key")
            deltas.append(delta)
    except (IndexError, InvalidBatch):
        raise InvalidRecords(f"records are cut off after {len(data)} bytes") from None
    if position != len(data):
        raise InvalidRecords(f"{record_count} records end at {position} of {len(data)} bytes")
    return deltas
