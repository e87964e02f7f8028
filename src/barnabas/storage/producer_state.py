"""What each idempotent producer wrote last, so that a batch sent twice is stored once (KIP-98).

Per producer ID: its epoch and the last five batches. A batch that repeats one of them is answered with that one's
offsets; one that does not continue the sequence is refused; so is one of an older epoch. A producer of whom nothing is
known (its state expired, or the log was truncated) may begin at any sequence number, as Kafka 4 allows outside of
transactions.

Invariant: this is a function of the batches in the log up to `end_offset`; it can be made anew from them at any time.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import BatchHeader

REMEMBERED_BATCHES: Final = 5
NO_SEQUENCE: Final = -1
NO_OFFSET: Final = -1
_SEQUENCE_MASK: Final = 0x7FFF_FFFF


class ProducerBatch(NamedTuple):
    """One batch that a producer wrote."""

    first_sequence: int
    last_sequence: int
    first_offset: int
    last_offset: int
    timestamp_ms: int


class ProducerEntry:
    """One producer; `batches` are its last ones of the current epoch, oldest first."""

    __slots__ = (
        "batches",
        "coordinator_epoch",
        "current_txn_first_offset",
        "last_timestamp_ms",
        "producer_epoch",
        "producer_id",
    )

    def __init__(
        self,
        producer_id: int,
        producer_epoch: int,
        *,
        last_timestamp_ms: int = -1,
        coordinator_epoch: int = -1,
        current_txn_first_offset: int = NO_OFFSET,
        batches: Iterable[ProducerBatch] = (),
    ) -> None:
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.last_timestamp_ms = last_timestamp_ms
        self.coordinator_epoch = coordinator_epoch
        self.current_txn_first_offset = current_txn_first_offset
        self.batches = list(batches)

    @property
    def last_sequence(self) -> int:
        return self.batches[-1].last_sequence if self.batches else NO_SEQUENCE


class ProducerStates:
    """All producers that have written to one log."""

    __slots__ = ("_entries", "_open", "end_offset")

    def __init__(self) -> None:
        self._entries: dict[int, ProducerEntry] = {}
        self._open: dict[int, int] = {}
        """First offset of each transaction that has not ended, by producer ID."""
        self.end_offset = 0
        """The state covers the log up to here."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def first_open_offset(self) -> int | None:
        """Where the oldest transaction begins that has not ended; None if all have."""
        return min(tuple(self._open.values())) if self._open else None

    def open_since(self, producer_id: int) -> int | None:
        """Where this producer's open transaction begins; None if it has none."""
        return self._open.get(producer_id)

    def entries(self) -> list[ProducerEntry]:
        return list(self._entries.values())

    def get(self, producer_id: int) -> ProducerEntry | None:
        return self._entries.get(producer_id)

    def check(self, header: BatchHeader) -> ProducerBatch | None:
        """Whether a producer may append this batch now.

        Returns the batch that it repeats, if it does. Raises KafkaError with INVALID_PRODUCER_EPOCH or
        OUT_OF_ORDER_SEQUENCE_NUMBER.
        """
        entry = self._entries.get(header.producer_id)
        if entry is None:
            return None
        first_sequence = header.base_sequence
        if header.producer_epoch == entry.producer_epoch:
            expected = (entry.last_sequence + 1) & _SEQUENCE_MASK
            last_sequence = header.last_sequence
            for batch in reversed(entry.batches):
                if batch.first_sequence == first_sequence and batch.last_sequence == last_sequence:
                    return batch
            if first_sequence == expected or header.is_control:  # the end of a transaction has no sequence number
                return None
            raise KafkaError(
                ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"producer {header.producer_id} sent sequence number {first_sequence}, expected {expected}",
            )
        if header.producer_epoch < entry.producer_epoch:
            raise KafkaError(
                ErrorCode.INVALID_PRODUCER_EPOCH,
                f"epoch of producer {header.producer_id} is {header.producer_epoch}, "
                f"the current one is {entry.producer_epoch}",
            )
        if first_sequence != 0 and not header.is_control:
            raise KafkaError(
                ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"producer {header.producer_id} began epoch {header.producer_epoch} "
                f"with sequence number {first_sequence}, expected 0",
            )
        return None

    def note(self, header: BatchHeader, base_offset: int, max_timestamp_ms: int) -> None:
        """Take in a batch that is in the log; nothing is checked, the leader has done that."""
        producer_id = header.producer_id
        entry = self._entries.get(producer_id)
        if entry is None:
            entry = self._entries[producer_id] = ProducerEntry(producer_id, header.producer_epoch)
        elif header.producer_epoch != entry.producer_epoch:
            entry.producer_epoch = header.producer_epoch
            entry.batches.clear()
        entry.last_timestamp_ms = max_timestamp_ms
        if header.is_control:
            entry.current_txn_first_offset = NO_OFFSET
            self._open.pop(producer_id, None)
            return
        batches = entry.batches
        if len(batches) == REMEMBERED_BATCHES:
            del batches[0]
        batches.append(
            ProducerBatch(
                header.base_sequence,
                header.last_sequence,
                base_offset,
                base_offset + header.last_offset_delta,
                max_timestamp_ms,
            )
        )
        if header.is_transactional and entry.current_txn_first_offset == NO_OFFSET:
            entry.current_txn_first_offset = self._open[producer_id] = base_offset

    def expire(self, now_ms: int, expiration_ms: int) -> int:
        """Forget producers that have written nothing for so long; returns how many. Open transactions keep theirs."""
        expired = [
            entry.producer_id
            for entry in self._entries.values()
            if entry.current_txn_first_offset == NO_OFFSET and now_ms - entry.last_timestamp_ms >= expiration_ms
        ]
        for producer_id in expired:
            del self._entries[producer_id]
        return len(expired)

    def replace(self, entries: Iterable[ProducerEntry], end_offset: int) -> None:
        """Begin anew from a snapshot."""
        self._entries = {entry.producer_id: entry for entry in entries}
        self._open = {
            entry.producer_id: entry.current_txn_first_offset
            for entry in self._entries.values()
            if entry.current_txn_first_offset != NO_OFFSET
        }
        self.end_offset = end_offset
