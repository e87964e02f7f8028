"""Appending to a log and reading it back: offsets, boundaries, rolling, slices."""

import dataclasses
import errno

import pytest

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import TimestampType, read_header
from barnabas.storage import LogConfig, SystemFileSystem
from barnabas.storage.page_cache import NotInPageCache
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import (
    NOW_MS,
    ORDERS,
    TOPIC_ID,
    all_values,
    append,
    batch,
    fill,
    new_log,
    open_directory,
    read_values,
    records_of,
)

EVERYTHING = 2**62


def test_a_batch_gets_the_offsets_at_the_logs_end() -> None:
    log = new_log()
    first = append(log, batch(b"a", b"b"), leader_epoch=3)
    second = append(log, batch(b"c"), leader_epoch=3)
    assert (first.first_offset, first.last_offset, first.log_append_time_ms, first.is_duplicate) == (0, 1, -1, False)
    assert (second.first_offset, second.last_offset) == (2, 2)
    assert (log.log_start_offset, log.log_end_offset, log.latest_leader_epoch) == (0, 3, 3)
    piece = log.read(0, EVERYTHING, below_offset=3)
    assert piece is not None
    content = piece.read()
    assert len(piece) == piece.size_bytes == len(content)
    assert [record.offset for record in records_of(content)] == [0, 1, 2]
    assert read_header(content).partition_leader_epoch == 3


def test_log_append_time_is_stamped_and_reported() -> None:
    log = new_log(LogConfig(message_timestamp_type=TimestampType.LOG_APPEND))
    info = append(log, batch(b"a", timestamp_ms=5), now_ms=NOW_MS + 9)
    assert info.log_append_time_ms == NOW_MS + 9
    piece = log.read(0, EVERYTHING, below_offset=1)
    assert piece is not None
    assert [record.timestamp_ms for record in records_of(piece.read())] == [NOW_MS + 9]


def test_an_offset_inside_a_batch_brings_the_whole_batch() -> None:
    log = new_log()
    append(log, batch(b"a", b"b", b"c"))
    append(log, batch(b"d"))
    assert read_values(log.read(1, EVERYTHING, below_offset=4)) == [b"a", b"b", b"c", b"d"]
    assert read_values(log.read(3, EVERYTHING, below_offset=4)) == [b"d"]


def test_nothing_is_read_at_the_end_and_beyond_it_is_out_of_range() -> None:
    log = new_log()
    assert log.read(0, EVERYTHING, below_offset=0) is None
    append(log, batch(b"a"))
    assert log.read(1, EVERYTHING, below_offset=1) is None
    for offset in (-1, 2):
        with pytest.raises(KafkaError) as caught:
            log.read(offset, EVERYTHING, below_offset=1)
        assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE


def test_batches_that_reach_the_given_bound_stay_hidden() -> None:
    log = new_log()
    append(log, batch(b"a", b"b"))
    append(log, batch(b"c", b"d"))
    append(log, batch(b"e"))
    assert read_values(log.read(0, EVERYTHING, below_offset=5)) == [b"a", b"b", b"c", b"d", b"e"]
    assert read_values(log.read(0, EVERYTHING, below_offset=4)) == [b"a", b"b", b"c", b"d"]
    assert read_values(log.read(0, EVERYTHING, below_offset=3)) == [b"a", b"b"]
    assert log.read(0, EVERYTHING, below_offset=1) is None
    assert log.read(4, EVERYTHING, below_offset=4) is None


def test_max_bytes_cuts_between_batches() -> None:
    log = new_log()
    size = len(batch(b"a"))
    fill(log, [b"a", b"b", b"c"])
    assert read_values(log.read(0, 2 * size, below_offset=3)) == [b"a", b"b"]
    assert read_values(log.read(0, 2 * size + 5, below_offset=3)) == [b"a", b"b"]
    assert read_values(log.read(1, 2 * size - 1, below_offset=3)) == [b"b"]


def test_the_first_batch_comes_however_big_it_is_unless_the_caller_declines() -> None:
    log = new_log()
    append(log, batch(b"x" * 500))
    append(log, batch(b"y"))
    assert read_values(log.read(0, 1, below_offset=2)) == [b"x" * 500]
    assert log.read(0, 1, below_offset=2, at_least_one=False) is None


def test_small_segments_are_rolled_and_read_across() -> None:
    size = len(batch(b"00"))
    log = new_log(LogConfig(segment_bytes=3 * size, index_interval_bytes=size))
    values = [f"{number:02}".encode() for number in range(20)]
    fill(log, values)
    assert log.segment_base_offsets == [0, 3, 6, 9, 12, 15, 18]
    assert log.size_bytes == 20 * size
    assert all_values(log) == values
    for offset in range(20):
        assert read_values(log.read(offset, 1, below_offset=20)) == [values[offset]]


def test_a_segment_is_rolled_when_its_first_batch_is_too_old() -> None:
    log = new_log(LogConfig(segment_ms=1000))
    fill(log, [b"a"], timestamp_ms=NOW_MS)
    fill(log, [b"b"], timestamp_ms=NOW_MS + 1000)
    assert log.segment_base_offsets == [0]
    fill(log, [b"c"], timestamp_ms=NOW_MS + 1001)
    assert log.segment_base_offsets == [0, 2]


