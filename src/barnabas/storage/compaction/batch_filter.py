"""What remains of one batch: Kafka's rules for records, tombstones, markers, and batches that keep a producer known.

* A record stays if it is the last of its key, or lies behind what the map of offsets covers. Without a key it goes.
* A tombstone that is the last of its key stays until the delete horizon of its batch, which the first cleaning that
  meets it sets to `delete.retention.ms` from then (KIP-534): attribute bit 6, and the horizon in place of the base
  timestamp. A transaction's marker waits in the same way once all of its transaction is gone.
* What was rolled back goes.
* The batch with the last sequence number of a known producer stays, and so does the last one of the cleaned part, be it
  as a header without records: a producer's state and the log's offsets are made anew from batches.
* Base offset, last offset and base sequence never change. A batch that loses nothing stays byte by byte what it was.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from barnabas.protocol.records import BATCH_HEADER_BYTES, LOG_OVERHEAD_BYTES, BatchHeader, TimestampType
from barnabas.protocol.records.compression import compress
from barnabas.protocol.records.header import COMPRESSION_MASK, DELETE_HORIZON_FLAG, HEADER, MAGIC, write_crc
from barnabas.storage.compaction.offset_map import OffsetMap
from barnabas.storage.compaction.record_walk import WalkedRecords, timestamp_delta, walk_records, with_other_base
from barnabas.storage.compaction.transactions import CleanedTransactions

NO_TIMESTAMP: Final = -1


class LastOfProducer(NamedTuple):
    """Where a producer that is still known wrote last; -1 if only a marker of it is left."""

    last_data_offset: int
    producer_epoch: int


class FilteredBatch(NamedTuple):
    """A batch as it goes into the cleaned segment."""

    content: bytes | bytearray
    max_timestamp_ms: int
    record_count: int


class BatchFilter:
    """Decides batch after batch, in the order of the log."""

    def __init__(
        self,
        offset_map: OffsetMap,
        transactions: CleanedTransactions,
        producers: Mapping[int, LastOfProducer],
        *,
        now_ms: int,
        delete_retention_ms: int,
        upper_bound_offset: int,
    ) -> None:
        self._offset_map = offset_map
        self._transactions = transactions
        self._producers = producers
        self._now_ms = now_ms
        self._delete_retention_ms = delete_retention_ms
        self._upper_bound_offset = upper_bound_offset
        self.keyless_records = 0
        """How many records went because they have no key; a compacted topic takes none."""

    def filter(self, content: bytes, position: int, header: BatchHeader) -> FilteredBatch | None:
        """What stays of the batch at `position`, whose CRC is sound; None if nothing does."""
        is_marker_of_nothing = False
        records: WalkedRecords | None = None
        if header.is_control:
            records = walk_records(content, position, header)
            key = records.keys[0] if records.keys else None
            is_marker_of_nothing = self._transactions.is_marker_of_nothing(header, key)
            discard = is_marker_of_nothing and self._is_past_horizon(header)
        else:
            discard = self._transactions.is_aborted(header)
        kept: Sequence[int] = ()
        if not discard:
            if records is None:
                records = walk_records(content, position, header)
            kept = range(len(records.ends)) if header.is_control else self._retained(records, header)
        if not kept or records is None:
            if header.next_offset == self._upper_bound_offset or self._is_last_of_producer(header):
                return _empty(header)
            return None
        has_tombstones = bool(records.tombstones) and not set(records.tombstones).isdisjoint(kept)
        sets_horizon = (has_tombstones or is_marker_of_nothing) and header.delete_horizon_ms is None
        if len(kept) == len(records.ends) and not sets_horizon:
            original = content[position : position + header.size_bytes]
            return FilteredBatch(original, header.max_timestamp, len(kept))
        horizon_ms = self._now_ms + self._delete_retention_ms if sets_horizon else None
        return _rebuilt(header, records, kept, horizon_ms)

    def _is_past_horizon(self, header: BatchHeader) -> bool:
        horizon_ms = header.delete_horizon_ms
        return horizon_ms is not None and horizon_ms <= self._now_ms

    def _is_last_of_producer(self, header: BatchHeader) -> bool:
        last = self._producers.get(header.producer_id) if header.producer_id >= 0 else None
        if last is None:
            return False
        if last.last_data_offset >= 0:
            return header.last_offset == last.last_data_offset
        # Only a marker is left of it: that one has the newest epoch, which fences older ones.
        return header.is_control and header.producer_epoch == last.producer_epoch

    def _retained(self, records: WalkedRecords, header: BatchHeader) -> Sequence[int]:
        latest_offset = self._offset_map.latest_offset
        keys = records.keys
        if header.base_offset > latest_offset:
            return range(len(keys))
        offsets = records.offsets(header.base_offset)
        last_known = self._offset_map.find(keys)
        places = enumerate(zip(offsets, last_known, strict=True))
        if header.last_offset > latest_offset:
            kept = [place for place, (offset, last) in places if offset >= last or offset > latest_offset]
        else:
            kept = [place for place, (offset, last) in places if offset >= last]
        if None in keys:
            gone = {place for place, key in enumerate(keys) if key is None and offsets[place] <= latest_offset}
            self.keyless_records += len(gone)
            kept = [place for place in kept if place not in gone]
        if records.tombstones and self._is_past_horizon(header):
            gone = {place for place in records.tombstones if offsets[place] <= latest_offset}
            kept = [place for place in kept if place not in gone]
        return kept


def _rebuilt(header: BatchHeader, records: WalkedRecords, kept: Sequence[int], horizon_ms: int | None) -> FilteredBatch:
    """The batch with some of its records, or with a delete horizon; compressed as it was."""
    data, ends = records.data, records.ends
    borders = [(ends[place - 1] if place else 0, ends[place]) for place in kept]
    attributes = header.attributes
    base_timestamp = header.base_timestamp
    if header.timestamp_type is TimestampType.LOG_APPEND:
        max_timestamp = header.max_timestamp
    else:
        max_timestamp = base_timestamp + _max_timestamp_delta(data, borders, header.max_timestamp - base_timestamp)
    if horizon_ms is None:
        parts = [data[start:end] for start, end in borders]
    else:
        moved_by_ms = horizon_ms - base_timestamp
        parts = [with_other_base(data, start, end, moved_by_ms) for start, end in borders]
        attributes |= DELETE_HORIZON_FLAG
        base_timestamp = horizon_ms
    payload = b"".join(parts)
    if header.compression:
        payload = compress(payload, header.compression)
    content = _batch(header, attributes, base_timestamp, max_timestamp, len(kept), payload)
    return FilteredBatch(content, max_timestamp, len(kept))


def _max_timestamp_delta(data: bytes, borders: Sequence[tuple[int, int]], limit: int) -> int:
    """The greatest one of these records; `limit` is that of the whole batch, which the last record often has."""
    greatest = timestamp_delta(data, borders[-1][0])
    for start, _ in borders:
        if greatest >= limit:
            return greatest
        greatest = max(greatest, timestamp_delta(data, start))
    return greatest


def _empty(header: BatchHeader) -> FilteredBatch:
    """The header alone: offsets, producer and sequence numbers are kept, records and their horizon are not."""
    attributes = header.attributes & ~(COMPRESSION_MASK | DELETE_HORIZON_FLAG)
    content = _batch(header, attributes, NO_TIMESTAMP, header.max_timestamp, 0, b"")
    return FilteredBatch(content, header.max_timestamp, 0)


def _batch(
    header: BatchHeader,
    attributes: int,
    base_timestamp: int,
    max_timestamp: int,
    record_count: int,
    payload: bytes,
) -> bytearray:
    content = bytearray(BATCH_HEADER_BYTES)
    content += payload
    HEADER.pack_into(
        content,
        0,
        header.base_offset,
        len(content) - LOG_OVERHEAD_BYTES,
        header.partition_leader_epoch,
        MAGIC,
        0,
        attributes,
        header.last_offset_delta,
        base_timestamp,
        max_timestamp,
        header.producer_id,
        header.producer_epoch,
        header.base_sequence,
        record_count,
    )
    write_crc(content, 0)
    return content
