"""Batches stored in the topic's codec: what changes, what does not, and what is too much for an event loop."""

import random
from dataclasses import replace
from typing import Any

import pytest

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import (
    Compression,
    NewRecord,
    TimestampType,
    build_batch,
    read_header,
    read_records,
    validate_batch,
)
from barnabas.storage import AppendOrigin, LogConfig, PartitionLog, TakesLong
from unit.storage.batches import NOW_MS, append, new_log

CODECS = {"uncompressed": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
RECORDS = [NewRecord(b"key", b"value " * 50, NOW_MS + place, (("header", b"x"),)) for place in range(5)]


def stored(log: PartitionLog) -> bytes:
    piece = log.read(0, 1 << 20, below_offset=log.log_end_offset)
    assert piece is not None
    return piece.read()


@pytest.mark.parametrize("compression", list(Compression))
@pytest.mark.parametrize("wanted", CODECS)
def test_a_batch_is_stored_in_the_topics_codec(wanted: str, compression: Compression) -> None:
    log = new_log(LogConfig(compression_type=wanted))
    sent = build_batch(
        RECORDS, compression=compression, producer_id=7, producer_epoch=2, base_sequence=3, is_transactional=True
    )
    before = read_header(bytes(sent))
    info = append(log, bytearray(sent), leader_epoch=6)
    content = stored(log)
    header = read_header(content)
    validate_batch(content, 0, header)
    assert header.compression == CODECS[wanted]
    assert (info.size_bytes, log.size_bytes) == (len(content), len(content))
    assert read_records(content) == read_records(sent)
    expected = replace(
        before,
        batch_length=header.batch_length,
        crc=header.crc,
        partition_leader_epoch=6,
        attributes=0x10 | CODECS[wanted],
    )
    assert header == expected


def test_a_batch_in_the_topics_codec_is_left_alone_and_so_is_any_for_producer() -> None:
    sent = build_batch(RECORDS, compression=Compression.ZSTD)
    for wanted in ("zstd", "producer"):
        log = new_log(LogConfig(compression_type=wanted, compression_zstd_level=19))
        append(log, bytearray(sent))
        assert stored(log)[61:] == sent[61:]


def test_a_marker_that_a_coordinator_writes_stays_uncompressed() -> None:
    log = new_log(LogConfig(compression_type="zstd"))
    marker = build_batch([NewRecord(b"\0\0\0\1", bytes(6), NOW_MS)], is_control=True, producer_id=7, producer_epoch=0)
    log.append_as_leader(memoryview(marker), leader_epoch=0, now_ms=NOW_MS, origin=AppendOrigin.COORDINATOR)
    assert read_header(stored(log)).compression is Compression.NONE


def test_the_brokers_time_is_set_on_the_recompressed_batch() -> None:
    log = new_log(LogConfig(compression_type="lz4", message_timestamp_type=TimestampType.LOG_APPEND))
    append(log, build_batch(RECORDS, compression=Compression.GZIP), now_ms=NOW_MS + 99)
    header = read_header(stored(log))
    validate_batch(stored(log), 0, header)
    assert (header.max_timestamp, header.timestamp_type) == (NOW_MS + 99, TimestampType.LOG_APPEND)
    assert {record.timestamp_ms for record in read_records(stored(log))} == {NOW_MS + 99}


def test_a_repeated_batch_is_known_by_its_sequence() -> None:
    log = new_log(LogConfig(compression_type="gzip"))
    sent = build_batch(RECORDS, producer_id=7, producer_epoch=0, base_sequence=0)
    append(log, bytearray(sent))
    again = append(log, bytearray(sent))
    assert (again.first_offset, again.is_duplicate, again.size_bytes, log.log_end_offset) == (0, True, 0, 5)


def test_size_limits_hold_for_what_arrives_and_for_what_is_stored() -> None:
    small = build_batch([NewRecord(None, b"x" * 5000, NOW_MS)], compression=Compression.GZIP)
    large = build_batch([NewRecord(None, b"x" * 5000, NOW_MS)])
    for config, content, code in (
        (LogConfig(compression_type="uncompressed", max_message_bytes=3000), small, ErrorCode.MESSAGE_TOO_LARGE),
        (LogConfig(compression_type="gzip", max_message_bytes=3000), large, ErrorCode.MESSAGE_TOO_LARGE),
        (LogConfig(compression_type="uncompressed", segment_bytes=3000), small, ErrorCode.RECORD_LIST_TOO_LARGE),
    ):
        log = new_log(config)
        with pytest.raises(KafkaError) as caught:
            append(log, bytearray(content))
        assert (caught.value.code, log.log_end_offset) == (code, 0)
    log = new_log(LogConfig(compression_type="gzip", segment_bytes=3000))
    assert append(log, bytearray(large)).size_bytes < 3000


def test_records_that_can_not_be_decompressed_are_a_server_error_as_in_kafka() -> None:
    content = build_batch(RECORDS, compression=Compression.GZIP)
    content[61:] = b"no gzip" + bytes(len(content) - 68)
    content[17:21] = build_crc(content)
    with pytest.raises(KafkaError) as caught:
        append(new_log(LogConfig(compression_type="zstd")), content)
    assert caught.value.code is ErrorCode.UNKNOWN_SERVER_ERROR


def build_crc(content: bytearray) -> bytes:
    from barnabas.protocol.records.header import batch_crc

    return batch_crc(content, 0, len(content)).to_bytes(4, "big")


def test_levels_tell_in_the_size() -> None:
    chance = random.Random(3)
    words = [bytes(chance.choices(b"abcdefgh", k=5)) for _ in range(500)]
    records = [NewRecord(None, b" ".join(chance.choices(words, k=8000)), NOW_MS)]
    for codec, low, high in (("gzip", 1, 9), ("lz4", 1, 12), ("zstd", 1, 19)):
        sizes = []
        for level in (low, high):
            chosen: dict[str, Any] = {"compression_type": codec, f"compression_{codec}_level": level}
            config = LogConfig(**chosen)
            sizes.append(append(new_log(config), build_batch(records)).size_bytes)
        assert sizes[0] > sizes[1]


@pytest.mark.parametrize(
    ("config", "size_bytes", "compression", "long"),
    [
        (LogConfig(compression_type="gzip"), 16_000, Compression.NONE, False),
        (LogConfig(compression_type="gzip"), 64_000, Compression.NONE, True),
        (LogConfig(compression_type="zstd"), 64_000, Compression.NONE, False),
        (LogConfig(compression_type="zstd"), 900_000, Compression.NONE, True),
        (LogConfig(compression_type="zstd", compression_zstd_level=19), 500, Compression.NONE, True),
        (LogConfig(compression_type="zstd"), 60_000, Compression.LZ4, True),
        (LogConfig(compression_type="lz4"), 900_000, Compression.NONE, True),
        (LogConfig(compression_type="lz4"), 900_000, Compression.LZ4, False),
        (LogConfig(), 900_000, Compression.GZIP, False),
        (LogConfig(compression_type="uncompressed"), 900_000, Compression.NONE, False),
        (LogConfig(compression_type="uncompressed"), 900_000, Compression.SNAPPY, True),
    ],
)
def test_what_takes_long_is_not_done_on_an_event_loop(
    config: LogConfig, size_bytes: int, compression: Compression, long: bool
) -> None:
    records = [NewRecord(b"k", random.Random(1).randbytes(size_bytes), NOW_MS)]
    content = build_batch(records, compression=compression)
    log = new_log(config)
    before = bytes(content)
    if long:
        with pytest.raises(TakesLong):
            log.append_as_leader(memoryview(content), leader_epoch=0, now_ms=NOW_MS, may_take_long=False)
        assert (bytes(content), log.log_end_offset) == (before, 0)
    else:
        log.append_as_leader(memoryview(content), leader_epoch=0, now_ms=NOW_MS, may_take_long=False)
        assert log.log_end_offset == 1
