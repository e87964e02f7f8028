"""A log against a plain list: whatever is appended, read, cut, crashed and restarted, both say the same.

Invariants: reading anywhere brings exactly the batches of the model; a killed process loses nothing that was
acknowledged; a power failure leaves a beginning of the log that reaches at least to the recovery point.
"""

import random
from typing import NamedTuple

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import Compression, NewRecord, build_batch
from barnabas.storage import LogConfig, LogDirectory, PartitionLog
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, records_of

CONFIG = LogConfig(segment_bytes=900, index_interval_bytes=150, segment_index_bytes=120)
PRODUCER_ID = 4


class Stored(NamedTuple):
    """A batch as the model remembers it."""

    first_offset: int
    values: tuple[bytes, ...]
    timestamp_ms: int
    leader_epoch: int
    first_sequence: int

    @property
    def next_offset(self) -> int:
        return self.first_offset + len(self.values)


class PartitionLogModel(RuleBasedStateMachine):
    """The list is `batches`; everything else is derived from it."""

    def __init__(self) -> None:
        super().__init__()
        self.filesystem = MemoryFileSystem()
        self.clock = ManualClock(NOW_MS)
        self.batches: list[Stored] = []
        self.start_offset = 0
        self.end_offset = 0
        self.leader_epoch = 0
        self.serial = 0
        self.directory = self.open()
        self.log = self.directory.create_log(ORDERS, TOPIC_ID)

    def open(self) -> LogDirectory:
        return LogDirectory.open("/data", defaults=CONFIG, filesystem=self.filesystem, clock=self.clock)

    def teardown(self) -> None:
        self.directory.release()

    @property
    def next_sequence(self) -> int:
        sequenced = [batch for batch in self.batches if batch.first_sequence >= 0]
        return sequenced[-1].first_sequence + len(sequenced[-1].values) if sequenced else 0

    @rule(
        count=st.integers(1, 4),
        size=st.integers(0, 120),
        timestamp=st.integers(-50, 50),
        compression=st.sampled_from([Compression.NONE, Compression.LZ4]),
        is_idempotent=st.booleans(),
    )
    def append(self, count: int, size: int, timestamp: int, compression: Compression, *, is_idempotent: bool) -> None:
        self.serial += 1
        values = tuple(f"{self.serial}.{place}.".encode() + b"x" * size for place in range(count))
        timestamp_ms = NOW_MS + timestamp
        records = [NewRecord(None, value, timestamp_ms) for value in values]
        sequence = self.next_sequence if is_idempotent else -1
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
        self.batches.append(Stored(self.end_offset, values, timestamp_ms, self.leader_epoch, sequence))
        self.end_offset += count

    @precondition(lambda self: any(batch.first_sequence >= 0 for batch in self.batches))
    @rule()
    def repeat_the_last_of_the_producer(self) -> None:
        last = [batch for batch in self.batches if batch.first_sequence >= 0][-1]
        records = [NewRecord(None, value, last.timestamp_ms) for value in last.values]
        content = build_batch(records, producer_id=PRODUCER_ID, producer_epoch=0, base_sequence=last.first_sequence)
        info = self.log.append_as_leader(memoryview(content), leader_epoch=self.leader_epoch, now_ms=NOW_MS)
        assert info.is_duplicate
        assert (info.first_offset, info.last_offset) == (last.first_offset, last.next_offset - 1)

    @rule()
    def elect(self) -> None:
        self.leader_epoch += 1

    @rule(data=st.data(), max_bytes=st.integers(0, 2000), at_least_one=st.booleans())
    def read(self, data: st.DataObject, max_bytes: int, *, at_least_one: bool) -> None:
        offset = data.draw(st.integers(self.start_offset, self.end_offset))
        below = data.draw(st.integers(self.start_offset, self.end_offset))
        piece = self.log.read(offset, max_bytes, below_offset=below, at_least_one=at_least_one)
        readable = [batch for batch in self.batches if batch.next_offset > offset and batch.next_offset <= below]
        if offset >= below or not readable:
            assert piece is None
            return
        if piece is None:
            assert not at_least_one
            return
        content = piece.read()
        records = records_of(content)
        expected = [
            (batch.first_offset + place, value) for batch in readable for place, value in enumerate(batch.values)
        ]
        assert [(record.offset, record.value) for record in records] == expected[: len(records)]
        first_batch_end = readable[0].next_offset
        assert len(content) <= max_bytes or (at_least_one and records[-1].offset + 1 == first_batch_end)

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
                (batch.timestamp_ms, max(batch.first_offset, self.start_offset), batch.leader_epoch)
                for batch in self.batches
                if batch.timestamp_ms >= timestamp_ms and batch.next_offset > self.start_offset
            ),
            None,
        )
        assert self.log.offset_for_timestamp(timestamp_ms) == expected

    @rule(data=st.data())
    def truncate(self, data: st.DataObject) -> None:
        boundaries = [self.end_offset, *(b.first_offset for b in self.batches if b.first_offset >= self.start_offset)]
        offset = data.draw(st.sampled_from(boundaries))
        self.log.truncate_to(offset)
        self.cut_model(offset)

    @rule(data=st.data())
    def delete_records(self, data: st.DataObject) -> None:
        offset = data.draw(st.integers(self.start_offset, self.end_offset))
        assert self.log.delete_records_before(offset) == offset
        self.start_offset = offset
        self.directory.checkpoint()

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
        self.directory.close()
        self.restart()

    @rule()
    def kill(self) -> None:
        self.filesystem = self.filesystem.after_crash()
        self.restart()

    @rule(seed=st.integers(0, 2**16))
    def cut_the_power(self, seed: int) -> None:
        flushed = self.log.recovery_point
        self.filesystem = self.filesystem.after_crash(random.Random(seed))
        self.directory = self.open()
        self.log = self.directory.create_log(ORDERS, TOPIC_ID)
        assert self.log.log_end_offset >= flushed
        self.start_offset = max(self.start_offset, self.log.log_start_offset)
        self.cut_model(self.log.log_end_offset)
        if not self.log.producers:
            # All that was not below the log's start is lost; what the producer sends next is taken as it comes.
            self.batches = [batch._replace(first_sequence=-1) for batch in self.batches]

    def restart(self) -> None:
        self.directory = self.open()
        self.log = self.directory.logs[ORDERS]

    def cut_model(self, offset: int) -> None:
        self.batches = [batch for batch in self.batches if batch.next_offset <= offset]
        self.end_offset = offset
        self.start_offset = min(self.start_offset, offset)

    @invariant()
    def log_and_model_agree(self) -> None:
        log = self.log
        assert (log.log_start_offset, log.log_end_offset) == (self.start_offset, self.end_offset)
        kept = [batch for batch in self.batches if batch.next_offset > self.start_offset]
        for batch in kept:
            assert log.epoch_for_offset(batch.next_offset - 1) == batch.leader_epoch
        assert _values(log) == [value for batch in kept for value in batch.values]


def _values(log: PartitionLog) -> list[bytes | None]:
    values: list[bytes | None] = []
    offset = log.log_start_offset
    while (piece := log.read(offset, 400, below_offset=log.log_end_offset)) is not None:
        records = records_of(piece.read())
        values += [record.value for record in records]
        offset = records[-1].offset + 1
    return values


TestPartitionLogModel = PartitionLogModel.TestCase
