"""What a leader refuses, and with which code."""

import struct

import pytest

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import Compression, NewRecord, TimestampType, build_batch
from barnabas.protocol.records.header import write_crc
from barnabas.storage import AppendOrigin, LogConfig
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


@pytest.mark.parametrize("magic", [0, 1, 3])
def test_other_message_formats_are_invalid_records(magic: int) -> None:
    content = batch(b"a")
    content[16] = magic
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


def test_a_producer_may_not_claim_log_append_time() -> None:
    content = build_batch([NewRecord(None, b"a", NOW_MS)], timestamp_type=TimestampType.LOG_APPEND)
    assert refusal(content) is ErrorCode.INVALID_TIMESTAMP


@pytest.mark.parametrize("compression", list(Compression))
def test_a_compacted_topic_needs_keys(compression: Compression) -> None:
    config = LogConfig(compact=True, delete=False)
    keyed, unkeyed = NewRecord(b"k", b"v", NOW_MS), NewRecord(None, b"v", NOW_MS)
    assert refusal(build_batch([keyed, unkeyed], compression=compression), config) is ErrorCode.INVALID_RECORD
    append(new_log(config), build_batch([keyed, keyed], compression=compression))


def test_coordinators_may_write_control_batches() -> None:
    log = new_log()
    content = build_batch([NewRecord(b"\0\0\0\1", b"\0\0\0\0\0\0", NOW_MS)], is_control=True)
    log.append_as_leader(memoryview(content), leader_epoch=0, now_ms=NOW_MS, origin=AppendOrigin.COORDINATOR)
    assert log.log_end_offset == 1
