"""Offsets by timestamp, as ListOffsets asks for them."""

from barnabas.protocol.records import Compression, NewRecord, TimestampType, build_batch
from barnabas.storage import LogConfig, PartitionLog
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, append, batch, fill, new_log, open_directory


def append_at(log: PartitionLog, *timestamps_ms: int, compression: Compression = Compression.NONE) -> None:
    records = [NewRecord(None, b"v", NOW_MS + timestamp_ms) for timestamp_ms in timestamps_ms]
    append(log, build_batch(records, compression=compression))


def found(log: PartitionLog, timestamp_ms: int) -> tuple[int, int] | None:
    answer = log.offset_for_timestamp(NOW_MS + timestamp_ms)
    return None if answer is None else (answer.timestamp_ms - NOW_MS, answer.offset)


def test_an_empty_log_has_no_timestamps() -> None:
    log = new_log()
    assert log.offset_for_timestamp(0) is None
    assert log.latest_timestamp() is None


def test_the_first_record_at_or_after_a_timestamp_is_found_inside_its_batch() -> None:
    log = new_log()
    append_at(log, 0, 10, 20, compression=Compression.LZ4)
    append_at(log, 15, 30)
    assert found(log, -5) == (0, 0)
    assert found(log, 10) == (10, 1)
    assert found(log, 11) == (20, 2)
    assert found(log, 21) == (30, 4)
    assert found(log, 31) is None


def test_timestamps_are_found_across_segments_and_indexes() -> None:
    size = len(batch(b"v"))
    log = new_log(LogConfig(segment_bytes=10 * size, index_interval_bytes=2 * size))
    for number in range(95):
        append_at(log, number * 10)
    assert len(log.segment_base_offsets) == 10
    for number in range(95):
        assert found(log, number * 10) == (number * 10, number)
        assert found(log, number * 10 - 5) == (number * 10, number)
    assert found(log, 945) is None


def test_timestamps_out_of_order_still_yield_the_first_record() -> None:
    size = len(batch(b"v"))
    log = new_log(LogConfig(segment_bytes=4 * size, index_interval_bytes=0))
    for timestamp_ms in (50, 10, 40, 60, 20, 70, 30, 65):
        append_at(log, timestamp_ms)
    assert found(log, 45) == (50, 0)
    assert found(log, 55) == (60, 3)
    assert found(log, 61) == (70, 5)


def test_records_before_the_logs_start_are_not_found() -> None:
    log = new_log()
    append_at(log, 0, 100, 20)
    append_at(log, 50)
    log.delete_records_before(2)
    assert found(log, 10) == (20, 2)
    assert found(log, 30) == (50, 3)
    assert found(log, 60) is None


def test_the_first_record_with_the_greatest_timestamp_is_the_latest() -> None:
    size = len(batch(b"v"))
    log = new_log(LogConfig(segment_bytes=4 * size))
    append(log, batch(b"old", timestamp_ms=NOW_MS - 50), leader_epoch=2)
    append_at(log, 5, 90, 90)
    append_at(log, 90)
    fill(log, [b"a", b"b", b"c", b"d"], timestamp_ms=NOW_MS)
    assert log.latest_timestamp() == (NOW_MS + 90, 2, 2)


def test_log_append_time_belongs_to_all_records_of_a_batch() -> None:
    log = new_log(LogConfig(message_timestamp_type=TimestampType.LOG_APPEND))
    append(log, batch(b"a", b"b", timestamp_ms=3), now_ms=NOW_MS)
    append(log, batch(b"c", b"d", timestamp_ms=3), now_ms=NOW_MS + 10)
    assert found(log, 1) == (10, 2)
    assert log.latest_timestamp() == (NOW_MS + 10, 3, 0)


def test_the_epoch_of_the_record_comes_along() -> None:
    log = new_log()
    append(log, batch(b"a", timestamp_ms=NOW_MS), leader_epoch=1)
    append(log, batch(b"b", timestamp_ms=NOW_MS + 5), leader_epoch=8)
    assert log.offset_for_timestamp(NOW_MS + 1) == (NOW_MS + 5, 1, 8)


def test_a_look_up_by_time_reads_of_old_segments_only_what_it_needs() -> None:
    filesystem = MemoryFileSystem()
    size = len(batch(b"v"))
    config = LogConfig(segment_bytes=10 * size, index_interval_bytes=2 * size)
    directory = open_directory(filesystem, config)
    log = directory.create_log(ORDERS, TOPIC_ID)
    for number in range(95):
        append_at(log, number * 10)
    directory.close()
    log = open_directory(filesystem, config).logs[ORDERS]
    assert found(log, 401) == (410, 41)
    assert log.latest_timestamp() is not None
    assert not any(segment.has_indexes for segment in log.rewriting.view().segments[:-1])
