"""Headers are read, checked and stamped as the protocol guide says."""

import struct

import pytest

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.records import (
    BATCH_HEADER_BYTES,
    Compression,
    InvalidBatch,
    NewRecord,
    TimestampType,
    build_batch,
    iterate_headers,
    read_header,
    read_records,
    stamp_batch,
    validate_batch,
)

RECORDS = [NewRecord(b"k", b"v", 1_000), NewRecord(None, b"w", 3_000), NewRecord(b"k", None, 2_000)]


def test_the_header_of_a_built_batch_says_what_was_asked_for() -> None:
    batch = build_batch(
        RECORDS,
        base_offset=40,
        leader_epoch=5,
        compression=Compression.ZSTD,
        producer_id=77,
        producer_epoch=2,
        base_sequence=9,
        is_transactional=True,
    )
    header = read_header(batch)
    assert (header.base_offset, header.last_offset, header.next_offset) == (40, 42, 43)
    assert (header.size_bytes, header.magic, header.partition_leader_epoch) == (len(batch), 2, 5)
    assert (header.base_timestamp, header.max_timestamp) == (1_000, 3_000)
    assert (header.producer_id, header.producer_epoch, header.base_sequence, header.last_sequence) == (77, 2, 9, 11)
    assert (header.record_count, header.compression) == (3, Compression.ZSTD)
    assert header.is_transactional
    assert header.has_producer_id
    assert not header.is_control
    assert header.timestamp_type is TimestampType.CREATE
    assert header.delete_horizon_ms is None


def test_a_batch_without_producer_has_no_sequence() -> None:
    header = read_header(build_batch(RECORDS))
    assert not header.has_producer_id
    assert header.last_sequence == -1


def test_sequence_numbers_start_again_after_the_largest_int32() -> None:
    header = read_header(build_batch(RECORDS, producer_id=1, producer_epoch=0, base_sequence=2**31 - 2))
    assert header.last_sequence == 0


def test_headers_are_found_one_after_the_other_up_to_an_incomplete_batch() -> None:
    first, second = build_batch(RECORDS), build_batch(RECORDS[:1], base_offset=3)
    buffer = b"xx" + first + second
    assert [position for position, _ in iterate_headers(buffer, 2)] == [2, 2 + len(first)]
    assert [header.base_offset for _, header in iterate_headers(buffer[:-1], 2)] == [0]
    assert list(iterate_headers(buffer[: 2 + BATCH_HEADER_BYTES], 2)) == []
    assert list(iterate_headers(b"")) == []


def test_stamping_patches_in_place_and_leaves_the_crc_alone() -> None:
    first = build_batch(RECORDS)
    buffer = first + build_batch(RECORDS)
    crc = read_header(buffer, len(first)).crc
    stamp_batch(memoryview(buffer), len(first), base_offset=1_000_000_000_000, leader_epoch=7)
    header = read_header(buffer, len(first))
    validate_batch(buffer, len(first), header)
    assert (header.base_offset, header.partition_leader_epoch, header.crc) == (1_000_000_000_000, 7, crc)
    assert buffer[: len(first)] == first


@pytest.mark.parametrize("compression", Compression)
def test_a_log_append_time_replaces_the_timestamps_of_all_records(compression: Compression) -> None:
    buffer = bytearray(3) + build_batch(RECORDS, compression=compression) + b"rest"
    stamp_batch(buffer, 3, base_offset=5, leader_epoch=0, log_append_time_ms=123_456)
    header = read_header(buffer, 3)
    validate_batch(buffer, 3, header)
    assert header.timestamp_type is TimestampType.LOG_APPEND
    assert header.compression is compression
    assert [record.timestamp_ms for record in read_records(buffer, 3)] == [123_456] * 3
    assert buffer[:3] == bytes(3)
    assert buffer[-4:] == b"rest"


def test_a_length_below_the_header_is_refused() -> None:
    batch = build_batch(RECORDS)
    for length in (48, 0, -1, -(2**31)):
        struct.pack_into(">i", batch, 8, length)
        with pytest.raises(InvalidBatch) as caught:
            read_header(batch)
        assert caught.value.code is ErrorCode.CORRUPT_MESSAGE


def with_fields(**fields: int) -> bytearray:
    """A batch with some header fields replaced and a CRC to match."""
    positions = {"attributes": (">h", 21), "last_offset_delta": (">i", 23), "record_count": (">i", 57)}
    batch = build_batch(RECORDS)
    for name, value in fields.items():
        struct.pack_into(positions[name][0], batch, positions[name][1], value)
    import google_crc32c

    struct.pack_into(">I", batch, 17, google_crc32c.value(bytes(batch[21:])))
    return batch


@pytest.mark.parametrize(
    "fields",
    [
        {"attributes": 5},
        {"attributes": 7},
        {"last_offset_delta": -1},
        {"last_offset_delta": 1},
        {"record_count": -1},
        {"record_count": 4},
        {"record_count": 2**31 - 1, "last_offset_delta": 2**31 - 1},
    ],
    ids=str,
)
def test_counts_and_codecs_that_cannot_be_true_are_refused(fields: dict[str, int]) -> None:
    batch = with_fields(**fields)
    with pytest.raises(InvalidBatch):
        validate_batch(batch, 0, read_header(batch))


def test_a_compacted_batch_may_have_fewer_records_than_offsets_or_none() -> None:
    batch = with_fields(last_offset_delta=10)
    validate_batch(batch, 0, read_header(batch))
    assert [record.offset for record in read_records(batch)] == [0, 1, 2]
    empty = with_fields(record_count=0)
    validate_batch(empty, 0, read_header(empty))
    assert read_records(empty) == []


def test_a_delete_horizon_stands_where_the_base_timestamp_was() -> None:
    assert read_header(with_fields(attributes=0x40)).delete_horizon_ms == 1_000


def test_older_message_formats_are_refused() -> None:
    batch = build_batch(RECORDS)
    batch[16] = 1
    with pytest.raises(InvalidBatch, match="message format 1"):
        validate_batch(batch, 0, read_header(batch))
    with pytest.raises(InvalidBatch, match="message format 1"):
        read_records(batch)
