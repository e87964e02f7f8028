"""What a cleaning leaves: Kafka's CleanerTest, as far as format 2 goes."""

import dataclasses
from collections.abc import Iterable

import pytest

from barnabas.foundation.clock import ManualClock
from barnabas.protocol.records import (
    Compression,
    ControlType,
    EndTransactionMarker,
    TimestampType,
    build_end_transaction_marker,
    iterate_headers,
    read_header,
    stamp_batch,
)
from barnabas.storage import LogConfig, PartitionLog
from barnabas.storage.compaction.job import CleaningLimits
from barnabas.storage.compaction.offset_map import ENTRY_BYTES
from barnabas.storage.transaction_index import AbortedTransaction, parse_aborted_transactions
from barnabas.storage.transaction_index import render_aborted_transactions as render
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import NOW_MS, ORDERS, append, batch, new_log, open_directory, records_of
from unit.storage.compaction.cleaning import SMALL, clean, content_of, keyed, pairs_of, roll, write

FOLDER = "/data/orders-0"
DAY_MS = 24 * 3_600_000


class World:
    """A log on a disk in memory, and a clock."""

    def __init__(self, config: LogConfig = SMALL) -> None:
        self.filesystem = MemoryFileSystem()
        self.clock = ManualClock(NOW_MS)
        self.log = new_log(config, self.filesystem, self.clock)

    def clean(self, limits: CleaningLimits | None = None, high_watermark: int | None = None) -> bool:
        return clean(self.log, self.filesystem, self.clock, limits=limits, high_watermark=high_watermark)

    def roll_and_clean(self) -> None:
        roll(self.log)
        assert self.clean()

    def write(self, *pairs: tuple[str, str | None]) -> None:
        write(self.log, pairs)

    @property
    def left(self) -> list[tuple[int, str, str | None]]:
        return pairs_of(records_of(content_of(self.log)))

    @property
    def batches(self) -> list[tuple[int, int, int]]:
        """First and last offset and number of records of every batch."""
        return [
            (header.base_offset, header.last_offset, header.record_count)
            for _, header in iterate_headers(content_of(self.log))
        ]

    def reopen(self) -> PartitionLog:
        self.log.close()
        self.log = open_directory(self.filesystem.after_crash(), self.log.config, self.clock).logs[ORDERS]
        return self.log

    def transaction(self, producer_id: int, sequence: int, *pairs: tuple[str, str | None]) -> None:
        append(self.log, keyed(*pairs, producer=(producer_id, 0, sequence), is_transactional=True))

    def end(self, producer_id: int, control_type: ControlType, first_offset: int = -1) -> None:
        """Write the marker; for an abort also the entry of the index, which goes with the segment."""
        marker = build_end_transaction_marker(
            EndTransactionMarker(control_type, 0), producer_id=producer_id, producer_epoch=0, timestamp_ms=NOW_MS
        )
        segment = self.log.segment_base_offsets[-1]
        offset = append_marker(self.log, marker)
        if control_type is ControlType.ABORT:
            index = self.filesystem.open(f"{FOLDER}/{segment:020d}.txnindex")
            index.append(render([AbortedTransaction(producer_id, first_offset, offset, offset)]))

    def aborted(self) -> list[AbortedTransaction]:
        return [
            entry
            for file in sorted(self.filesystem.list(FOLDER))
            if file.name.endswith(".txnindex")
            for entry in parse_aborted_transactions(
                self.filesystem.open(f"{FOLDER}/{file.name}").read_at(0, file.size_bytes), file.name
            )
        ]


def append_marker(log: PartitionLog, marker: bytearray) -> int:
    """Write a marker into the segment and let the producers' state know, as its coordinator will."""
    with log._lock:
        offset = log.log_end_offset
        stamp_batch(marker, 0, base_offset=offset, leader_epoch=0)
        log._segments.active.append(marker, offset, offset, NOW_MS, now_ms=NOW_MS)
        log._producers.note(read_header(marker), offset, NOW_MS)
        log.log_end_offset += 1
    return offset


