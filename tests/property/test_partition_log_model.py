"""A log against a plain list: whatever is appended, read, cut, compacted, crashed and restarted, both say the same.

Invariants: reading anywhere brings exactly the batches of the model; a killed process loses nothing that was
acknowledged; a power failure leaves a beginning of the log that reaches at least to the recovery point; a crash in the
middle of a compaction takes nothing that the whole compaction would not have taken; a producer stays known.
"""

import contextlib
import random
from dataclasses import dataclass, replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import Compression, NewRecord, build_batch, iterate_headers, read_records
from barnabas.storage import LogConfig, LogDirectory
from barnabas.storage.compaction.cleaner import LogCleaner
from barnabas.storage.compaction.runners import ThreadRunner
from barnabas.testing.memory_filesystem import MemoryFileSystem, SimulatedCrash
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, records_of
from unit.storage.compaction.cleaning import cleaner_for, content_of, roll

DELETE_RETENTION_MS = 60_000
CONFIG = LogConfig(
    segment_bytes=900,
    index_interval_bytes=150,
    segment_index_bytes=120,
    compact=True,
    delete=False,
    min_cleanable_dirty_ratio=0.0,
    delete_retention_ms=DELETE_RETENTION_MS,
)
PRODUCER_ID = 4
Records = tuple[tuple[int, bytes, bytes | None], ...]
"""Offset, key, value."""


@dataclass(frozen=True)
class Stored:
    """A batch as the model remembers it; compaction takes records, and at last the batch."""

    first_offset: int
    next_offset: int
    records: Records
    timestamp_ms: int
    leader_epoch: int
    horizon_ms: int | None = None


