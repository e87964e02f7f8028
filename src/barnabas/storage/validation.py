"""What a leader asks of a batch before it takes it into the log.

A batch stays closed: what its header and CRC say is checked always, its records only where the topic demands it (a
compacted topic needs keys; `message.timestamp.before.max.ms` needs the oldest record). The codes are those that Kafka's
LogValidator and UnifiedLog answer with.
"""

from enum import Enum

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import (
    LOG_OVERHEAD_BYTES,
    BatchHeader,
    TimestampType,
    read_header,
    read_records,
    validate_batch,
)
from barnabas.protocol.records.header import batch_crc
from barnabas.storage.filesystem import Buffer
from barnabas.storage.log_config import NEVER, LogConfig

MAGIC_POSITION = 16
SUPPORTED_MAGIC = 2
# Attributes: bit 3 says that the broker set the timestamps, bit 5 that the batch is a control batch.
_LOG_APPEND_TIME_OR_CONTROL = 0x28


class AppendOrigin(Enum):
    """Who appends: a client's word is checked more closely than our own coordinators'."""

    CLIENT = 0
    COORDINATOR = 1


def check_batches(batches: Buffer, config: LogConfig, *, now_ms: int, origin: AppendOrigin) -> BatchHeader:
    """The header of the one batch in `batches`; KafkaError with the fitting code if the leader can't take it."""
    header = _only_header(batches)
    is_client = origin is AppendOrigin.CLIENT
    if is_client and header.base_offset != 0:
        raise invalid_record(f"base offset of a produced batch is {header.base_offset}, expected 0")
    size_bytes = LOG_OVERHEAD_BYTES + header.batch_length
    if size_bytes > config.max_message_bytes:
        raise KafkaError(
            ErrorCode.MESSAGE_TOO_LARGE,
            f"batch of {size_bytes} bytes, max.message.bytes is {config.max_message_bytes}",
        )
    if header.record_count != header.last_offset_delta + 1 and batch_crc(batches, 0, size_bytes) == header.crc:
        raise invalid_record(f"{header.record_count} records for {header.last_offset_delta + 1} offsets")
    validate_batch(batches, 0, header)
    if header.attributes & _LOG_APPEND_TIME_OR_CONTROL:
        if is_client and header.is_control:
            raise invalid_record("clients may not write control batches")
        if header.timestamp_type is TimestampType.LOG_APPEND:
            raise KafkaError(ErrorCode.INVALID_TIMESTAMP, "a producer may not set the timestamp type LogAppendTime")
    if header.producer_id >= 0 and header.base_sequence < 0 and is_client:
        raise invalid_record(f"producer {header.producer_id} sent sequence number {header.base_sequence}")
    if config.message_timestamp_type is TimestampType.CREATE:
        _check_timestamps(batches, header, config, now_ms)
    if config.compact and not header.is_control:
        _check_keys(batches)
    if size_bytes > config.segment_bytes:
        raise KafkaError(
            ErrorCode.RECORD_LIST_TOO_LARGE, f"batch of {size_bytes} bytes, segment.bytes is {config.segment_bytes}"
        )
    return header


class RecordsRefused(KafkaError):
    """Some records of a batch are not as the topic demands; `indexes` are their places in it (KIP-467)."""

    def __init__(self, code: ErrorCode, message: str, indexes: list[int]) -> None:
        super().__init__(code, message)
        self.indexes = indexes


def invalid_record(message: str) -> KafkaError:
    return KafkaError(ErrorCode.INVALID_RECORD, message)


def _only_header(batches: Buffer) -> BatchHeader:
    size = len(batches)
    if size <= MAGIC_POSITION:
        raise invalid_record("produced records must hold exactly one batch, found none")
    if batches[MAGIC_POSITION] != SUPPORTED_MAGIC:
        raise invalid_record(f"message format {batches[MAGIC_POSITION]}, only {SUPPORTED_MAGIC} can be produced")
    header = read_header(batches)
    end = LOG_OVERHEAD_BYTES + header.batch_length
    if end == size:
        return header
    found = "part of one" if end > size else "more"
    raise invalid_record(f"produced records must hold exactly one batch, found {found}")


def _check_timestamps(batches: Buffer, header: BatchHeader, config: LogConfig, now_ms: int) -> None:
    after_max_ms = config.message_timestamp_after_max_ms
    before_max_ms = config.message_timestamp_before_max_ms
    if header.max_timestamp - now_ms <= after_max_ms and before_max_ms == NEVER:
        return
    refused = [
        (index, record.timestamp_ms)
        for index, record in enumerate(read_records(batches))
        if record.timestamp_ms >= 0
        and (record.timestamp_ms - now_ms > after_max_ms or now_ms - record.timestamp_ms > before_max_ms)
    ]
    if refused:
        earliest = "any" if before_max_ms == NEVER else now_ms - before_max_ms
        raise RecordsRefused(
            ErrorCode.INVALID_TIMESTAMP,
            f"timestamp {refused[0][1]} is not within [{earliest}, {now_ms + after_max_ms}]",
            [index for index, _ in refused],
        )


def _check_keys(batches: Buffer) -> None:
    keyless = [index for index, record in enumerate(read_records(batches)) if record.key is None]
    if keyless:
        raise RecordsRefused(
            ErrorCode.INVALID_RECORD, "a compacted topic does not accept records without a key", keyless
        )
