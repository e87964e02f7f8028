"""Records are read with every length checked; damaged ones are refused, never half read."""

import struct

import pytest

from barnabas.protocol.records import (
    ControlType,
    EndTransactionMarker,
    InvalidBatch,
    NewRecord,
    Record,
    build_batch,
    build_end_transaction_marker,
    read_end_transaction_marker,
    read_header,
    read_records,
    validate_batch,
)
from barnabas.protocol.records.varint import decode_varint, encode_varint


def with_records(raw: bytes, record_count: int = 1) -> bytearray:
    batch = build_batch([NewRecord(None, None, 0)])[:61] + raw
    struct.pack_into(">i", batch, 8, len(batch) - 12)
    struct.pack_into(">i", batch, 57, record_count)
    return batch


def record(*parts: int | bytes) -> bytes:
    body = b"".join(part if isinstance(part, bytes) else encode_varint(part) for part in parts)
    return encode_varint(len(body)) + body


def test_a_batch_of_a_kafka_producer() -> None:
    # Written by the console producer of Apache Kafka: two records, "a" and "bc", no keys.
    batch = build_batch([NewRecord(None, b"a", 5), NewRecord(None, b"bc", 9)])
    assert batch[61:] == bytes.fromhex("0e 00 00 00 01 02 61 00") + bytes.fromhex("10 00 08 02 01 04 62 63 00")


def test_all_parts_of_a_record_come_back() -> None:
    headers = (("trace", b"\x00\x01"), ("empty", b""), ("null", None), ("", b"x"))
    batch = build_batch([NewRecord(b"key", b"", -1, headers), NewRecord(b"", None, 2**60)], base_offset=9)
    assert read_records(batch) == [
        Record(9, -1, b"key", b"", headers),
        Record(10, 2**60, b"", None, ()),
    ]


def test_a_header_key_that_is_no_utf8_survives() -> None:
    raw = record(b"\x00", 0, 0, -1, -1, 1, 2, b"\xff\xfe", -1)
    (first,) = read_records(with_records(raw))
    (again,) = read_records(build_batch([NewRecord(None, None, 0, first.headers)]))
    assert first.headers == again.headers
    assert first.headers[0][0].encode("utf-8", "surrogateescape") == b"\xff\xfe"


GOOD = record(b"\x00", 0, 0, -1, 1, b"v", 0)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        GOOD[:-1],
        GOOD + b"\x00",
        GOOD + GOOD,
        record(b"\x00", 0, 1, -1, 1, b"v", 0),
        record(b"\x00", 0, -1, -1, 1, b"v", 0),
        record(b"\x00", 0, 0, -2, 1, b"v", 0),
        record(b"\x00", 0, 0, 100, 1, b"v", 0),
        record(b"\x00", 0, 0, -1, 2**31 - 1, b"v", 0),
        record(b"\x00", 0, 0, -1, 1, b"v", 1),
        record(b"\x00", 0, 0, -1, 1, b"v", -1),
        record(b"\x00", 0, 0, -1, 1, b"v", 2**31 - 1),
        record(b"\x00", 0, 0, -1, 1, b"v", 1, -1, -1),
        record(b"\x00", 0, 0, -1, 1, b"v", 1, 1, b"h", 9),
        record(b"\x00", 0, 0, -1, 1, b"v", 0, b"rest"),
        encode_varint(-8) + GOOD[1:],
        encode_varint(2**31 - 1) + GOOD[1:],
        b"\xff" * 20,
        record(b"\x00", b"\xff" * 12),
    ],
    ids=bytes.hex,
)
def test_damaged_records_are_refused(raw: bytes) -> None:
    with pytest.raises(InvalidBatch):
        read_records(with_records(raw))


def test_a_batch_longer_than_its_buffer_is_refused() -> None:
    with pytest.raises(InvalidBatch, match="are left"):
        read_records(build_batch([NewRecord(None, b"v", 0)])[:-1])


def test_a_batch_needs_a_record() -> None:
    with pytest.raises(ValueError, match="at least one"):
        build_batch([])


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (-1, "01"), (1, "02"), (63, "7e"), (-64, "7f"), (64, "8001"), (300, "d804"), (2**31 - 1, "feffffff0f")],
)
def test_integers_as_the_protocol_guide_folds_them(value: int, encoded: str) -> None:
    assert encode_varint(value).hex() == encoded
    assert decode_varint(bytes.fromhex(encoded), 0) == (value, len(encoded) // 2)


def test_an_integer_of_33_bits_is_refused() -> None:
    with pytest.raises(InvalidBatch, match="32 bits"):
        decode_varint(encode_varint(2**31), 0)


@pytest.mark.parametrize("control_type", ControlType)
def test_markers_come_back_from_a_control_batch(control_type: ControlType) -> None:
    marker = EndTransactionMarker(control_type, 12)
    batch = build_end_transaction_marker(marker, producer_id=4, producer_epoch=1, timestamp_ms=7, base_offset=3)
    header = read_header(batch)
    validate_batch(batch, 0, header)
    assert header.is_control
    assert header.is_transactional
    assert header.base_sequence == -1
    (control_record,) = read_records(batch)
    assert control_record.key == struct.pack(">hh", 0, control_type)
    assert control_record.value == struct.pack(">hi", 0, 12)
    assert read_end_transaction_marker(control_record) == marker


def test_other_control_records_are_skipped_and_malformed_ones_refused() -> None:
    def read(key: bytes | None, value: bytes | None) -> EndTransactionMarker | None:
        return read_end_transaction_marker(Record(0, 0, key, value, ()))

    assert read(struct.pack(">hh", 0, 2), b"") is None
    for key, value in [
        (None, None),
        (b"\x00\x00\x00", b""),
        (struct.pack(">hh", 0, 1), b"\x00\x00"),
        (struct.pack(">hh", 0, 0), None),
        (struct.pack(">hh", -1, 0), struct.pack(">hi", 0, 0)),
        (struct.pack(">hh", 0, 0), struct.pack(">hi", -1, 0)),
    ]:
        with pytest.raises(InvalidBatch):
            read(key, value)
