"""Walking over the batches of a segment's file by their headers, a few kilobytes at a time.

The index leads to within `index.interval.bytes` of an offset; the rest of the way is here, on the fetch path, so only
the four numbers that matter are read from each header.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from barnabas.protocol.records import BATCH_HEADER_BYTES, LOG_OVERHEAD_BYTES, InvalidBatch
from barnabas.storage.filesystem import File

Read = Callable[[int, int], bytes]
"""Position and count to bytes: `File.read_at`, or `File.read_cached` where nobody may wait for the disk."""

SCAN_BYTES: Final = 8192
MIN_BATCH_LENGTH: Final = BATCH_HEADER_BYTES - LOG_OVERHEAD_BYTES

# Base offset and batch length; after epoch, magic, CRC and attributes the last offset delta; the greatest timestamp.
_SCANNED: Final = struct.Struct(">qi11xi8xq")


class BatchLocation(NamedTuple):
    """A batch's place in its file and the little that is needed to choose it."""

    position: int
    size_bytes: int
    base_offset: int
    last_offset: int
    max_timestamp_ms: int

    @property
    def end_position(self) -> int:
        return self.position + self.size_bytes


def scan_batches(file: File, position: int, end_position: int) -> Iterator[BatchLocation]:
    """The batches from `position`, where one begins, to `end_position`, where one ends.

    Raises InvalidBatch for a length that can't be: the file is damaged there.
    """
    chunk = b""
    chunk_position = position
    while end_position - position >= BATCH_HEADER_BYTES:
        if position - chunk_position + BATCH_HEADER_BYTES > len(chunk):
            chunk_position = position
            chunk = file.read_at(position, min(SCAN_BYTES, end_position - position))
            if len(chunk) < BATCH_HEADER_BYTES:
                return
        base_offset, length, last_offset_delta, max_timestamp_ms = _SCANNED.unpack_from(
            chunk, position - chunk_position
        )
        if length < MIN_BATCH_LENGTH or last_offset_delta < 0:
            raise InvalidBatch(f"damaged batch header at position {position}")
        size_bytes = LOG_OVERHEAD_BYTES + length
        if position + size_bytes > end_position:
            raise InvalidBatch(f"batch of {size_bytes} bytes at position {position} has no room")
        yield BatchLocation(position, size_bytes, base_offset, base_offset + last_offset_delta, max_timestamp_ms)
        position += size_bytes


def find_batch(file: File, position: int, end_position: int, offset: int) -> BatchLocation | None:
    """The first batch from `position` that ends at or after `offset`."""
    for batch in scan_batches(file, position, end_position):
        if batch.last_offset >= offset:
            return batch
    return None


# The two walks of the fetch path: `scan_batches` written out, because a generator and a tuple for each batch cost more
# than everything else that a fetch does.


def find_position(read: Read, position: int, end_position: int, offset: int) -> int | None:
    """Where the first batch from `position` begins that ends at or after `offset`; None if there is none."""
    unpack = _SCANNED.unpack_from
    chunk = b""
    chunk_position = chunk_end = position
    while end_position - position >= BATCH_HEADER_BYTES:
        if position + BATCH_HEADER_BYTES > chunk_end:
            chunk_position = position
            chunk = read(position, min(SCAN_BYTES, end_position - position))
            chunk_end = position + len(chunk)
            if len(chunk) < BATCH_HEADER_BYTES:
                return None
        base_offset, length, last_offset_delta, _ = unpack(chunk, position - chunk_position)
        if length < MIN_BATCH_LENGTH or last_offset_delta < 0:
            raise InvalidBatch(f"damaged batch header at position {position}")
        next_position = position + LOG_OVERHEAD_BYTES + length
        if next_position > end_position:  # a segment ends with a batch: only damage reaches beyond
            raise InvalidBatch(f"batch of {LOG_OVERHEAD_BYTES + length} bytes at position {position} has no room")
        if base_offset + last_offset_delta >= offset:
            return position
        position = next_position
    return None


def find_boundary(read: Read, position: int, end_position: int, below_offset: int) -> int:
    """The end of the last batch from `position` on that lies wholly before `end_position` and below `below_offset`."""
    unpack = _SCANNED.unpack_from
    chunk = b""
    chunk_position = chunk_end = position
    while end_position - position >= BATCH_HEADER_BYTES:
        if position + BATCH_HEADER_BYTES > chunk_end:
            chunk_position = position
            chunk = read(position, min(SCAN_BYTES, end_position - position))
            chunk_end = position + len(chunk)
            if len(chunk) < BATCH_HEADER_BYTES:
                break
        base_offset, length, last_offset_delta, _ = unpack(chunk, position - chunk_position)
        if length < MIN_BATCH_LENGTH or last_offset_delta < 0:
            raise InvalidBatch(f"damaged batch header at position {position}")
        next_position = position + LOG_OVERHEAD_BYTES + length
        if next_position > end_position or base_offset + last_offset_delta >= below_offset:
            break
        position = next_position
    return position
