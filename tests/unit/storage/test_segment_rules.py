"""When a segment is closed, how much room it takes beforehand, and when retention drops it."""

from dataclasses import replace
from typing import Any

import pytest

from barnabas.foundation.clock import ManualClock
from barnabas.storage import LogConfig, PartitionLog
from barnabas.storage.deletion import DeletionQueue
from barnabas.storage.log_config import NEVER
from barnabas.storage.segments import Segments
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, all_values, append, batch, fill, new_log, open_directory

HOUR_MS = 3_600_000
BATCH_BYTES = len(batch(b"x"))
FIRST, SECOND = "/data/orders-0/00000000000000000000.log", "/data/orders-0/00000000000000000001.log"


def segments_after(config: LogConfig, *timestamps_ms: int, now_ms: int = NOW_MS) -> list[int]:
    log = new_log(config)
    for timestamp_ms in timestamps_ms:
        append(log, batch(b"x", timestamp_ms=timestamp_ms), now_ms=now_ms)
    return log.segment_base_offsets


@pytest.mark.parametrize(
    ("segment_ms", "compact", "max_compaction_lag_ms", "expected_ms"),
    [(1000, False, 10, 1000), (1000, True, 10, 10), (1000, True, NEVER, 1000), (10, True, 1000, 10)],
)
def test_a_compacted_log_closes_segments_before_they_must_be_compacted(
    segment_ms: int, compact: bool, max_compaction_lag_ms: int, expected_ms: int
) -> None:
    config = LogConfig(segment_ms=segment_ms, max_compaction_lag_ms=max_compaction_lag_ms)
    config = replace(config, compact=compact)
    assert config.max_segment_ms == expected_ms


def test_age_is_counted_in_the_records_own_time() -> None:
    config = LogConfig(segment_ms=HOUR_MS, message_timestamp_after_max_ms=NEVER)
    assert segments_after(config, NOW_MS, NOW_MS + HOUR_MS, NOW_MS + HOUR_MS + 1) == [0, 2]
    assert segments_after(config, NOW_MS, 5, 6) == [0]


def jittered(chance: float, **settings: Any) -> int:
    """How much earlier a segment is closed."""
    config = replace(LogConfig(segment_ms=HOUR_MS), **settings)
    filesystem = MemoryFileSystem()
    log = new_log(config, filesystem)
    old = log._segments
    segments = Segments(
        old.all,
        log._snapshots,
        directory=log.directory,
        filesystem=filesystem,
        clock=ManualClock(NOW_MS),
        deletions=DeletionQueue(filesystem),
        config=config,
        chance=lambda: chance,
    )
    jitters = {segments.active.roll_jitter_ms, segments.add(7, config, NOW_MS).roll_jitter_ms}
    assert len(jitters) == 1
    return jitters.pop()


def test_jitter_is_drawn_for_each_segment_below_both_bounds() -> None:
    assert jittered(0.999) == 0
    assert jittered(0.0, segment_jitter_ms=1000) == 0
    assert jittered(0.25, segment_jitter_ms=1000) == 250
    assert jittered(0.999, segment_jitter_ms=1000) == 999
    assert jittered(0.5, segment_jitter_ms=NEVER) == HOUR_MS // 2


def test_a_segment_is_closed_earlier_by_its_jitter() -> None:
    log = new_log(LogConfig(segment_ms=HOUR_MS, segment_jitter_ms=HOUR_MS))
    log._segments.active.roll_jitter_ms = 1000
    fill(log, [b"x"])
    append(log, batch(b"x", timestamp_ms=NOW_MS + HOUR_MS - 1000))
    assert log.segment_base_offsets == [0]
    append(log, batch(b"x", timestamp_ms=NOW_MS + HOUR_MS - 999))
    assert log.segment_base_offsets == [0, 2]


def test_settings_that_change_count_from_the_next_batch_on() -> None:
    log = new_log()
    fill(log, [b"x"])
    log.config = LogConfig(segment_bytes=BATCH_BYTES)
    fill(log, [b"x"])
    log.config = LogConfig(segment_ms=10, index_interval_bytes=0)
    append(log, batch(b"x", timestamp_ms=NOW_MS + 11))
    assert log.segment_base_offsets == [0, 1, 2]
    fill(log, [b"x"] * 100)
    assert log.segment_base_offsets == [0, 1, 2]
    log.config = LogConfig(segment_index_bytes=8)
    fill(log, [b"x"])
    assert log.segment_base_offsets == [0, 1, 2, 103]


# preallocate


def file_size(filesystem: MemoryFileSystem, path: str) -> int:
    return filesystem.open(path).size()


RESERVED = LogConfig(preallocate=True, segment_bytes=2 * BATCH_BYTES)


def reserved_log(filesystem: MemoryFileSystem, config: LogConfig = RESERVED) -> PartitionLog:
    return open_directory(filesystem, config).create_log(ORDERS, TOPIC_ID)


