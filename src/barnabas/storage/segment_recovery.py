"""Reading a segment's batches after a crash: whole, from the recovery point on.

What lies below the recovery point was on the device before the checkpoint said so. Where the index of that part was
written too, reading begins at its last entry; otherwise the whole segment is read and its indexes are made anew.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from barnabas.protocol.records import BATCH_HEADER_BYTES, BatchHeader, InvalidBatch, read_header, validate_batch
from barnabas.storage.damage import find_sound_batch
from barnabas.storage.filesystem import Entry, File
from barnabas.storage.holes import holds_only_zeros
from barnabas.storage.leader_epochs import LeaderEpochs
from barnabas.storage.offset_index import MAX_RELATIVE_OFFSET, CorruptIndex, PreallocatedIndex
from barnabas.storage.segment import LOG_SUFFIX, Segment

READ_BYTES: Final = 1024 * 1024
_BASE: Final = attrgetter("base_offset")
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class RecoveredSegment:
    """What was found in a segment."""

    first_offset: int
    """From here on it was read."""
    has_producers: bool
    """Whether a batch in there is of an idempotent producer."""
    next_offset: int
    """The offset after its last sound batch."""
    position: int
    """Where that batch ends."""
    fault: str | None = None
    """What is wrong with the batch that stands there, if one does."""
    sound_batch_position: int | None = None
    """Where a sound batch stands behind the damaged one."""
    ends_in_zeros: bool = False
    """Whether nothing but zeros stands there."""


def bytes_to_recover(entries: Sequence[Entry], recovery_point: int) -> int:
    """At most how many bytes have to be read: the segments from the one that holds the recovery point on."""
    segments = sorted(
        (int(stem), entry.size_bytes)
        for entry in entries
        if entry.name.endswith(LOG_SUFFIX) and (stem := entry.name.removesuffix(LOG_SUFFIX)).isdigit()
    )
    first = max((place for place, (base, _) in enumerate(segments) if base < recovery_point), default=0)
    return sum(size_bytes for _, size_bytes in segments[first:])


def recover_segment(
    segment: Segment,
    epochs: LeaderEpochs,
    recovery_point: int = 0,
    on_bytes: Callable[[int], None] | None = None,
) -> RecoveredSegment:
    """Read a segment from the recovery point on and bring its indexes up to date; changes no file.

    Reading stops at the first batch that is torn, fails its CRC, or does not continue the log.
    """
    position, first_offset = _trusted_start(segment, recovery_point)
    next_offset = first_offset
    has_producers = False
    file = segment.file
    size_bytes = segment.size_bytes = file.size()
    tell = on_bytes or (lambda _: None)
    told = 0
    chunk, chunk_position = b"", 0
    try:
        while position < size_bytes:
            if len(chunk) - (position - chunk_position) < BATCH_HEADER_BYTES:
                chunk_position, chunk = position, file.read_at(position, READ_BYTES)
                tell(position - told)
                told = position
            header = read_header(chunk, position - chunk_position)
            batch_bytes = header.size_bytes
            if position - chunk_position + batch_bytes > len(chunk):
                chunk_position = position
                chunk = file.read_at(position, min(max(READ_BYTES, batch_bytes), size_bytes - position))
            validate_batch(chunk, position - chunk_position, header)
            last_offset = header.last_offset
            if header.base_offset < next_offset or last_offset - segment.base_offset > MAX_RELATIVE_OFFSET:
                raise InvalidBatch(f"base offset {header.base_offset} where at least {next_offset} was expected")
            epochs.assign(header.partition_leader_epoch, header.base_offset)
            segment.note_batch(position, batch_bytes, last_offset, header.max_timestamp)
            next_offset = last_offset + 1
            position += batch_bytes
            if header.producer_id >= 0:
                has_producers = True
    except InvalidBatch as error:
        if holds_only_zeros(file, position, size_bytes):
            return RecoveredSegment(
                first_offset, has_producers, next_offset, position, error.message, ends_in_zeros=True
            )
        behind = find_sound_batch(file, position + 1, size_bytes, next_offset)
        return RecoveredSegment(first_offset, has_producers, next_offset, position, error.message, behind)
    finally:
        tell(size_bytes - told)
    return RecoveredSegment(first_offset, has_producers, next_offset, position)


def _trusted_start(segment: Segment, recovery_point: int) -> tuple[int, int]:
    """Position and offset from which the segment has to be read; what the indexes say of the part before is kept."""
    if recovery_point > segment.base_offset:
        try:
            position = segment.trust_indexes_below(recovery_point)
            if position:
                header = read_header(segment.file.read_at(position, BATCH_HEADER_BYTES))
                if segment.offset_index.last_relative_offset == header.last_offset - segment.base_offset:
                    return position, header.base_offset
        except PreallocatedIndex:
            pass  # nothing is wrong: Kafka was killed, and its indexes say less than they have room for
        except (CorruptIndex, InvalidBatch) as error:
            _logger.warning("Reading all of %s: %s", segment, error)
    segment.reset_indexes()
    return 0, segment.base_offset


def scan_headers(file: File, position: int, end_position: int) -> Iterator[tuple[int, BatchHeader]]:
    """Position and header of every whole batch; InvalidBatch where a header can't be one."""
    chunk, chunk_position = b"", position
    while end_position - position >= BATCH_HEADER_BYTES:
        if position - chunk_position + BATCH_HEADER_BYTES > len(chunk):
            chunk_position = position
            chunk = file.read_at(position, min(64 * 1024, end_position - position))
        header = read_header(chunk, position - chunk_position)
        if position + header.size_bytes > end_position:
            return
        yield position, header
        position += header.size_bytes
