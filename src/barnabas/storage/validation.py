"""What a leader asks of a batch before it takes it into the log.

A batch stays closed: what its header and CRC say is checked always, its records only where the topic demands it (a
compacted topic needs keys, a bound on timestamps needs those, another `compression.type` needs the bytes). The order of
the checks, the codes and the texts are those of Kafka's UnifiedLog and LogValidator.
"""

import struct
from enum import Enum
from typing import Final, NamedTuple

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.records import BATCH_HEADER_BYTES, LOG_OVERHEAD_BYTES, BatchHeader, InvalidBatch, TimestampType
from barnabas.protocol.records.compression import Compression
from barnabas.protocol.records.header import (
    COMPRESSION_MASK,
    CONTROL_FLAG,
    HEADER,
    LOG_APPEND_TIME_FLAG,
    MAGIC,
    batch_crc,
    check_record_count,
)
from barnabas.storage.filesystem import Buffer
from barnabas.storage.log_config import LogConfig
from barnabas.storage.recompression import must_recompress, recompress, records_of, takes_long
from barnabas.storage.record_checks import check_records

MAGIC_POSITION: Final = 16
_BYTES_UP_TO_MAGIC: Final = 17
_MIN_RECORD_BYTES: Final = 14
"""The least that Kafka lets any message format have behind its length."""
_LENGTH: Final = struct.Struct(">i")
_LENGTH_POSITION: Final = 8


class AppendInfo(NamedTuple):
    """Where a batch went. A repeated batch has the offsets and the timestamp of its first arrival."""

    first_offset: int
    last_offset: int
    log_append_time_ms: int
    is_duplicate: bool
    size_bytes: int = 0
    """How much the log has grown."""


class AppendOrigin(Enum):
    """Who appends: a client's word is checked more closely than our own coordinators'."""

    CLIENT = 0
    COORDINATOR = 1


class NotOneBatch(KafkaError):
    """What was sent is not exactly one batch of format 2; Kafka answers before it has looked at the log."""

    def __init__(self, found: str) -> None:
        super().__init__(ErrorCode.INVALID_RECORD, f"exactly one batch of format {MAGIC} was expected, found {found}")


class NoBatch(InvalidBatch):
    """What was sent can't be a batch at all. Kafka tells the client why."""


class TakesLong(Exception):
    """The batch has to be opened or compressed anew, which would hold up an event loop: `check_batch` in a thread."""


class CheckedBatch(NamedTuple):
    """A batch that may be appended: its header, and the bytes to append, which need not be those that came."""

    header: BatchHeader
    content: bytearray | memoryview


def check_batch(
    batches: bytearray | memoryview,
    config: LogConfig,
    topic_partition: TopicPartition,
    *,
    now_ms: int,
    origin: AppendOrigin,
    may_take_long: bool = True,
) -> CheckedBatch:
    """The one batch in `batches`, as it is to be appended; raises KafkaError if the leader can't take it.

    Without `may_take_long`, TakesLong where this is work for a thread; nothing is changed then.
    """
    header = _only_header(batches)
    is_client = origin is AppendOrigin.CLIENT
    if is_client and header.base_offset != 0:
        raise invalid_record(f"base offset of a produced batch is {header.base_offset}, expected 0")
    size_bytes = LOG_OVERHEAD_BYTES + header.batch_length
    if size_bytes > config.max_message_bytes:
        raise _too_large(size_bytes, config)
    if batch_crc(batches, 0, size_bytes) != header.crc:
        raise InvalidBatch(f"CRC is {header.crc:#010x}, that of the bytes is another one")
    _check_header(header, is_client=is_client)
    attributes = header.attributes
    latest_ms = now_ms + config.message_timestamp_after_max_ms
    examines = (
        config.examines_records
        or bool(attributes & LOG_APPEND_TIME_FLAG)
        or (
            (header.max_timestamp > latest_ms or header.base_timestamp > latest_ms)
            and config.message_timestamp_type is TimestampType.CREATE
        )
    )
    if (examines or config.target_compression is not None) and not attributes & CONTROL_FLAG:
        changes = must_recompress(header, config)
        if not may_take_long and takes_long(header, config, opens=examines, recompresses=changes):
            raise TakesLong
        records = records_of(batches, header) if examines or changes else b""
        if examines:
            check_records(batches, header, records, config, topic_partition, now_ms=now_ms)
        if changes:
            batches = recompress(batches, header, records, config)
            size_bytes = len(batches)
            if size_bytes > config.max_message_bytes:
                raise _too_large(size_bytes, config)
    if size_bytes > config.segment_bytes:
        raise KafkaError(
            ErrorCode.RECORD_LIST_TOO_LARGE, f"batch of {size_bytes} bytes, segment.bytes is {config.segment_bytes}"
        )
    return CheckedBatch(header, batches)