def keys(pairs: Iterable[tuple[int, str, str | None]]) -> list[str]:
    return [key for _, key, _ in pairs]


def test_the_last_record_of_each_key_stays_at_its_offset() -> None:
    world = World()
    world.write(("a", "1"), ("b", "1"), ("a", "2"), ("c", "1"), ("b", "2"))
    world.roll_and_clean()
    assert world.left == [(2, "a", "2"), (3, "c", "1"), (4, "b", "2")]
    assert world.log.log_end_offset == 5
    assert world.log.log_start_offset == 0


def test_reading_at_an_offset_that_is_gone_brings_the_next_batch() -> None:
    world = World()
    world.write(("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"))
    world.roll_and_clean()
    for offset, first in ((0, 1), (1, 1), (2, 3), (3, 3)):
        piece = world.log.read(offset, 1, below_offset=4)
        assert piece is not None
        assert records_of(piece.read())[0].offset == first


def test_the_segment_that_is_written_to_is_not_touched_and_not_known() -> None:
    world = World()
    world.write(("a", "1"))
    roll(world.log)
    world.write(("a", "2"), ("a", "3"))
    assert world.clean()
    assert world.left == [(0, "a", "1"), (1, "a", "2"), (2, "a", "3")]


def test_nothing_past_the_high_watermark_is_touched() -> None:
    world = World()
    for value in ("1", "2", "3"):
        world.write(("a", value))
        roll(world.log)
    assert world.clean(high_watermark=2)
    assert world.left == [(1, "a", "2"), (2, "a", "3")]


def test_many_small_segments_become_one() -> None:
    world = World()
    world.write(*((f"k{number % 3}", f"{number}") for number in range(60)))
    roll(world.log)
    assert world.clean()
    assert len(world.log.segment_base_offsets) > 5  # as large as before: grouping looks at the sizes it finds
    world.write(("k0", "last"))
    roll(world.log)
    assert world.clean()
    assert len(world.log.segment_base_offsets) == 2
    assert keys(world.left) == ["k1", "k2", "k0"]


def test_a_batch_keeps_its_offsets_and_its_codec() -> None:
    for compression in Compression:
        world = World()
        append(world.log, keyed(("a", "1"), ("b", "1" * 50), ("c", "1"), compression=compression))
        world.write(("a", "2"), ("c", "2"))
        world.roll_and_clean()
        header = next(header for _, header in iterate_headers(content_of(world.log)))
        assert (header.base_offset, header.last_offset, header.record_count) == (0, 2, 1)
        assert header.compression is compression
        assert world.left == [(1, "b", "1" * 50), (3, "a", "2"), (4, "c", "2")]


def test_a_batch_that_loses_nothing_stays_byte_by_byte() -> None:
    world = World()
    append(world.log, keyed(("a", "1"), ("b", "1"), compression=Compression.LZ4))
    before = content_of(world.log)
    world.roll_and_clean()
    assert content_of(world.log) == before


def test_the_greatest_timestamp_is_that_of_what_is_left() -> None:
    world = World()
    write(world.log, [("a", "old")], timestamp_ms=NOW_MS + 50)
    write(world.log, [("b", "1"), ("a", "new")], timestamp_ms=NOW_MS + 7)
    world.roll_and_clean()
    latest = world.log.latest_timestamp()
    assert latest is not None
    assert (latest.timestamp_ms, latest.offset) == (NOW_MS + 7, 1)
    found = world.log.offset_for_timestamp(NOW_MS)
    assert found is not None
    assert found.offset == 1
    assert world.log.offset_for_timestamp(NOW_MS + 8) is None


def test_the_time_of_appending_is_kept() -> None:
    world = World(dataclasses.replace(SMALL, message_timestamp_type=TimestampType.LOG_APPEND))
    append(world.log, keyed(("a", "1"), ("b", "1")), now_ms=NOW_MS + 5)
    append(world.log, keyed(("a", None)), now_ms=NOW_MS + 9)
    world.roll_and_clean()
    records = records_of(content_of(world.log))
    assert [(record.key, record.timestamp_ms) for record in records] == [(b"b", NOW_MS + 5), (b"a", NOW_MS + 9)]


