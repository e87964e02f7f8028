"""Where coordinators keep their records: the partitions of an internal topic."""

from typing import Protocol


class RecordSink(Protocol):
    """The partitions of one internal topic that this broker leads."""

    async def append(self, partition: int, batch: bytearray) -> int:
        """Append one built batch; returns its base offset once all in-sync replicas have it.

        Calls are stored in the order in which they were made. Raises KafkaError, among others NOT_LEADER_OR_FOLLOWER,
        NOT_ENOUGH_REPLICAS, MESSAGE_TOO_LARGE or KAFKA_STORAGE_ERROR; nothing of the batch may be read then.
        """

    async def read(self, partition: int, offset: int, max_bytes: int) -> bytes:
        """Whole batches, the first of which holds `offset` and is there whatever its size; b"" at the end.

        Raises KafkaError when the partition can't be read.
        """

    def log_start_offset(self, partition: int) -> int:
        """The first offset there is."""

    def log_end_offset(self, partition: int) -> int:
        """One past the last offset there is."""