class PartitionLogModel(RuleBasedStateMachine):
    """The list is `batches`; everything else is derived from it."""

    config = CONFIG

    def __init__(self) -> None:
        super().__init__()
        self.filesystem = MemoryFileSystem()
        self.clock = ManualClock(NOW_MS)
        self.batches: list[Stored] = []
        self.start_offset = 0
        self.end_offset = 0
        self.clean_until = 0
        self.leader_epoch = 0
        self.serial = 0
        self.last_sent: tuple[int, int, int] | None = None
        """First sequence number, number of records and first offset of what the producer sent last."""
        self.directory = self.open()
        self.log = self.directory.create_log(ORDERS, TOPIC_ID)
        self.cleaner = self.new_cleaner()

    def open(self) -> LogDirectory:
        return LogDirectory.open("/data", defaults=self.config, filesystem=self.filesystem, clock=self.clock)

    def new_cleaner(self) -> LogCleaner:
        return cleaner_for([self.log], self.filesystem, self.clock)

    def teardown(self) -> None:
        self.directory.release()

    @property
    def last_sequence(self) -> int:
        return next((entry.last_sequence for entry in self.log.producers), -1)

    @property
    def last_data_offset(self) -> int:
        return next((entry.batches[-1].last_offset for entry in self.log.producers if entry.batches), -1)

    @rule(
        keys=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4),
        size=st.integers(0, 120),
        timestamp=st.integers(-50, 50),
        compression=st.sampled_from([Compression.NONE, Compression.LZ4]),
        tombstones=st.integers(0, 15),
        is_idempotent=st.booleans(),
    )
    def append(
        self,
        keys: list[str],
        size: int,
        timestamp: int,
        compression: Compression,
        tombstones: int,
        *,
        is_idempotent: bool,
    ) -> None:
        self.serial += 1
        count = len(keys)
        timestamp_ms = NOW_MS + timestamp
        records = [
            NewRecord(
                key.encode(),
                None if tombstones & 1 << place else f"{self.serial}.{place}.".encode() + b"x" * size,
                timestamp_ms,
            )
            for place, key in enumerate(keys)
        ]
        sequence = self.last_sequence + 1 if is_idempotent else -1
        content = build_batch(
            records,
            compression=compression,
            producer_id=PRODUCER_ID if is_idempotent else -1,
            producer_epoch=0 if is_idempotent else -1,
            base_sequence=sequence,
        )
        info = self.log.append_as_leader(
            memoryview(content), leader_epoch=self.leader_epoch, now_ms=self.clock.now_ms()
        )
        assert not info.is_duplicate
        assert (info.first_offset, info.last_offset) == (self.end_offset, self.end_offset + count - 1)
        if is_idempotent:
            self.last_sent = (sequence, count, self.end_offset)
        stored = tuple(
            (self.end_offset + place, key.encode(), record.value)
            for place, (key, record) in enumerate(zip(keys, records, strict=True))
        )
        self.batches.append(Stored(self.end_offset, self.end_offset + count, stored, timestamp_ms, self.leader_epoch))
        self.end_offset += count

    @precondition(lambda self: self.last_sent is not None)
    @rule()
    def repeat_the_last_of_the_producer(self) -> None:
        assert self.last_sent is not None
        sequence, count, offset = self.last_sent
        records = [NewRecord(b"again", b"", NOW_MS)] * count
        content = build_batch(records, producer_id=PRODUCER_ID, producer_epoch=0, base_sequence=sequence)
        info = self.log.append_as_leader(memoryview(content), leader_epoch=self.leader_epoch, now_ms=NOW_MS)
        assert info.is_duplicate
        assert (info.first_offset, info.last_offset) == (offset, offset + count - 1)

    @rule()
    def elect(self) -> None:
        self.leader_epoch += 1

    @rule(data=st.data(), max_bytes=st.integers(0, 2000), at_least_one=st.booleans())
    def read(self, data: st.DataObject, max_bytes: int, *, at_least_one: bool) -> None:
        offset = data.draw(st.integers(self.start_offset, self.end_offset))
        below = data.draw(st.integers(self.start_offset, self.end_offset))
        piece = self.log.read(offset, max_bytes, below_offset=below, at_least_one=at_least_one)
        behind = [batch for batch in self.batches if batch.next_offset > offset]
        readable = [batch for batch in behind if batch.next_offset <= below]
        if offset >= below or not readable:
            assert piece is None
            return
        if piece is None:
            assert not at_least_one
            return
        content = piece.read()
        found = [(header.base_offset, header.next_offset) for _, header in iterate_headers(content)]
        assert found == [(batch.first_offset, batch.next_offset) for batch in readable[: len(found)]]
        expected = [record for batch in readable[: len(found)] for record in batch.records]
        assert [(record.offset, record.key, record.value) for record in records_of(content)] == expected
        assert len(content) <= max_bytes or (at_least_one and len(found) == 1)

    @rule(offset=st.sampled_from([-1, 1]))
    def read_out_of_range(self, offset: int) -> None:
        outside = self.start_offset - 1 if offset < 0 else self.end_offset + 1
        with pytest.raises(KafkaError) as caught:
            self.log.read(outside, 100, below_offset=self.end_offset)
        assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE

    @rule(timestamp=st.integers(-60, 60))
    def look_up_a_timestamp(self, timestamp: int) -> None:
        timestamp_ms = NOW_MS + timestamp
        expected = next(
            (
                (batch.timestamp_ms, offset, batch.leader_epoch)
                for batch in self.batches
                for offset, _, _ in batch.records
                if batch.timestamp_ms >= timestamp_ms and offset >= self.start_offset
            ),
            None,
        )
        assert self.log.offset_for_timestamp(timestamp_ms) == expected

    @rule(data=st.data())
    def truncate(self, data: st.DataObject) -> None:
        boundaries = [self.end_offset, *(b.next_offset for b in self.batches if b.next_offset >= self.start_offset)]
        offset = data.draw(st.sampled_from(boundaries))
        self.log.truncate_to(offset)
        self.directory.checkpoint()  # as Kafka does after a truncation: the recovery point has gone back
        self.cleaner.note_cut(self.log)
        self.cut_model(offset)

    @rule(data=st.data())
    def delete_records(self, data: st.DataObject) -> None:
        offset = data.draw(st.integers(self.start_offset, self.end_offset))
        assert self.log.delete_records_before(offset) == offset
        self.start_offset = offset
        self.directory.checkpoint()

    # Compaction

    @rule()
    def roll(self) -> None:
        if self.log.size_bytes and self.log.segment_base_offsets[-1] < self.end_offset:
            roll(self.log)

    @rule(rolls=st.booleans())
    def compact(self, *, rolls: bool) -> None:
        if rolls:
            self.roll()
        producers = self.last_sequence, self.last_data_offset
        after, end_offset = self.compacted()
        if self.cleaner.clean_dirtiest(ThreadRunner(self.filesystem)):
            self.batches, self.clean_until = after, end_offset
        assert self.cleaner.uncleanable == []
        assert (self.last_sequence, self.last_data_offset) == producers

    @rule(operation=st.integers(0, 60), power_failure=st.none() | st.integers(0, 2**16))
    def crash_while_compacting(self, operation: int, power_failure: int | None) -> None:
        if power_failure is not None:
            self.log.flush()  # what is lost with the power otherwise is `cut_the_power`'s to look at
        self.roll()
        sequence = self.last_sequence
        before = self.batches
        after, end_offset = self.compacted()
        self.filesystem.crash_at = self.filesystem.operations + operation
        was_cleaned = False
        with contextlib.suppress(SimulatedCrash):
            was_cleaned = self.cleaner.clean_dirtiest(ThreadRunner(self.filesystem))
        seed = None if power_failure is None else random.Random(power_failure)
        self.filesystem = self.filesystem.after_crash(seed)
        self.restart()
        found = self.found()
        if was_cleaned:
            self.clean_until = end_offset
        at_most = {record for batch in before for record in batch.records}
        at_least = {record for batch in after for record in batch.records if record[0] >= self.start_offset}
        kept = {record for batch in found for record in batch.records}
        assert at_least <= kept <= at_most
        visible = [batch for batch in before if batch.next_offset <= self.start_offset]
        self.batches = visible + found
        if sequence >= 0 and self.last_data_offset >= 0:
            assert self.last_sequence == sequence

    def compacted(self) -> tuple[list[Stored], int]:
        """What compaction has to make of the model's batches, and up to where."""
        end_offset = self.log.segment_base_offsets[-1]
        dirty_from = self.clean_until
        if not self.start_offset <= dirty_from <= self.end_offset:
            dirty_from = self.start_offset
        end_offset = max(end_offset, dirty_from)
        last = {
            key: offset
            for batch in self.batches
            for offset, key, _ in batch.records
            if dirty_from <= offset < end_offset
        }
        now_ms = self.clock.now_ms()
        after = []
        for batch in self.batches:
            if batch.first_offset >= end_offset:
                after.append(batch)
                continue
            is_past = batch.horizon_ms is not None and batch.horizon_ms <= now_ms
            records = tuple(
                (offset, key, value)
                for offset, key, value in batch.records
                if offset >= last.get(key, -1) and not (value is None and is_past)
            )
            horizon_ms = batch.horizon_ms
            if not records:
                horizon_ms = None
            elif horizon_ms is None and any(value is None for _, _, value in records):
                horizon_ms = now_ms + DELETE_RETENTION_MS
            if records or batch.next_offset in (end_offset, self.last_data_offset + 1):
                after.append(replace(batch, records=records, horizon_ms=horizon_ms))
        return after, end_offset

    def found(self) -> list[Stored]:
        """The batches from the log's start on, as they are read back."""
        content = content_of(self.log)
        timestamps = {batch.first_offset: batch.timestamp_ms for batch in self.batches}
        return [
            Stored(
                header.base_offset,
                header.next_offset,
                tuple((record.offset, record.key or b"", record.value) for record in read_records(content, position)),
                timestamps[header.base_offset],
                header.partition_leader_epoch,
                header.delete_horizon_ms,
            )
            for position, header in iterate_headers(content)
        ]

    # Flushes, restarts, crashes

    @rule()
    def flush(self) -> None:
        self.log.flush()
        assert self.log.recovery_point == self.end_offset
        self.directory.checkpoint()

    @rule(advance_ms=st.integers(0, 120_000))
    def remove_deleted_files(self, advance_ms: int) -> None:
        self.clock.advance_ms(advance_ms)
        self.directory.remove_deleted()

    @rule()
    def restart_cleanly(self) -> None:
        sequence = self.last_sequence
        self.directory.close()
        self.restart()
        assert self.last_sequence == sequence

    @rule()
    def kill(self) -> None:
        self.filesystem = self.filesystem.after_crash()
        self.restart()

    @rule(seed=st.integers(0, 2**16))
    def cut_the_power(self, seed: int) -> None:
        flushed = self.log.recovery_point
        self.filesystem = self.filesystem.after_crash(random.Random(seed))
        self.restart()
        assert self.log.log_end_offset >= flushed
        self.start_offset = max(self.start_offset, self.log.log_start_offset)
        self.cut_model(self.log.log_end_offset)

    def restart(self) -> None:
        self.directory = self.open()
        self.log = self.directory.create_log(ORDERS, TOPIC_ID)
        self.cleaner = self.new_cleaner()
        if self.last_sent is not None and self.last_sequence != self.last_sent[0] + self.last_sent[1] - 1:
            self.last_sent = None

    def cut_model(self, offset: int) -> None:
        self.batches = [batch for batch in self.batches if batch.next_offset <= offset]
        self.end_offset = offset
        self.start_offset = min(self.start_offset, offset)
        self.clean_until = min(self.clean_until, offset)
        if self.last_sent is not None and self.last_sent[2] >= offset:
            self.last_sent = None

    @invariant()
    def log_and_model_agree(self) -> None:
        log = self.log
        assert (log.log_start_offset, log.log_end_offset) == (self.start_offset, self.end_offset)
        kept = [batch for batch in self.batches if batch.next_offset > self.start_offset]
        for batch in kept:
            assert log.epoch_for_offset(batch.next_offset - 1) == batch.leader_epoch
        assert self.found() == kept


TestPartitionLogModel = PartitionLogModel.TestCase


class ReservedAndRecompressed(PartitionLogModel):
    """The same where segments have their room from the start, and batches a codec of the topic's."""

    config = replace(CONFIG, preallocate=True, compression_type="zstd", segment_jitter_ms=1000)


TestReservedAndRecompressed = ReservedAndRecompressed.TestCase