# Tombstones


def test_a_tombstone_stays_until_its_delete_horizon() -> None:
    world = World()
    world.write(("a", "1"), ("b", "1"), ("a", None))
    world.roll_and_clean()
    assert world.left == [(1, "b", "1"), (2, "a", None)]
    horizons = [header.delete_horizon_ms for _, header in iterate_headers(content_of(world.log))]
    assert horizons == [None, NOW_MS + SMALL.delete_retention_ms]
    record = records_of(content_of(world.log))[1]
    assert record.timestamp_ms == NOW_MS  # told from another base timestamp

    world.clock.advance_ms(DAY_MS - 1)
    world.write(("c", "1"))
    world.roll_and_clean()
    assert keys(world.left) == ["b", "a", "c"]
    world.clock.advance_ms(1)
    world.write(("d", "1"))
    world.roll_and_clean()
    assert keys(world.left) == ["b", "c", "d"]


def test_the_horizon_is_set_once() -> None:
    world = World()
    append(world.log, keyed(("a", None), ("b", "1")))
    world.roll_and_clean()
    world.clock.advance_ms(1000)
    world.write(("b", "2"))
    world.roll_and_clean()
    header = next(header for _, header in iterate_headers(content_of(world.log)))
    assert (header.record_count, header.delete_horizon_ms) == (1, NOW_MS + DAY_MS)
    assert records_of(content_of(world.log))[0].timestamp_ms == NOW_MS


def test_a_key_that_is_written_again_has_no_tombstone() -> None:
    world = World()
    world.write(("a", "1"), ("a", None), ("a", "2"))
    world.roll_and_clean()
    assert world.left == [(2, "a", "2")]


def test_records_without_a_key_go() -> None:
    world = World(dataclasses.replace(SMALL, compact=False))
    world.write(("a", "1"))
    append(world.log, batch(b"keyless"))
    world.write(("b", "1"))
    world.log.config = SMALL
    world.roll_and_clean()
    assert keys(world.left) == ["a", "b"]


# Producers


def test_the_last_batch_of_a_producer_stays_as_a_header() -> None:
    world = World()
    append(world.log, keyed(("a", "1"), ("b", "1"), producer=(9, 0, 0)))
    append(world.log, keyed(("a", "2"), ("b", "2"), producer=(9, 0, 2)))
    world.write(("a", "3"), ("b", "3"))
    world.roll_and_clean()
    assert world.batches == [(2, 3, 0), (4, 4, 1), (5, 5, 1)]
    log = world.reopen()
    assert log.producers[0].last_sequence == 3
    assert append(log, keyed(("a", "2"), ("b", "2"), producer=(9, 0, 2))).is_duplicate
    assert append(log, keyed(("a", "4"), producer=(9, 0, 4))).first_offset == 6


def test_the_state_of_producers_is_made_anew_from_what_is_left() -> None:
    world = World()
    append(world.log, keyed(("a", "1"), producer=(9, 0, 0)))
    append(world.log, keyed(("a", "2"), producer=(9, 0, 1)))
    world.write(("a", "3"))
    world.roll_and_clean()
    for entry in world.filesystem.list(FOLDER):
        if entry.name.endswith(".snapshot"):
            world.filesystem.remove(f"{FOLDER}/{entry.name}")
    world.log = open_directory(world.filesystem.after_crash(), SMALL, world.clock).logs[ORDERS]
    assert [(entry.producer_id, entry.last_sequence) for entry in world.log.producers] == [(9, 1)]


def test_a_producer_that_is_forgotten_leaves_nothing() -> None:
    world = World()
    append(world.log, keyed(("a", "1"), producer=(9, 0, 0)))
    world.write(("a", "2"))
    world.log.expire_producers(NOW_MS + 2 * DAY_MS)
    world.roll_and_clean()
    assert world.batches == [(1, 1, 1)]


def test_the_last_batch_that_was_looked_at_stays() -> None:
    world = World()
    world.write(("a", "1"))
    roll(world.log)
    world.transaction(9, 0, ("b", "1"))
    world.end(9, ControlType.ABORT, 1)
    append(world.log, keyed(("c", "1")))
    roll(world.log)
    assert world.clean()
    end = world.batches[-1][1] + 1
    assert end == world.log.log_end_offset


