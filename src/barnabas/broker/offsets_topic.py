"""`__consumer_offsets` as the coordinators see it: a place to append to, and to read back from."""

import asyncio
from dataclasses import dataclass

from barnabas.cluster.metadata import GROUP_OFFSETS_TOPIC
from barnabas.cluster.replication import Partition, Replicas
from barnabas.storage import AppendOrigin


@dataclass(frozen=True, slots=True)
class OffsetsTopic:
    """Reaches the topic's partitions that this broker leads."""

    replicas: Replicas

    async def append(self, partition: int, batch: bytearray) -> int:
        """Append a built batch; its base offset, once every in-sync replica has it.

        Raises KafkaError when the partition is not led here or its log refuses.
        """
        leader = self._leader(partition)
        info = leader.append(memoryview(batch), all_in_sync=True, origin=AppendOrigin.COORDINATOR)
        await leader.high_watermark.reached(info.last_offset + 1)
        return info.first_offset

    async def read(self, partition: int, offset: int, max_bytes: int) -> bytes:
        """Whole batches from `offset` on, at least one; empty at the end of the log."""
        leader = self._leader(partition)
        records = leader.read(offset, max_bytes, at_least_one=True).records
        try:
            return b"" if records is None else await asyncio.to_thread(records.read)
        except OSError as error:
            raise leader.log.storage_error(error) from error

    def log_start_offset(self, partition: int) -> int:
        return self._leader(partition).log.log_start_offset

    def log_end_offset(self, partition: int) -> int:
        return self._leader(partition).log.log_end_offset

    def _leader(self, partition: int) -> Partition:
        return self.replicas.leader(GROUP_OFFSETS_TOPIC, partition)
