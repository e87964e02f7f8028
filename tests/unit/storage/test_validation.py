"""What a leader refuses, and with which code."""

import random
import struct

import pytest

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import (
    BatchHeader,
    Compression,
    NewRecord,
    TimestampType,
    build_batch,
    read_header,
    validate_batch,
)
from barnabas.protocol.records.header import write_crc
from barnabas.storage import AppendOrigin, LogConfig, PartitionLog, RecordsRefused, TakesLong
from unit.storage.batches import NOW_MS, append, batch, new_log, sequenced


def refusal(content: bytearray, config: LogConfig | None = None) -> ErrorCode:
    log = new_log(config)
    with pytest.raises(KafkaError) as caught:
        append(log, content)
    assert log.log_end_offset == 0
    assert log.size_bytes == 0
    return caught.value.code


def with_field(content: bytearray, position: int, form: str, value: int) -> bytearray:
    """The batch with another value in its header, and a CRC that agrees."""
    struct.pack_into(form, content, position, value)
    write_crc(content, 0)
    return content


def test_a_damaged_batch_is_corrupt() -> None:
    content = batch(b"payload")
    content[-3] ^= 1
    assert refusal(content) is ErrorCode.CORRUPT_MESSAGE


def test_a_batch_over_the_limit_is_too_large() -> None:
    content = batch(b"x" * 300)
    assert refusal(content, LogConfig(max_message_bytes=len(content) - 1)) is ErrorCode.MESSAGE_TOO_LARGE


def test_a_batch_that_fits_no_segment_is_refused() -> None:
    content = batch(b"x" * 300)
    assert refusal(content, LogConfig(segment_bytes=len(content) - 1)) is ErrorCode.RECORD_LIST_TOO_LARGE


@pytest.mark.parametrize(
    "content",
    [
        bytearray(),
        bytearray(10),
        batch(b"a")[:-1],
        batch(b"a") + batch(b"b"),
        batch(b"a") + b"\0",
        build_batch([NewRecord(None, b"a", NOW_MS)], base_offset=5),
        build_batch([NewRecord(None, b"a", NOW_MS)], is_control=True),
        with_field(batch(b"a", b"b"), 57, ">i", 1),
        with_field(batch(b"a"), 57, ">i", 4),
        with_field(batch(b"a"), 23, ">i", 5),
        with_field(sequenced(0), 53, ">i", -1),
    ],
    ids=[
        "nothing",
        "no-header",
        "cut-off",
        "two-batches",
        "trailing-byte",
        "base-offset",
        "control",
        "too-few-records",
        "too-many-records",
        "offset-delta",
        "no-sequence",
    ],
)
def test_what_no_client_may_send_is_an_invalid_record(content: bytearray) -> None:
    assert refusal(content) is ErrorCode.INVALID_RECORD


@pytest.mark.parametrize(
    ("magic", "code"),
    [(0, ErrorCode.INVALID_RECORD), (1, ErrorCode.INVALID_RECORD), (3, ErrorCode.CORRUPT_MESSAGE)],
)
def test_other_message_formats_are_refused(magic: int, code: ErrorCode) -> None:
    content = batch(b"a")
    content[16] = magic
    assert refusal(content) is code


def test_a_codec_that_nobody_knows_is_a_server_error_as_in_kafka() -> None:
    assert refusal(with_field(batch(b"a"), 21, ">h", 5)) is ErrorCode.UNKNOWN_SERVER_ERROR


def test_more_records_than_there_is_room_for_are_invalid() -> None:
    content = with_field(with_field(batch(b"a"), 23, ">i", 99), 57, ">i", 100)
    assert refusal(content) is ErrorCode.INVALID_RECORD


def test_create_time_has_bounds() -> None:
    config = LogConfig(message_timestamp_before_max_ms=1000, message_timestamp_after_max_ms=500)
    assert refusal(batch(b"a", timestamp_ms=NOW_MS + 501), config) is ErrorCode.INVALID_TIMESTAMP
    assert refusal(batch(b"a", timestamp_ms=NOW_MS - 1001), config) is ErrorCode.INVALID_TIMESTAMP
    log = new_log(config)
    append(log, batch(b"a", timestamp_ms=NOW_MS + 500))
    append(log, batch(b"a", timestamp_ms=NOW_MS - 1000))
    append(log, batch(b"a", timestamp_ms=-1))
    assert log.log_end_offset == 3


def test_the_oldest_record_of_a_batch_counts() -> None:
    records = [NewRecord(None, b"a", NOW_MS), NewRecord(None, b"b", NOW_MS - 2000)]
    content = build_batch(records, compression=Compression.ZSTD)
    assert refusal(content, LogConfig(message_timestamp_before_max_ms=1000)) is ErrorCode.INVALID_TIMESTAMP


def test_log_append_time_topics_take_any_timestamp() -> None:
    log = new_log(LogConfig(message_timestamp_type=TimestampType.LOG_APPEND, message_timestamp_before_max_ms=1))
    append(log, batch(b"a", timestamp_ms=3))
    append(log, batch(b"a", timestamp_ms=NOW_MS * 2))
    assert log.log_end_offset == 2


def stored_header(log: PartitionLog) -> BatchHeader:
    piece = log.read(0, 1 << 20, below_offset=log.log_end_offset)
    assert piece is not None
    content = piece.read()
    header = read_header(content)
    validate_batch(content, 0, header)
    return header