def test_room_is_taken_when_a_segment_begins_and_given_back_when_it_ends() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem, RESERVED)
    log = directory.create_log(ORDERS, TOPIC_ID)
    assert file_size(filesystem, FIRST) == 2 * BATCH_BYTES
    fill(log, [b"a"])
    assert (file_size(filesystem, FIRST), log.size_bytes) == (2 * BATCH_BYTES, BATCH_BYTES)
    assert all_values(log) == [b"a"]
    log.config = LogConfig(preallocate=True, segment_bytes=BATCH_BYTES + 50)
    fill(log, [b"b"])
    assert (file_size(filesystem, FIRST), file_size(filesystem, SECOND)) == (BATCH_BYTES, BATCH_BYTES + 50)
    directory.close()
    assert file_size(filesystem, SECOND) == BATCH_BYTES
    reopened = open_directory(filesystem, RESERVED)
    assert reopened.was_clean
    assert all_values(reopened.logs[ORDERS]) == [b"a", b"b"]


def test_a_log_without_a_batch_gives_its_room_back_too() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem, RESERVED)
    directory.create_log(ORDERS, TOPIC_ID)
    directory.close()
    assert file_size(filesystem, FIRST) == 0
    assert open_directory(filesystem, RESERVED).logs[ORDERS].log_end_offset == 0


def test_after_a_crash_the_room_is_no_damage() -> None:
    filesystem = MemoryFileSystem()
    log = reserved_log(filesystem)
    fill(log, [b"a"])
    found = open_directory(filesystem.after_crash(), RESERVED).logs[ORDERS]
    assert (found.size_bytes, found.damage) == (BATCH_BYTES, ())
    fill(found, [b"b"])
    assert all_values(found) == [b"a", b"b"]


def test_a_closed_segment_that_kept_its_room_is_followed_by_the_next() -> None:
    """A power failure may undo the cut of the one and not the beginning of the other."""
    filesystem = MemoryFileSystem()
    log = reserved_log(filesystem)
    fill(log, [b"a", b"b", b"c"])
    survivor = filesystem.after_crash()
    survivor.open(FIRST).append(bytes(500))
    found = open_directory(survivor, RESERVED).logs[ORDERS]
    assert (all_values(found), found.damage) == ([b"a", b"b", b"c"], ())


def test_zeros_where_batches_are_missing_are_damage() -> None:
    filesystem = MemoryFileSystem()
    log = reserved_log(filesystem)
    fill(log, [b"a", b"b", b"c"])
    survivor = filesystem.after_crash()
    first = survivor.open(FIRST)
    first.truncate(BATCH_BYTES)
    first.append(bytes(BATCH_BYTES))
    found = open_directory(survivor, RESERVED).logs[ORDERS]
    assert all_values(found) == [b"a"]
    assert found.damage


def test_a_failed_write_leaves_a_sound_log() -> None:
    filesystem = MemoryFileSystem()
    log = reserved_log(filesystem)
    fill(log, [b"a"])
    filesystem.max_write_bytes = 40
    fill(log, [b"b"])
    assert all_values(log) == [b"a", b"b"]
    log.truncate_to(1)
    fill(log, [b"c"])
    assert all_values(log) == [b"a", b"c"]


# Retention


@pytest.mark.parametrize(
    ("retention_bytes", "kept"),
    [(-1, [0, 1, 2, 3]), (0, [4]), (1, [3]), (BATCH_BYTES, [3]), (BATCH_BYTES + 1, [2, 3]), (1 << 40, [0, 1, 2, 3])],
)
def test_retention_by_size_keeps_at_least_so_much(retention_bytes: int, kept: list[int]) -> None:
    log = new_log(LogConfig(segment_bytes=BATCH_BYTES, retention_bytes=retention_bytes, retention_ms=-1))
    fill(log, [b"x"] * 4)
    log.delete_old_segments(NOW_MS * 2)
    assert log.segment_base_offsets == kept


@pytest.mark.parametrize(
    ("retention_ms", "waited_ms", "kept"),
    [(-1, NOW_MS, [0, 1]), (1000, 1000, [0, 1]), (1000, 1001, [2]), (0, 0, [0, 1]), (0, 1, [2])],
)
def test_retention_by_time_counts_from_the_youngest_record(retention_ms: int, waited_ms: int, kept: list[int]) -> None:
    log = new_log(LogConfig(segment_bytes=BATCH_BYTES, retention_ms=retention_ms))
    fill(log, [b"x"] * 2)
    log.delete_old_segments(NOW_MS + waited_ms)
    assert log.segment_base_offsets == kept


def test_a_record_from_the_future_keeps_its_segment() -> None:
    log = new_log(LogConfig(segment_bytes=BATCH_BYTES, retention_ms=1000, message_timestamp_after_max_ms=NEVER))
    append(log, batch(b"x", timestamp_ms=NOW_MS + HOUR_MS))
    append(log, batch(b"x", timestamp_ms=NOW_MS))
    log.delete_old_segments(NOW_MS + HOUR_MS)
    assert log.segment_base_offsets == [0, 1]  # nothing goes from the middle
    log.delete_old_segments(NOW_MS + HOUR_MS + 1001)
    assert log.segment_base_offsets == [2]


def test_a_compacted_log_is_not_shortened_unless_it_is_to_be_deleted_from_too() -> None:
    for delete, kept in ((False, [0, 1]), (True, [2])):
        log = new_log(LogConfig(segment_bytes=len(batch(b"x", key=b"k")), retention_ms=1, compact=True, delete=delete))
        for _ in range(2):
            append(log, batch(b"x", key=b"k"))
        log.delete_old_segments(NOW_MS * 2)
        assert log.segment_base_offsets == kept
