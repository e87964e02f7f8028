"""The aborted transactions of one log, which readers of committed records are told of (KIP-98).

They stand in the `.txnindex` files of the segments; a segment in which no transaction was aborted has none. The files
are read at the first question and again when the log has other segments, so whoever swaps segments need not know of it.

After a crash a file may lack the last entries, or have some of markers that were lost: `settle` makes it agree with
the log, because the next clean start, here or with Kafka, believes the file.
"""

import logging
import os
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Final

from barnabas.protocol.records import BatchHeader, ControlType, InvalidBatch, read_end_transaction_marker, read_records
from barnabas.storage.filesystem import File, FileSystem, append_fully, read_file
from barnabas.storage.segment import TRANSACTION_INDEX_SUFFIX, Segment, file_name
from barnabas.storage.transaction_index import (
    AbortedTransaction,
    CorruptTransactionIndex,
    parse_aborted_transactions,
    render_aborted_transactions,
)

_BASE: Final = attrgetter("base_offset")
_LAST: Final = attrgetter("last_offset")
_logger = logging.getLogger(__name__)


class AbortedTransactions:
    """What a log's `.txnindex` files say, by the offsets of the markers."""

    __slots__ = ("_directory", "_entries", "_filesystem", "_segments")

    def __init__(self, filesystem: FileSystem, directory: str) -> None:
        self._filesystem = filesystem
        self._directory = directory
        self._segments: tuple[Segment, ...] = ()
        self._entries: list[AbortedTransaction] = []

    def between(self, segments: tuple[Segment, ...], offset: int, below_offset: int) -> list[AbortedTransaction]:
        """Those with records or a marker from `offset` on, in the segment that holds it and below `below_offset`."""
        if self._segments is not segments:
            self._entries = self._read(segments)
            self._segments = segments
        if not self._entries:
            return []
        place = bisect_right(segments, offset, key=_BASE)
        if place < len(segments):
            below_offset = min(below_offset, segments[place].base_offset)
        first = bisect_left(self._entries, offset, key=_LAST)
        return [entry for entry in self._entries[first:] if entry.first_offset < below_offset]

    def settle(
        self,
        segments: Sequence[Segment],
        *,
        found: Sequence[AbortedTransaction],
        log_end_offset: int,
        names: Collection[str] | None = None,
    ) -> None:
        """Make the files agree with the log: `found` are those that the end of the log tells of.

        `names` are the directory's files, where somebody has listed them.
        """
        if names is None:
            names = self._names()
        for place, segment in enumerate(segments):
            name = file_name(segment.base_offset, TRANSACTION_INDEX_SUFFIX)
            end = segments[place + 1].base_offset if place + 1 < len(segments) else log_end_offset
            mine = [entry for entry in found if segment.base_offset <= entry.last_offset < end]
            if name not in names and not mine:
                continue
            known = self._parse(name) if name in names else []
            kept = [entry for entry in known if entry.last_offset < log_end_offset]
            markers = {entry.last_offset for entry in kept}
            settled = sorted([*kept, *(entry for entry in mine if entry.last_offset not in markers)], key=_LAST)
            if settled != known:
                self._write(name, settled)
        self._segments = ()

    def _read(self, segments: tuple[Segment, ...]) -> list[AbortedTransaction]:
        names = self._names()
        wanted = (file_name(segment.base_offset, TRANSACTION_INDEX_SUFFIX) for segment in segments)
        return sorted((entry for name in wanted if name in names for entry in self._parse(name)), key=_LAST)

    def _names(self) -> set[str]:
        return {entry.name for entry in self._filesystem.list(self._directory)}

    def _parse(self, name: str) -> list[AbortedTransaction]:
        path = os.path.join(self._directory, name)
        try:
            return parse_aborted_transactions(read_file(self._filesystem, path), path)
        except CorruptTransactionIndex as error:
            _logger.warning("Which transactions were aborted is not known: %s", error)
            return []

    def _write(self, name: str, entries: list[AbortedTransaction]) -> None:
        file = self._filesystem.open(os.path.join(self._directory, name))
        if file.size():
            file.truncate(0)
        append_fully(file, render_aborted_transactions(entries))
        file.sync()


def is_abort(file: File, position: int, header: BatchHeader) -> bool:
    """Whether a control batch says that a transaction was rolled back."""
    try:
        records = read_records(file.read_at(position, header.size_bytes))
        marker = read_end_transaction_marker(records[0]) if records else None
    except InvalidBatch:
        return False
    return marker is not None and marker.control_type is ControlType.ABORT