def test_where_the_producers_time_counts_its_claim_of_another_is_taken_back() -> None:
    log = new_log()
    append(log, build_batch([NewRecord(None, b"a", NOW_MS)], timestamp_type=TimestampType.LOG_APPEND))
    assert stored_header(log).timestamp_type is TimestampType.CREATE


def test_where_the_brokers_time_counts_a_producer_may_not_set_it() -> None:
    content = build_batch([NewRecord(b"key", b"a", NOW_MS)], timestamp_type=TimestampType.LOG_APPEND)
    error = refused(content, LogConfig(message_timestamp_type=TimestampType.LOG_APPEND))
    assert error.code is ErrorCode.INVALID_TIMESTAMP
    assert [text for _, text in error.errors] == [
        (
            "Invalid timestamp type in message "
            f"DefaultRecord(offset=0, timestamp={NOW_MS}, key=3 bytes, value=1 bytes). "
            "Producer should not set timestamp type to LogAppendTime."
        )
    ]


def test_a_greatest_timestamp_that_was_made_up_is_put_right() -> None:
    """Left as it is, it would keep the segment for ever."""
    log = new_log()
    append(log, with_field(batch(b"a"), 35, ">q", NOW_MS * 2))
    assert stored_header(log).max_timestamp == NOW_MS
    assert log.latest_timestamp() is not None


def refused(content: bytearray, config: LogConfig) -> RecordsRefused:
    with pytest.raises(RecordsRefused) as caught:
        append(new_log(config), content)
    return caught.value


COMPACTED = LogConfig(compact=True, delete=False)
KEYED, KEYLESS = NewRecord(b"k", b"v", NOW_MS), NewRecord(None, b"v", NOW_MS)
NO_KEY = "Compacted topic cannot accept message without key in topic partition orders-0"


@pytest.mark.parametrize("compression", list(Compression))
def test_a_compacted_topic_needs_keys(compression: Compression) -> None:
    error = refused(build_batch([KEYED, KEYLESS], compression=compression), COMPACTED)
    assert (error.code, error.errors) == (ErrorCode.INVALID_RECORD, [(1, NO_KEY)])
    append(new_log(COMPACTED), build_batch([KEYED, KEYED], compression=compression))


def test_three_refused_records_are_shown_and_all_are_told() -> None:
    error = refused(build_batch([KEYED, *[KEYLESS] * 4]), COMPACTED)
    shown = ", ".join(f"RecordError(batchIndex={index}, message='{NO_KEY}')" for index in (1, 2, 3))
    assert error.message == (
        "One or more records have been rejected due to 4 record errors in total, "
        f"and only showing the first three errors at most: [{shown}]"
    )
    assert [index for index, _ in error.errors] == [1, 2, 3, 4]


def test_a_record_without_key_and_of_another_time_is_told_for_its_key() -> None:
    config = LogConfig(compact=True, message_timestamp_before_max_ms=1000, message_timestamp_after_max_ms=500)
    error = refused(build_batch([NewRecord(None, b"v", 5), NewRecord(b"k", b"v", 7)]), config)
    assert error.code is ErrorCode.INVALID_TIMESTAMP
    assert error.message == "One or more records have been rejected due to invalid timestamp"
    earliest, latest = NOW_MS - 1000, NOW_MS + 500
    assert error.errors == [
        (0, NO_KEY),
        (
            1,
            (
                "Timestamp 7 of message with offset 1 is out of range. "
                f"The timestamp should be within [{earliest}, {latest}]"
            ),
        ),
    ]
    assert refused(build_batch([NewRecord(None, b"v", 5)]), config).code is ErrorCode.INVALID_RECORD


def test_bytes_that_are_no_records_are_refused_where_they_are_looked_at() -> None:
    content = build_batch([KEYED])
    content[61:69] = b"\x20" + b"\xff" * 7
    write_crc(content, 0)
    assert refusal(content, COMPACTED) is ErrorCode.INVALID_RECORD
    claims_gzip = with_field(build_batch([KEYED]), 21, ">h", 1)
    assert refusal(claims_gzip, COMPACTED) is ErrorCode.UNKNOWN_SERVER_ERROR


def test_opening_a_large_compressed_batch_is_work_for_a_thread() -> None:
    content = build_batch([NewRecord(b"k", bytes(index % 251 for index in range(300_000)), NOW_MS)])
    compressed = build_batch([NewRecord(b"k", random_bytes(300_000), NOW_MS)], compression=Compression.LZ4)
    append_quickly(new_log(COMPACTED), content)
    with pytest.raises(TakesLong):
        append_quickly(new_log(COMPACTED), compressed)
    append_quickly(new_log(), compressed)


def random_bytes(count: int) -> bytes:
    return random.Random(1).randbytes(count)


def append_quickly(log: PartitionLog, content: bytearray) -> None:
    log.append_as_leader(memoryview(content), leader_epoch=0, now_ms=NOW_MS, may_take_long=False)


def test_coordinators_may_write_control_batches() -> None:
    log = new_log()
    content = build_batch([NewRecord(b"\0\0\0\1", b"\0\0\0\0\0\0", NOW_MS)], is_control=True)
    log.append_as_leader(memoryview(content), leader_epoch=0, now_ms=NOW_MS, origin=AppendOrigin.COORDINATOR)
    assert log.log_end_offset == 1
