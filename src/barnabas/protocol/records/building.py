"""From records to the bytes of a batch: what brokers write into internal topics, and test data."""

from collections.abc import Sequence

from barnabas.protocol.records.compression import Compression, compress
from barnabas.protocol.records.header import (
    BATCH_HEADER_BYTES,
    CONTROL_FLAG,
    HEADER,
    LOG_APPEND_TIME_FLAG,
    LOG_OVERHEAD_BYTES,
    MAGIC,
    TRANSACTIONAL_FLAG,
    TimestampType,
    write_crc,
)
from barnabas.protocol.records.record import NewRecord
from barnabas.protocol.records.varint import encode_varint


def build_batch(  # noqa: PLR0913 (the fields of the header)
    records: Sequence[NewRecord],
    *,
    base_offset: int = 0,
    leader_epoch: int = -1,
    compression: Compression = Compression.NONE,
    producer_id: int = -1,
    producer_epoch: int = -1,
    base_sequence: int = -1,
    is_transactional: bool = False,
    is_control: bool = False,
    timestamp_type: TimestampType = TimestampType.CREATE,
) -> bytearray:
    """Put records with offsets from `base_offset` on into one batch. ValueError without any record."""
    if not records:
        raise ValueError("a batch needs at least one record")
    base_timestamp = records[0].timestamp_ms
    attributes = (
        compression
        | (LOG_APPEND_TIME_FLAG if timestamp_type is TimestampType.LOG_APPEND else 0)
        | (TRANSACTIONAL_FLAG if is_transactional else 0)
        | (CONTROL_FLAG if is_control else 0)
    )
    encoded = bytearray()
    for offset_delta, record in enumerate(records):
        encoded += _encode_record(record, offset_delta, base_timestamp)
    payload = compress(encoded, compression) if compression else encoded
    batch = bytearray(BATCH_HEADER_BYTES)
    batch += payload
    header = (
        base_offset,
        len(batch) - LOG_OVERHEAD_BYTES,
        leader_epoch,
        MAGIC,
        0,
        attributes,
        len(records) - 1,
        base_timestamp,
        max(record.timestamp_ms for record in records),
        producer_id,
        producer_epoch,
        base_sequence,
        len(records),
    )
    HEADER.pack_into(batch, 0, *header)
    write_crc(batch, 0)
    return batch


def _encode_record(record: NewRecord, offset_delta: int, base_timestamp: int) -> bytes:
    body = bytearray(1)
    body += encode_varint(record.timestamp_ms - base_timestamp)
    body += encode_varint(offset_delta)
    _append_nullable(body, record.key)
    _append_nullable(body, record.value)
    body += encode_varint(len(record.headers))
    for key, value in record.headers:
        _append_nullable(body, key.encode("utf-8", "surrogateescape"))
        _append_nullable(body, value)
    return encode_varint(len(body)) + body


def _append_nullable(body: bytearray, data: bytes | None) -> None:
    if data is None:
        body += encode_varint(-1)
    else:
        body += encode_varint(len(data))
        body += data