def test_without_timestamps_the_segments_own_age_decides() -> None:
    log = new_log(LogConfig(segment_ms=1000))
    append(log, batch(b"a", timestamp_ms=-1), now_ms=NOW_MS)
    append(log, batch(b"b", timestamp_ms=-1), now_ms=NOW_MS + 1001)
    assert log.segment_base_offsets == [0, 1]


def test_a_segment_is_rolled_when_its_index_is_full() -> None:
    log = new_log(LogConfig(segment_index_bytes=24, index_interval_bytes=0))
    fill(log, [b"a"] * 6)
    assert len(log.segment_base_offsets) > 1
    assert all_values(log) == [b"a"] * 6


def test_a_slice_outlives_the_segment_that_lent_it() -> None:
    size = len(batch(b"0"))
    log = new_log(LogConfig(segment_bytes=size))
    fill(log, [b"a", b"b", b"c"])
    piece = log.read(0, EVERYTHING, below_offset=3)
    log.delete_records_before(2)
    assert log.segment_base_offsets == [2]
    assert read_values(piece) == [b"a"]


def test_a_slice_names_a_descriptor_for_sendfile(tmp_path: object) -> None:
    directory = open_directory(SystemFileSystem(), path=str(tmp_path))
    log = directory.create_log(ORDERS, TOPIC_ID)
    fill(log, [b"a", b"b"])
    piece = log.read(1, EVERYTHING, below_offset=2)
    assert piece is not None
    assert piece.file_descriptor > 2
    assert piece.position == len(batch(b"a"))
    directory.close()
    assert read_values(piece) == [b"b"]


def test_short_writes_are_completed() -> None:
    log = new_log(filesystem=MemoryFileSystem(max_write_bytes=7))
    fill(log, [b"a" * 100, b"b"])
    assert all_values(log) == [b"a" * 100, b"b"]


def test_a_refused_write_leaves_the_log_as_it_was() -> None:
    filesystem = MemoryFileSystem()
    log = new_log(filesystem=filesystem)
    fill(log, [b"a"])
    filesystem.refusals = [errno.ENOMEM]  # no fault of the disk: the directory stays
    with pytest.raises(KafkaError) as caught:
        append(log, batch(b"lost"))
    assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR
    assert log.log_end_offset == 1
    fill(log, [b"b"])
    assert all_values(log) == [b"a", b"b"]


def test_what_a_refused_write_left_is_cut_before_a_clean_close() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem)
    log = directory.create_log(ORDERS, TOPIC_ID)
    fill(log, [b"a"])
    filesystem.refusals = [errno.ENOMEM]
    with pytest.raises(KafkaError):
        append(log, batch(b"lost"))
    directory.close()
    reopened = open_directory(filesystem).logs[ORDERS]
    fill(reopened, [b"b"])
    assert all_values(reopened) == [b"a", b"b"]


def test_new_settings_hold_from_the_next_append() -> None:
    log = new_log()
    log.config = dataclasses.replace(log.config, max_message_bytes=100)
    with pytest.raises(KafkaError) as caught:
        append(log, batch(b"x" * 200))
    assert caught.value.code is ErrorCode.MESSAGE_TOO_LARGE


def test_a_flush_is_due_for_closed_segments_and_after_flush_ms() -> None:
    size = len(batch(b"a"))
    log = new_log(LogConfig(segment_bytes=size, flush_ms=500))
    assert not log.needs_flush(NOW_MS + 1000)
    fill(log, [b"a"])
    assert not log.needs_flush(NOW_MS + 499)
    assert log.needs_flush(NOW_MS + 500)
    fill(log, [b"b"])
    assert log.needs_flush(NOW_MS)
    log.flush()
    assert log.recovery_point == 2
    assert not log.needs_flush(NOW_MS + 1000)


def test_the_log_tells_where_an_epoch_ended() -> None:
    log = new_log()
    append(log, batch(b"a"), leader_epoch=1)
    append(log, batch(b"b", b"c"), leader_epoch=4)
    log.assign_leader_epoch(6)
    assert log.end_offset_for_epoch(1) == (1, 1)
    assert log.end_offset_for_epoch(3) == (1, 1)
    assert log.end_offset_for_epoch(4) == (4, 3)
    assert log.end_offset_for_epoch(6) == (6, 3)
    assert log.end_offset_for_epoch(7) == (-1, -1)
    assert [log.epoch_for_offset(offset) for offset in (0, 1, 2, 3)] == [1, 4, 4, 6]


def test_whoever_may_not_wait_is_told_what_the_disk_must_bring_first() -> None:
    filesystem = MemoryFileSystem()
    config = LogConfig(segment_bytes=300, index_interval_bytes=1)
    directory = open_directory(filesystem, config)
    log = directory.create_log(ORDERS, TOPIC_ID)
    for number in range(8):
        append(log, batch(f"{number}".encode() * 90))
    assert len(log.segment_base_offsets) > 2
    directory.close()
    log = open_directory(filesystem, config).logs[ORDERS]
    for entry in filesystem.list(log.directory):
        filesystem.evict(f"{log.directory}/{entry.name}")
    misses = 0
    while True:
        try:
            piece = log.read(1, 1000, below_offset=8, may_wait=False)
            break
        except NotInPageCache as miss:
            miss.load()
            misses += 1
    assert misses == 2, "the segment's indexes, then its batches"
    assert read_values(piece)[-1] == b"1" * 90
    filesystem.evict(f"{log.directory}/{log.segment_base_offsets[-1]:020d}.log")
    assert log.read(7, 1000, below_offset=8, may_wait=False) is not None, "what is young is not even asked for"
