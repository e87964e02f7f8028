"""`.index` and `.timeindex` files as they lie on the disk, and whether the log says the same.

An index of a segment that is being written is a file of its greatest size, filled with zeros behind the last entry; an
entry for the base offset that is not the first ends the reading therefore. `storage` keeps its indexes in memory and
refuses damaged ones; here every entry counts, so the bytes are read directly: `int32 relative offset | int32 position`
and `int64 timestamp | int32 relative offset`.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from barnabas.cli.dump_log.entries import Entry, Note, OffsetIndexEntry, TimeIndexEntry
from barnabas.cli.dump_log.findings import Findings, note
from barnabas.cli.dump_log.log_file import LogFile, StoredBatch, absolute_path, open_log, read_whole
from barnabas.cli.failures import ToolFailure

_OFFSET_ENTRY: Final = struct.Struct(">ii")
_TIME_ENTRY: Final = struct.Struct(">qi")
# The part of an index that lookups mostly hit is searched first; so is the result of a search in an unsorted one.
WARM_BYTES: Final = 8192
NO_TIMESTAMP: Final = -1


@dataclass(frozen=True, slots=True)
class IndexChecks:
    """What to do with indexes."""

    sanity_only: bool = False
    verify_only: bool = False
    max_message_bytes: int = 5 * 1024 * 1024


class OffsetIndexFile:
    """The entries of an offset index, all of them."""

    def __init__(self, path: str, base_offset: int) -> None:
        self.path = path
        self.base_offset = base_offset
        self._content = read_whole(path)
        self.count = len(self._content) // _OFFSET_ENTRY.size

    def entry(self, number: int) -> OffsetIndexEntry:
        relative, position = _OFFSET_ENTRY.unpack_from(self._content, number * _OFFSET_ENTRY.size)
        return OffsetIndexEntry(self.base_offset + relative, position)

    def check_sanity(self) -> None:
        """ToolFailure if a broker would make this index anew."""
        path, size_bytes = absolute_path(self.path), len(self._content)
        last_offset = self.entry(self.count - 1).offset if self.count else self.base_offset
        if last_offset < self.base_offset:
            raise ToolFailure(
                f"Corrupt index found, index file {path} has non-zero size but the last offset is {last_offset} "
                f"which is less than the base offset {self.base_offset}"
            )
        if size_bytes % _OFFSET_ENTRY.size:
            raise _odd_size(f"Index file {path}", size_bytes, _OFFSET_ENTRY.size)

    def position_before(self, offset: int) -> int:
        """Where to begin looking for an offset: the position of the last entry that is not beyond it."""
        if not self.count:
            return 0
        first_warm = max(0, self.count - 1 - WARM_BYTES // _OFFSET_ENTRY.size)
        if self.entry(first_warm).offset < offset:
            return self._search(first_warm, self.count - 1, offset)
        if self.entry(0).offset > offset:
            return 0
        return self._search(0, first_warm, offset)

    def _search(self, low: int, high: int, offset: int) -> int:
        while low < high:
            middle = (low + high + 1) // 2
            found = self.entry(middle).offset
            if found == offset:
                return self.entry(middle).position
            low, high = (low, middle - 1) if found > offset else (middle, high)
        return self.entry(low).position


def dump_offset_index(path: str, base_offset: int, checks: IndexChecks, findings: Findings) -> Iterator[Entry]:
    """The entries of an `.index`, each compared with the batch at its position."""
    with open_log(segment_file(path, ".log")) as log:
        index = OffsetIndexFile(path, base_offset)
        if not index.count:
            yield Note(f"{path} is empty.", {"isEmpty": True})
            return
        if checks.sanity_only:
            index.check_sanity()
            yield _passed(path)
            return
        for number in range(index.count):
            entry = index.entry(number)
            if number and entry.offset == base_offset:
                return
            last_offset = _batch_at(log, entry.position, checks.max_message_bytes).header.last_offset
            if last_offset != entry.offset:
                note(findings.index_mismatches, absolute_path(path), entry.offset, last_offset)
            if not checks.verify_only:
                yield entry


def _batch_at(log: LogFile, position: int, max_bytes: int) -> StoredBatch:
    if position <= log.size_bytes:
        for batch in log.batches(position, max_bytes):
            return batch
    raise ToolFailure(f"{log.path}: no batch of up to {max_bytes} bytes at position {position}, which the index names")


def dump_time_index(path: str, base_offset: int, checks: IndexChecks, findings: Findings) -> Iterator[Entry]:
    """The entries of a `.timeindex`, each compared with the batch that ends at its offset."""
    with open_log(segment_file(path, ".log")) as log:
        offset_index = OffsetIndexFile(segment_file(path, ".index"), base_offset)
        content = read_whole(path)
        if checks.sanity_only:
            _check_time_index_sanity(path, base_offset, content)
            yield _passed(path)
            return
        before = NO_TIMESTAMP
        for number, (timestamp, relative) in enumerate(_TIME_ENTRY.iter_unpack(_whole_entries(content))):
            entry = TimeIndexEntry(timestamp, base_offset + relative)
            if number and entry.offset == base_offset:
                return
            _verify_time(log, offset_index, entry, before, absolute_path(path), findings)
            if not checks.verify_only:
                yield entry
            before = timestamp


def _verify_time(
    log: LogFile, index: OffsetIndexFile, entry: TimeIndexEntry, before: int, path: str, findings: Findings
) -> None:
    position = index.position_before(entry.offset)
    if position > log.size_bytes:
        raise ToolFailure(f"{index.path}: position {position} is beyond the log, which has {log.size_bytes} bytes")
    batch = next((batch for batch in log.batches(position) if batch.header.last_offset >= entry.offset), None)
    if batch is None or batch.header.last_offset != entry.offset:
        found = -1 if batch is None else batch.header.last_offset
        note(findings.offsets_not_found, path, entry.offset, found)
        return
    greatest = max((record.timestamp_ms for record in batch.records()), default=NO_TIMESTAMP)
    if max(greatest, NO_TIMESTAMP) != entry.timestamp:
        note(findings.timestamp_mismatches, path, entry.timestamp, max(greatest, NO_TIMESTAMP))
    if before >= entry.timestamp:
        note(findings.timestamps_out_of_order, path, entry.timestamp, before)


def _whole_entries(content: bytes) -> bytes:
    return content[: len(content) // _TIME_ENTRY.size * _TIME_ENTRY.size]


def _check_time_index_sanity(path: str, base_offset: int, content: bytes) -> None:
    """ToolFailure if a broker would make this index anew."""
    absolute = absolute_path(path)
    entries = list(_TIME_ENTRY.iter_unpack(_whole_entries(content)))
    if entries:
        first_timestamp, (last_timestamp, last_relative) = entries[0][0], entries[-1]
        complaint = f"Corrupt time index found, time index file ({absolute}) has non-zero size but the last"
        if last_timestamp < first_timestamp:
            raise ToolFailure(
                f"{complaint} timestamp is {last_timestamp} which is less than the first timestamp {first_timestamp}"
            )
        if last_relative < 0:
            last_offset = base_offset + last_relative
            raise ToolFailure(f"{complaint} offset is {last_offset} which is less than the first offset {base_offset}")
    if len(content) % _TIME_ENTRY.size:
        raise _odd_size(f"Time index file {absolute}", len(content), _TIME_ENTRY.size)


def _odd_size(subject: str, size_bytes: int, entry_bytes: int) -> ToolFailure:
    return ToolFailure(
        f"{subject} is corrupt, found {size_bytes} bytes which is neither positive nor a multiple of {entry_bytes}"
    )


def _passed(path: str) -> Note:
    return Note(f"{path} passed sanity check.", {"passedSanityCheck": True})


def segment_file(path: str, suffix: str) -> str:
    """The other file of the same segment."""
    folder, name = os.path.split(path)
    return os.path.join(folder, name.split(".", maxsplit=1)[0] + suffix)
