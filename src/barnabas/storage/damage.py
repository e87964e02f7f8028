"""Batches that are not what was written, with sound ones behind them: found, told, and kept (decision 0007).

A crash tears the last batch of a log; nothing sound follows it, and it is cut. Where sound batches do follow, the disk
has lost something that was there: what can't stay in the log is put aside in a file of its own, named after the segment
and the position, so that nothing is lost that somebody may still want to look at.
"""

import os
from typing import Final

from barnabas.protocol.records import BATCH_HEADER_BYTES, InvalidBatch, read_header, validate_batch
from barnabas.storage.filesystem import File, FileSystem, append_fully
from barnabas.storage.segment import LOG_SUFFIX, SEGMENT_SUFFIXES, Segment, file_name

CORRUPT_MARK: Final = ".corrupt-"
CHUNK_BYTES: Final = 1024 * 1024
_MAGIC: Final = b"\x02"
_MAGIC_POSITION: Final = 16
_MAX_OFFSETS_LOST: Final = 2**31
"""A batch whose offset is further away than a segment reaches is none of this segment."""


def find_sound_batch(file: File, position: int, end_position: int, next_offset: int) -> int | None:
    """Where the next sound batch from `position` on begins, wherever that is; None if there is none."""
    while end_position - position >= BATCH_HEADER_BYTES:
        chunk = file.read_at(position, min(CHUNK_BYTES, end_position - position))
        last_start = len(chunk) - BATCH_HEADER_BYTES
        if last_start < 0:
            break
        start = 0
        while (magic := chunk.find(_MAGIC, start + _MAGIC_POSITION)) >= 0:
            start = magic - _MAGIC_POSITION
            if start > last_start:
                break
            if _is_sound(file, chunk, start, position, end_position, next_offset):
                return position + start
            start += 1
        position += last_start + 1
    return None


def _is_sound(file: File, chunk: bytes, start: int, chunk_position: int, end_position: int, next_offset: int) -> bool:
    try:
        header = read_header(chunk, start)
        position = chunk_position + start
        if (
            not next_offset <= header.base_offset <= next_offset + _MAX_OFFSETS_LOST
            or position + header.size_bytes > end_position
            or header.last_offset_delta < 0
        ):
            return False
        validate_batch(file.read_at(position, header.size_bytes), 0, header)
    except InvalidBatch:
        return False
    return True


def keep_aside(filesystem: FileSystem, segment: Segment, position: int) -> str:
    """Copy what stands from `position` on into a file beside the segment; returns its path."""
    target = _free_name(filesystem, segment, position)
    file, copy = segment.file, filesystem.open(target)
    end_position = file.size()
    while position < end_position:
        chunk = file.read_at(position, min(CHUNK_BYTES, end_position - position))
        append_fully(copy, chunk)
        position += len(chunk)
    copy.sync()
    return target


def set_segment_aside(filesystem: FileSystem, segment: Segment) -> str:
    """Take a whole segment out of its log and keep its batches; returns the path of the file that has them."""
    target = _free_name(filesystem, segment, 0)
    segment.retire()
    filesystem.rename(segment.path(LOG_SUFFIX), target)
    for suffix in SEGMENT_SUFFIXES:
        if suffix != LOG_SUFFIX:
            try:
                filesystem.remove(segment.path(suffix))
            except FileNotFoundError:
                continue
    return target


def _free_name(filesystem: FileSystem, segment: Segment, position: int) -> str:
    name = f"{file_name(segment.base_offset, LOG_SUFFIX)}{CORRUPT_MARK}{position}"
    directory = os.path.dirname(segment.path(LOG_SUFFIX))
    taken = {entry.name for entry in filesystem.list(directory)}
    count = 1
    free = name
    while free in taken:  # what an earlier incident put aside stays
        count += 1
        free = f"{name}.{count}"
    return os.path.join(directory, free)
