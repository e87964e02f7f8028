"""An internal topic in memory, for tests of coordinators."""

import asyncio
from collections import defaultdict, deque

from barnabas.coordinators.runtime.outcome import CoordinatorRecord
from barnabas.foundation.errors import KafkaError
from barnabas.protocol.records import read_header, read_records, stamp_batch


class MemorySink:
    """A RecordSink whose appends can be held back, and made to fail."""

    def __init__(self) -> None:
        self.batches: defaultdict[int, list[bytes]] = defaultdict(list)
        self.failures: deque[Exception] = deque()
        self.open = asyncio.Event()
        self.open.set()

    async def append(self, partition: int, batch: bytearray) -> int:
        await self.open.wait()
        if self.failures:
            raise self.failures.popleft()
        base_offset = self.log_end_offset(partition)
        stamp_batch(batch, 0, base_offset=base_offset, leader_epoch=0)
        self.batches[partition].append(bytes(batch))
        return base_offset

    async def read(self, partition: int, offset: int, max_bytes: int) -> bytes:
        taken = b""
        for batch in self.batches[partition]:
            if read_header(batch).next_offset <= offset:
                continue
            if taken and len(taken) + len(batch) > max_bytes:
                break
            taken += batch
        return taken

    def log_start_offset(self, partition: int) -> int:
        del partition
        return 0

    def log_end_offset(self, partition: int) -> int:
        batches = self.batches[partition]
        return read_header(batches[-1]).next_offset if batches else 0

    def records(self, partition: int = 0) -> list[CoordinatorRecord]:
        return [
            CoordinatorRecord(record.key or b"", record.value)
            for batch in self.batches[partition]
            for record in read_records(batch)
        ]

    def fail_next(self, error: KafkaError | Exception) -> None:
        self.failures.append(error)
