"""Batches and logs for the storage tests."""

import uuid
from collections.abc import Iterable

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.records import NewRecord, Record, build_batch, iterate_headers, read_records
from barnabas.storage import AppendInfo, FileSystem, LogConfig, LogDirectory, LogSlice, PartitionLog
from barnabas.testing.memory_filesystem import MemoryFileSystem

NOW_MS = 1_700_000_000_000
TOPIC_ID = uuid.UUID("11111111-2222-3333-4444-555555555555")
ORDERS = TopicPartition("orders", 0)


def batch(*values: bytes, timestamp_ms: int = NOW_MS, key: bytes | None = None) -> bytearray:
    """A batch with one record per value."""
    return build_batch([NewRecord(key, value, timestamp_ms) for value in values])


def sequenced(
    sequence: int, count: int = 1, *, producer_id: int = 7, epoch: int = 0, timestamp_ms: int = NOW_MS
) -> bytearray:
    """A batch of an idempotent producer."""
    records = [NewRecord(None, f"{sequence + place}".encode(), timestamp_ms) for place in range(count)]
    return build_batch(records, producer_id=producer_id, producer_epoch=epoch, base_sequence=sequence)


def open_directory(
    filesystem: FileSystem | None = None,
    config: LogConfig | None = None,
    clock: ManualClock | None = None,
    path: str = "/data",
) -> LogDirectory:
    return LogDirectory.open(
        path,
        defaults=config or LogConfig(),
        filesystem=filesystem or MemoryFileSystem(),
        clock=clock or ManualClock(NOW_MS),
    )


def new_log(
    config: LogConfig | None = None, filesystem: FileSystem | None = None, clock: ManualClock | None = None
) -> PartitionLog:
    return open_directory(filesystem, config, clock).create_log(ORDERS, TOPIC_ID)


def append(log: PartitionLog, content: bytearray, *, leader_epoch: int = 0, now_ms: int = NOW_MS) -> AppendInfo:
    return log.append_as_leader(memoryview(content), leader_epoch=leader_epoch, now_ms=now_ms)


def records_of(content: bytes) -> list[Record]:
    records: list[Record] = []
    for position, _ in iterate_headers(content):
        records += read_records(content, position)
    return records


def read_values(piece: LogSlice | None) -> list[bytes | None]:
    return [] if piece is None else [record.value for record in records_of(piece.read())]


def all_records(log: PartitionLog) -> list[Record]:
    """Everything from the log's start to its end, read in small pieces."""
    records: list[Record] = []
    offset = log.log_start_offset
    while True:
        piece = log.read(offset, 512, below_offset=log.log_end_offset)
        if piece is None:
            return records
        found = records_of(piece.read())
        records += [record for record in found if record.offset >= offset]
        offset = found[-1].offset + 1


def all_values(log: PartitionLog) -> list[bytes | None]:
    return [record.value for record in all_records(log)]


def fill(log: PartitionLog, values: Iterable[bytes], *, timestamp_ms: int = NOW_MS) -> None:
    for value in values:
        append(log, batch(value, timestamp_ms=timestamp_ms), now_ms=timestamp_ms)