def invalid_record(message: str) -> KafkaError:
    return KafkaError(ErrorCode.INVALID_RECORD, message)


def _too_large(size_bytes: int, config: LogConfig) -> KafkaError:
    message = f"batch of {size_bytes} bytes, max.message.bytes is {config.max_message_bytes}"
    return KafkaError(ErrorCode.MESSAGE_TOO_LARGE, message)


def _check_header(header: BatchHeader, *, is_client: bool) -> None:
    """Whether counts, sequence and attributes can be true."""
    record_count = header.record_count
    offset_count = header.last_offset_delta + 1
    if not 0 < record_count <= offset_count or (is_client and record_count != offset_count):
        raise invalid_record(f"{record_count} records for {offset_count} offsets")
    if is_client:
        if header.attributes & CONTROL_FLAG:
            raise invalid_record("clients may not write control batches")
        if header.producer_id >= 0 and header.base_sequence < 0:
            raise invalid_record(f"producer {header.producer_id} sent sequence number {header.base_sequence}")
    codec = header.attributes & COMPRESSION_MASK
    if codec > Compression.ZSTD:
        raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, f"unknown compression type {codec}")
    if not codec:
        try:
            check_record_count(record_count, LOG_OVERHEAD_BYTES + header.batch_length - BATCH_HEADER_BYTES)
        except InvalidBatch as error:
            raise invalid_record(error.message) from None


def _only_header(batches: Buffer) -> BatchHeader:
    size = len(batches)
    if size >= BATCH_HEADER_BYTES and batches[MAGIC_POSITION] == MAGIC:
        header = BatchHeader(*HEADER.unpack_from(batches))
        if header.batch_length == size - LOG_OVERHEAD_BYTES:
            return header
    raise _not_one_batch(batches)


def _not_one_batch(batches: Buffer) -> KafkaError:
    """What is wrong with bytes that are not exactly one batch, in the order in which Kafka notices."""
    size = len(batches)
    if size < LOG_OVERHEAD_BYTES:
        return NotOneBatch("none")
    (length,) = _LENGTH.unpack_from(batches, _LENGTH_POSITION)
    if length < _MIN_RECORD_BYTES:
        return NoBatch(f"Record size {length} is less than the minimum record overhead ({_MIN_RECORD_BYTES})")
    if size < _BYTES_UP_TO_MAGIC:
        return NotOneBatch("none")
    magic = int.from_bytes(batches[MAGIC_POSITION : MAGIC_POSITION + 1], "big", signed=True)
    if not 0 <= magic <= MAGIC:
        return NoBatch(f"Invalid magic found in record: {magic}")
    if LOG_OVERHEAD_BYTES + length > size:
        return NotOneBatch("part of one")
    if magic != MAGIC:
        return NotOneBatch(f"one of format {magic}")
    if LOG_OVERHEAD_BYTES + length < BATCH_HEADER_BYTES:
        return InvalidBatch(f"batch length {length}, a header alone has {BATCH_HEADER_BYTES} bytes")
    return NotOneBatch("more")
