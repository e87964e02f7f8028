"""Reading `__cluster_metadata-0`: the newest snapshot, then the records that the log has after it.

Snapshots are files `<end offset>-<epoch>.checkpoint`, full of batches as the log is; records in control batches
speak of the quorum and are passed over. Nothing is written: the directory stays as Kafka left it, whatever happens.
After a kill the last batch may be torn; what was committed comes before it, because a controller counts a record only
once it is on its disk. Source: KIP-595, KIP-630.
"""

import os
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from barnabas.cluster.adoption.errors import CannotAdopt
from barnabas.protocol.records import BatchHeader, InvalidBatch, iterate_headers, read_records, validate_batch
from barnabas.storage import FileSystem
from barnabas.storage.filesystem import read_file

_SNAPSHOT: Final = re.compile(r"(\d{20})-(\d{10})\.checkpoint")
_SEGMENT: Final = re.compile(r"(\d{20})\.log")


@dataclass(frozen=True, slots=True)
class MetadataEntry:
    """One record of the log, and where it was found for who can't make sense of it."""

    value: bytes
    place: str


def read_metadata_log(filesystem: FileSystem, directory: str) -> Iterator[MetadataEntry]:
    """The records that make up the cluster's state, in order; raises CannotAdopt where the log has a hole."""
    names = [entry.name for entry in filesystem.list(directory)]
    segments = sorted(int(match[1]) for name in names if (match := _SEGMENT.fullmatch(name)))
    snapshots = sorted((int(match[1]), int(match[2]), name) for name in names if (match := _SNAPSHOT.fullmatch(name)))
    next_offset = 0
    if snapshots:
        next_offset, _, name = snapshots[-1]
        yield from _read_snapshot(filesystem, os.path.join(directory, name))
    if segments and segments[0] > next_offset:
        raise CannotAdopt(f"{directory}: the metadata log begins at {segments[0]}, its snapshot ends at {next_offset}")
    for place, base_offset in enumerate(segments):
        is_last = place == len(segments) - 1
        if not is_last and segments[place + 1] <= next_offset:
            continue
        path = os.path.join(directory, f"{base_offset:020d}.log")
        next_offset = yield from _read_segment(filesystem, path, next_offset, is_last=is_last)


def _read_snapshot(filesystem: FileSystem, path: str) -> Iterator[MetadataEntry]:
    content = read_file(filesystem, path)
    end = 0
    for position, header in _sound_batches(content):
        end = position + header.size_bytes
        yield from _entries(content, position, header, path, 0)
    if end < len(content):
        raise CannotAdopt(f"{path}: damaged at position {end}")  # it was complete when it got its name


def _read_segment(
    filesystem: FileSystem, path: str, next_offset: int, *, is_last: bool
) -> Generator[MetadataEntry, None, int]:
    """Yields what is new from `next_offset` on; returns the offset after the segment's last batch."""
    content = read_file(filesystem, path)
    end = 0
    for position, header in _sound_batches(content):
        end = position + header.size_bytes
        if header.next_offset > next_offset:
            yield from _entries(content, position, header, path, next_offset)
            next_offset = header.next_offset
    if end < len(content) and not is_last:
        raise CannotAdopt(f"{path}: damaged at position {end}")
    return next_offset


def _sound_batches(content: bytes) -> Iterator[tuple[int, BatchHeader]]:
    """The whole batches up to the first that is not as it was written."""
    try:
        for position, header in iterate_headers(content):
            validate_batch(content, position, header)
            yield position, header
    except InvalidBatch:
        return


def _entries(
    content: bytes, position: int, header: BatchHeader, path: str, from_offset: int
) -> Iterator[MetadataEntry]:
    if header.is_control:
        return
    for record in read_records(content, position):
        if record.offset >= from_offset and record.value is not None:
            yield MetadataEntry(record.value, f"{path}, offset {record.offset}")
