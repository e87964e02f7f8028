"""From the bytes of a batch to its records.

    length varint | attributes int8 | timestamp delta varlong | offset delta varint | key length varint, key |
    value length varint, value | header count varint | per header: key length varint, key, value length varint, value

Invariant: a length is compared with the bytes that are left before anything is made of it, and a record that does not
end exactly where its length says is refused. Source: protocol guide, "Record".
"""

from barnabas.protocol.records.compression import MAX_DECOMPRESSED_BYTES, decompress
from barnabas.protocol.records.errors import InvalidBatch
from barnabas.protocol.records.header import (
    BATCH_HEADER_BYTES,
    MAGIC,
    BatchHeader,
    Buffer,
    TimestampType,
    check_record_count,
    read_header,
)
from barnabas.protocol.records.record import Record, RecordHeaders
from barnabas.protocol.records.varint import VARLONG_MAX_BITS, decode_varint


def read_records(
    buffer: Buffer, position: int = 0, *, max_decompressed_bytes: int = MAX_DECOMPRESSED_BYTES
) -> list[Record]:
    """Read all records of the batch at `position`. The CRC is not looked at: that is `validate_batch`."""
    header = read_header(buffer, position)
    end = position + header.size_bytes
    if end > len(buffer):
        raise InvalidBatch(f"batch of {header.size_bytes} bytes, {len(buffer) - position} are left")
    if header.magic != MAGIC:
        raise InvalidBatch(f"message format {header.magic}, only {MAGIC} is supported")
    if header.record_count == 0:
        # Compaction leaves the header alone to keep the last offset and the producer's sequence.
        return []
    data = bytes(memoryview(buffer)[position + BATCH_HEADER_BYTES : end])
    data = decompress(data, header.compression, max_decompressed_bytes)
    check_record_count(header.record_count, len(data))
    try:
        return _read_all(data, header)
    except IndexError:
        raise InvalidBatch(f"records are cut off after {len(data)} bytes") from None


def _read_all(data: bytes, header: BatchHeader) -> list[Record]:
    base_offset = header.base_offset
    base_timestamp = header.base_timestamp
    last_offset_delta = header.last_offset_delta
    log_append_time_ms = header.max_timestamp if header.timestamp_type is TimestampType.LOG_APPEND else None
    records: list[Record] = []
    position = 0
    for _ in range(header.record_count):
        length, position = decode_varint(data, position)
        end = position + length
        if length < 0 or end > len(data):
            raise InvalidBatch(f"record of {length} bytes, {len(data) - position} are left")
        # One byte of attributes, all of them unused.
        timestamp_delta, position = decode_varint(data, position + 1, VARLONG_MAX_BITS)
        offset_delta, position = decode_varint(data, position)
        if not 0 <= offset_delta <= last_offset_delta:
            raise InvalidBatch(f"offset delta {offset_delta}, the last of the batch is {last_offset_delta}")
        key, position = _read_nullable(data, position, end)
        value, position = _read_nullable(data, position, end)
        header_count, position = decode_varint(data, position)
        headers: RecordHeaders = ()
        if header_count:
            headers, position = _read_headers(data, position, end, header_count)
        if position != end:
            raise InvalidBatch(f"record ends at {position}, its length says {end}")
        timestamp_ms = base_timestamp + timestamp_delta if log_append_time_ms is None else log_append_time_ms
        records.append(Record(base_offset + offset_delta, timestamp_ms, key, value, headers))
    if position != len(data):
        raise InvalidBatch(f"{len(data) - position} bytes after the last record")
    return records


def _read_nullable(data: bytes, position: int, end: int) -> tuple[bytes | None, int]:
    length, position = decode_varint(data, position)
    if length < 0:
        if length != -1:
            raise InvalidBatch(f"length {length}")
        return None, position
    if length > end - position:
        raise InvalidBatch(f"{length} bytes, the record has {end - position} left")
    return data[position : position + length], position + length


def _read_headers(data: bytes, position: int, end: int, count: int) -> tuple[RecordHeaders, int]:
    # Two lengths at least for each.
    if not 0 <= 2 * count <= end - position:
        raise InvalidBatch(f"{count} headers, the record has {end - position} bytes left")
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        key, position = _read_nullable(data, position, end)
        if key is None:
            raise InvalidBatch("header without a key")
        value, position = _read_nullable(data, position, end)
        headers.append((key.decode("utf-8", "surrogateescape"), value))
    return tuple(headers), position
