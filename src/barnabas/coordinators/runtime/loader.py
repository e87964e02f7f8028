"""Replay: a shard's state is read back from its partition.

Records of a transaction count once its commit marker is read (KIP-98); those without one at the end of the log are not
yet part of the state.
"""

import asyncio
from collections.abc import Callable

from barnabas.coordinators.runtime.outcome import CoordinatorRecord
from barnabas.coordinators.runtime.sink import RecordSink
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import (
    BatchHeader,
    ControlType,
    iterate_headers,
    read_end_transaction_marker,
    read_records,
)

Replay = Callable[[CoordinatorRecord], None]


async def replay_partition(sink: RecordSink, partition: int, replay: Replay, *, buffer_bytes: int) -> None:
    """Hand every record between the start and the present end of the log to `replay`."""
    offset = sink.log_start_offset(partition)
    end = sink.log_end_offset(partition)
    batches = _BatchReplay(replay)
    while offset < end:
        buffer = await sink.read(partition, offset, buffer_bytes)
        if not buffer:
            return
        next_offset = offset
        for position, header in iterate_headers(buffer):
            batches.replay(buffer, position, header, offset)
            next_offset = max(next_offset, header.next_offset)
        if next_offset == offset:
            raise KafkaError(ErrorCode.CORRUPT_MESSAGE, f"partition {partition} has no whole batch at offset {offset}")
        offset = next_offset
        await asyncio.sleep(0)  # loading may take long; let others go on between two reads


class _BatchReplay:
    """Takes batches apart and holds back records of open transactions."""

    __slots__ = ("_open", "_replay")

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._open: dict[int, list[CoordinatorRecord]] = {}

    def replay(self, buffer: bytes, position: int, header: BatchHeader, from_offset: int) -> None:
        if header.is_control:
            self._end_transaction(buffer, position, header)
            return
        take = self._replay
        if header.is_transactional:
            take = self._open.setdefault(header.producer_id, []).append
        for record in read_records(buffer, position):
            if record.offset >= from_offset and record.key is not None:
                take(CoordinatorRecord(record.key, record.value))

    def _end_transaction(self, buffer: bytes, position: int, header: BatchHeader) -> None:
        records_of_marker = read_records(buffer, position)
        # Compaction leaves an empty control batch where it took a marker and all of its transaction.
        marker = read_end_transaction_marker(records_of_marker[0]) if records_of_marker else None
        if marker is None:
            return
        records = self._open.pop(header.producer_id, [])
        if marker.control_type is ControlType.COMMIT:
            for record in records:
                self._replay(record)
