"""Which batches belong to transactions that were rolled back, and which markers nobody needs any more (KIP-98).

A marker is needed as long as anything of its transaction is in the log: a reader could not tell otherwise how the
transaction ended. So the log is read from its beginning, and a transaction counts as gone when its marker comes by and
no batch of it has.

Batches are shown in the order of the log, through all segments of one cleaning.
"""

import heapq
import struct
from collections.abc import Iterable
from typing import Final

from barnabas.protocol.records import BatchHeader, ControlType, InvalidBatch
from barnabas.storage.transaction_index import AbortedTransaction

_CONTROL_KEY: Final = struct.Struct(">hh")
"""Version and type."""


class CleanedTransactions:
    """What is known of the transactions that are open at the place the cleaning has come to."""

    __slots__ = ("_committed", "_open_aborted", "_retained_aborted", "_seen_aborted", "_upcoming")

    def __init__(self, aborted: Iterable[AbortedTransaction]) -> None:
        self._upcoming = [(entry.first_offset, entry) for entry in set(aborted)]
        heapq.heapify(self._upcoming)
        self._open_aborted: dict[int, AbortedTransaction] = {}
        self._seen_aborted: set[int] = set()
        """Producers of open aborted transactions of which a batch came by."""
        self._committed: set[int] = set()
        """Producers of open transactions that will be committed."""
        self._retained_aborted: list[AbortedTransaction] = []

    def is_aborted(self, header: BatchHeader) -> bool:
        """A batch of data came by: was it rolled back?"""
        self._begin_up_to(header.last_offset)
        if not header.is_transactional:
            return False
        if header.producer_id in self._open_aborted:
            self._seen_aborted.add(header.producer_id)
            return True
        self._committed.add(header.producer_id)
        return False

    def is_marker_of_nothing(self, header: BatchHeader, key: bytes | None) -> bool:
        """A control batch came by, with the key of its record or none if it is empty: is all of its transaction gone?

        An empty control batch is what an earlier cleaning left of such a marker.
        """
        self._begin_up_to(header.last_offset)
        if key is None:
            return True
        producer_id = header.producer_id
        match _control_type(key):
            case ControlType.ABORT:
                aborted = self._open_aborted.pop(producer_id, None)
                if aborted is None or producer_id not in self._seen_aborted:
                    return True
                self._seen_aborted.discard(producer_id)
                self._retained_aborted.append(aborted)
                return False
            case ControlType.COMMIT:
                is_open = producer_id in self._committed
                self._committed.discard(producer_id)
                return not is_open
            case _:
                return False

    def take_retained(self) -> list[AbortedTransaction]:
        """The aborted transactions that ended since the last call and left something: entries for a `.txnindex`."""
        retained, self._retained_aborted = self._retained_aborted, []
        return retained

    def _begin_up_to(self, offset: int) -> None:
        while self._upcoming and self._upcoming[0][0] <= offset:
            _, entry = heapq.heappop(self._upcoming)
            self._open_aborted.setdefault(entry.producer_id, entry)


def _control_type(key: bytes) -> int:
    if len(key) < _CONTROL_KEY.size:
        raise InvalidBatch(f"key of a control record has {len(key)} bytes")
    control_type: int = _CONTROL_KEY.unpack_from(key)[1]
    return control_type