# Transactions


def test_what_was_rolled_back_goes_at_once_and_its_marker_later() -> None:
    world = World()
    world.transaction(9, 0, ("a", "aborted"))
    world.write(("a", "1"))
    world.end(9, ControlType.ABORT, 0)
    world.transaction(9, 1, ("b", "1"))
    world.end(9, ControlType.COMMIT)
    world.roll_and_clean()
    assert [(offset, key) for offset, key, _ in world.left if key in "ab"] == [(1, "a"), (3, "b")]
    assert [batch[0] for batch in world.batches] == [1, 2, 3, 4]
    # It came by while a batch of the transaction was there still: the entry stays for those who read meanwhile.
    assert [entry.first_offset for entry in world.aborted()] == [0]

    world.write(("c", "1"))
    world.roll_and_clean()
    horizons = {header.base_offset: header.delete_horizon_ms for _, header in iterate_headers(content_of(world.log))}
    assert horizons[2] == NOW_MS + DAY_MS
    assert horizons[4] is None
    assert world.aborted() == []

    world.clock.advance_ms(DAY_MS)
    world.write(("d", "1"))
    world.roll_and_clean()
    assert [batch[0] for batch in world.batches] == [1, 3, 4, 5, 6]


def test_what_was_rolled_back_does_not_hide_what_was_there_before() -> None:
    world = World()
    world.write(("a", "1"))
    world.transaction(9, 0, ("a", "aborted"))
    world.end(9, ControlType.ABORT, 1)
    world.write(("b", "1"))
    world.roll_and_clean()
    assert (0, "a", "1") in world.left
    assert (1, "a", "aborted") not in world.left


def test_the_marker_of_a_transaction_stays_as_long_as_anything_of_it() -> None:
    world = World()
    world.transaction(9, 0, ("a", "1"))
    world.end(9, ControlType.COMMIT)
    world.write(("b", "1"))
    world.roll_and_clean()
    for value in ("2", "3"):
        world.clock.advance_ms(2 * DAY_MS)
        world.write(("b", value))
        world.roll_and_clean()
    assert [batch[0] for batch in world.batches] == [0, 1, 4]


def test_nothing_behind_a_transaction_that_is_open_is_cleaned() -> None:
    world = World()
    world.write(("a", "1"), ("a", "2"))
    roll(world.log)
    world.transaction(9, 0, ("b", "1"))
    roll(world.log)
    world.write(("a", "3"))
    roll(world.log)
    assert world.clean()
    assert world.left == [(1, "a", "2"), (2, "b", "1"), (3, "a", "3")]


# The map


def test_a_full_map_ends_the_round_early() -> None:
    world = World(dataclasses.replace(SMALL, segment_bytes=10_000))
    world.write(*((f"k{number % 8}", f"{number}") for number in range(24)))
    roll(world.log)
    limits = CleaningLimits(map_bytes=10 * ENTRY_BYTES, map_load_factor=0.5, buffer_bytes=64)
    assert world.clean(limits)
    checkpoint = world.filesystem.open("/data/cleaner-offset-checkpoint").read_at(0, 100)
    assert checkpoint == b"0\n1\norders 0 5\n"
    assert len(world.left) == 24  # five keys are known, each once
    rounds = 1
    while world.clean(limits):
        rounds += 1
    assert rounds == 5
    assert [offset for offset, _, _ in world.left] == list(range(16, 24))


@pytest.mark.parametrize("buffer_bytes", [1, 61, 100, 5000])
def test_a_batch_may_be_larger_than_the_buffer(buffer_bytes: int) -> None:
    world = World(dataclasses.replace(SMALL, segment_bytes=10_000))
    world.write(("a", "x" * 3000), ("b", "y" * 200), ("a", "z" * 900))
    roll(world.log)
    assert world.clean(CleaningLimits(buffer_bytes=buffer_bytes))
    assert keys(world.left) == ["b", "a"]
