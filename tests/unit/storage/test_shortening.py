"""Truncation, retention, deleting records, and the files that go with them."""

import dataclasses

import pytest

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.storage import LogConfig, PartitionLog
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
)

SIZE = len(batch(b"00"))
VALUES = [f"{number:02}".encode() for number in range(12)]
CONFIG = LogConfig(segment_bytes=3 * SIZE, index_interval_bytes=SIZE, retention_ms=1000)


def filled(config: LogConfig = CONFIG, clock: ManualClock | None = None) -> PartitionLog:
    """Segments at 0, 3, 6 and 9, a second between one batch and the next."""
    log = new_log(config, clock=clock)
    for number, value in enumerate(VALUES):
        append(log, batch(value, timestamp_ms=NOW_MS + number * 1000), leader_epoch=number // 4, now_ms=NOW_MS)
    assert log.segment_base_offsets == [0, 3, 6, 9]
    return log


@pytest.mark.parametrize("offset", range(13))
def test_truncation_drops_what_reaches_the_offset(offset: int) -> None:
    log = filled()
    log.truncate_to(offset)
    assert log.log_end_offset == offset
    assert all_values(log) == VALUES[:offset]
    assert log.latest_leader_epoch == (offset - 1) // 4
    fill(log, [b"new"], timestamp_ms=NOW_MS - 500)
    assert all_values(log) == [*VALUES[:offset], b"new"]
    latest = log.latest_timestamp()
    assert latest is not None
    assert latest.offset == max(offset - 1, 0)


def test_truncation_inside_a_batch_drops_the_batch_but_keeps_the_offset() -> None:
    log = new_log()
    append(log, batch(b"a"))
    append(log, batch(b"b", b"c", b"d"))
    log.truncate_to(3)
    assert log.log_end_offset == 3
    assert all_values(log) == [b"a"]
    fill(log, [b"e"])
    assert read_values(log.read(1, 1000, below_offset=4)) == [b"e"]


def test_truncation_below_the_first_segment_begins_anew() -> None:
    log = filled()
    log.delete_records_before(7)
    log.truncate_to(2)
    assert (log.log_start_offset, log.log_end_offset, log.segment_base_offsets) == (2, 2, [2])
    fill(log, [b"x"])
    assert all_values(log) == [b"x"]


def test_deleting_records_moves_the_start_and_drops_whole_segments() -> None:
    log = filled()
    assert log.delete_records_before(7) == 7
    assert log.segment_base_offsets == [6, 9]
    assert all_values(log) == VALUES[7:]
    assert log.epoch_for_offset(7) == 1
    assert log.end_offset_for_epoch(0) == (0, 7)
    assert log.delete_records_before(2) == 7
    with pytest.raises(KafkaError) as caught:
        log.read(6, 1, below_offset=12)
    assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE
    with pytest.raises(KafkaError) as caught:
        log.delete_records_before(13)
    assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE


def test_all_records_may_be_deleted() -> None:
    log = filled()
    assert log.delete_records_before(12) == 12
    assert log.read(12, 1, below_offset=12) is None
    fill(log, [b"next"])
    assert all_values(log) == [b"next"]


def test_the_start_survives_a_restart() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem, CONFIG)
    log = directory.create_log(ORDERS, TOPIC_ID)
    fill(log, VALUES)
    log.delete_records_before(7)
    directory.close()
    assert open_directory(filesystem, CONFIG).logs[ORDERS].log_start_offset == 7


def test_old_segments_go_by_the_age_of_their_youngest_record() -> None:
    log = filled()
    assert log.delete_old_segments(NOW_MS + 3000) == 0
    assert log.delete_old_segments(NOW_MS + 3001) == 1
    assert log.log_start_offset == 3
    assert log.delete_old_segments(NOW_MS + 9001) == 2
    assert all_values(log) == VALUES[9:]


def test_when_all_is_old_an_empty_segment_remains() -> None:
    log = filled()
    assert log.delete_old_segments(NOW_MS + 10**9) == 4
    assert (log.log_start_offset, log.log_end_offset, log.segment_base_offsets) == (12, 12, [12])
    assert log.delete_old_segments(NOW_MS + 10**10) == 0
    fill(log, [b"next"])
    assert all_values(log) == [b"next"]


@pytest.mark.parametrize(
    ("retention_bytes", "kept_from"), [(12 * SIZE, 0), (9 * SIZE + 1, 0), (9 * SIZE, 3), (4 * SIZE, 6), (0, 12)]
)
def test_surplus_segments_go_by_size(retention_bytes: int, kept_from: int) -> None:
    log = filled(dataclasses.replace(CONFIG, retention_ms=-1, retention_bytes=retention_bytes))
    log.delete_old_segments(NOW_MS)
    assert log.log_start_offset == kept_from
    assert all_values(log) == VALUES[kept_from:]


def test_segments_past_the_high_watermark_stay() -> None:
    log = filled()
    assert log.delete_old_segments(NOW_MS + 10**9, high_watermark=7) == 2
    assert log.segment_base_offsets == [6, 9]


def test_compacted_topics_are_not_shortened_by_age() -> None:
    log = new_log(LogConfig(compact=True, delete=False, retention_ms=0, segment_bytes=3 * SIZE))
    for value in VALUES:
        append(log, batch(value, key=b"k"))
    assert log.delete_old_segments(NOW_MS + 10**9) == 0


def test_files_are_hidden_at_once_and_removed_after_the_delay() -> None:
    clock = ManualClock(NOW_MS)
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem, CONFIG, clock)
    log = directory.create_log(ORDERS, TOPIC_ID)
    fill(log, VALUES)
    log.delete_records_before(6)

    def names() -> set[str]:
        return {entry.name for entry in filesystem.list(log.directory)}

    assert f"{3:020d}.log" not in names()
    assert {f"{3:020d}.{suffix}.deleted" for suffix in ("log", "index", "timeindex", "snapshot")} < names()
    clock.advance_ms(CONFIG.file_delete_delay_ms - 1)
    assert directory.remove_deleted() == 0
    clock.advance_ms(1)
    assert directory.remove_deleted() == 7
    assert not [name for name in names() if name.endswith(".deleted")]
