"""From a timestamp to an offset, as ListOffsets asks for it (KIP-79, KIP-734).

The time index leads to a batch; for the record inside it the batch has to be opened, unless the broker set the
timestamps, in which case they are all the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

from barnabas.protocol.records import InvalidBatch, Record, TimestampType, read_header, read_records
from barnabas.storage.batch_scan import BatchLocation
from barnabas.storage.disk_errors import DamagedSegment
from barnabas.storage.leader_epochs import LeaderEpochs
from barnabas.storage.segment import LOG_SUFFIX, Segment, file_name


class FoundOffset(NamedTuple):
    """A record's timestamp and offset, and the leader epoch in which it was written."""

    timestamp_ms: int
    offset: int
    leader_epoch: int


def first_at_or_after(
    segments: Sequence[Segment], timestamp_ms: int, log_start_offset: int, epochs: LeaderEpochs
) -> FoundOffset | None:
    """The first record from `log_start_offset` on whose timestamp is at least `timestamp_ms`."""
    for segment in segments:
        had_indexes = segment.has_indexes
        try:
            if segment.max_timestamp()[0] < timestamp_ms:
                continue
            found = _first_in(segment, timestamp_ms, log_start_offset, epochs)
            if not had_indexes:
                segment.release_indexes()  # a log of a thousand segments would otherwise keep them all
        except InvalidBatch as error:
            raise DamagedSegment(file_name(segment.base_offset, LOG_SUFFIX), error) from error
        if found is not None:
            return found
    return None


def _first_in(segment: Segment, timestamp_ms: int, log_start_offset: int, epochs: LeaderEpochs) -> FoundOffset | None:
    batch = segment.find_timestamp(timestamp_ms, log_start_offset)
    while batch is not None:
        for record in _timed_records(segment, batch):
            if record.timestamp_ms >= timestamp_ms and record.offset >= log_start_offset:
                return FoundOffset(record.timestamp_ms, record.offset, epochs.epoch_for_offset(record.offset))
        # The batch's greatest timestamp is of a record that was compacted away or lies before the log's start.
        batch = segment.find_timestamp(timestamp_ms, batch.last_offset + 1)
    return None


def with_greatest(segments: Sequence[Segment], epochs: LeaderEpochs) -> FoundOffset | None:
    """The first record with the greatest timestamp; None where no record has one."""
    greatest_ms, offset, holder = -1, -1, None
    for segment in segments:
        timestamp_ms, last_offset = segment.max_timestamp()
        if timestamp_ms > greatest_ms:
            greatest_ms, offset, holder = timestamp_ms, last_offset, segment
    if holder is None:
        return None
    try:
        batch = holder.find(offset)
        records = () if batch is None else _timed_records(holder, batch, last_of_append_time=True)
    except InvalidBatch as error:
        raise DamagedSegment(file_name(holder.base_offset, LOG_SUFFIX), error) from error
    for record in records:
        if record.timestamp_ms == greatest_ms:
            return FoundOffset(greatest_ms, record.offset, epochs.epoch_for_offset(record.offset))
    return None


def _timed_records(segment: Segment, batch: BatchLocation, *, last_of_append_time: bool = False) -> Sequence[Record]:
    content = segment.file.read_at(batch.position, batch.size_bytes)
    if last_of_append_time and read_header(content).timestamp_type is TimestampType.LOG_APPEND:
        return [Record(batch.last_offset, batch.max_timestamp_ms, None, None, ())]
    return read_records(content)
