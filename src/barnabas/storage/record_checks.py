"""What a topic demands of the records inside a batch: keys where it is compacted, and timestamps near the present.

Every record that fails is told by its place (KIP-467); one that fails twice is told for its key. The texts are those of
Kafka's LogValidator.
"""

import struct
from collections.abc import Sequence
from typing import Final

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.records import BatchHeader, TimestampType, read_records
from barnabas.protocol.records.header import (
    ATTRIBUTES_POSITION,
    COMPRESSION_MASK,
    LOG_APPEND_TIME_FLAG,
    MAX_TIMESTAMP_POSITION,
    write_crc,
)
from barnabas.protocol.records.walking import find_keyless, read_timestamp_deltas
from barnabas.storage.log_config import LogConfig

NO_TIMESTAMP: Final = -1
_SHOWN_ERRORS: Final = 3
_ATTRIBUTES: Final = struct.Struct(">h")
_TIMESTAMP: Final = struct.Struct(">q")


class RecordError(tuple[int, str]):
    """A record's place in its batch, and what is wrong with it; printed as Kafka prints it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"RecordError(batchIndex={self[0]}, message='{self[1]}')"


class RecordsRefused(KafkaError):
    """Some records of a batch are not as the topic demands, so that none of them is taken."""

    def __init__(self, code: ErrorCode, message: str, errors: Sequence[RecordError]) -> None:
        super().__init__(code, message)
        self.errors = errors


def check_records(
    batch: bytearray | memoryview,
    header: BatchHeader,
    records: bytes,
    config: LogConfig,
    topic_partition: TopicPartition,
    *,
    now_ms: int,
) -> None:
    """Raise RecordsRefused unless all are as the topic demands; `records` are the batch's bytes, decompressed.

    What the header says of timestamps is put right where it was wrong, in the batch and in `header`.
    """
    wrong_keys: dict[int, str] = {}
    if config.compact:
        text = f"Compacted topic cannot accept message without key in topic partition {topic_partition}"
        wrong_keys = dict.fromkeys(find_keyless(records, header.record_count), text)
    if config.message_timestamp_type is TimestampType.CREATE:
        times_ms = _timestamps(header, records)
        wrong_times = _out_of_range(times_ms, config, now_ms)
        greatest_ms = max(times_ms)
    elif header.attributes & LOG_APPEND_TIME_FLAG:
        wrong_times = _claims_of_append_time(batch, header)
        greatest_ms = header.max_timestamp
    else:
        wrong_times, greatest_ms = {}, header.max_timestamp
    if wrong_keys or wrong_times:
        raise _refusal(wrong_keys, wrong_times)
    if greatest_ms != header.max_timestamp or header.attributes & LOG_APPEND_TIME_FLAG:
        _correct(batch, header, greatest_ms)


def _timestamps(header: BatchHeader, records: bytes) -> list[int]:
    if header.attributes & LOG_APPEND_TIME_FLAG:
        return [header.max_timestamp] * header.record_count
    base_timestamp = header.base_timestamp
    return [base_timestamp + delta for delta in read_timestamp_deltas(records, header.record_count)]


def _out_of_range(times_ms: Sequence[int], config: LogConfig, now_ms: int) -> dict[int, str]:
    earliest_ms = now_ms - config.message_timestamp_before_max_ms
    latest_ms = now_ms + config.message_timestamp_after_max_ms
    return {
        index: f"Timestamp {time_ms} of message with offset {index} is out of range. "
        f"The timestamp should be within [{earliest_ms}, {latest_ms}]"
        for index, time_ms in enumerate(times_ms)
        if time_ms != NO_TIMESTAMP and not earliest_ms <= time_ms <= latest_ms
    }


def _claims_of_append_time(batch: bytearray | memoryview, header: BatchHeader) -> dict[int, str]:
    """The broker's time is the broker's to set."""
    is_compressed = header.attributes & COMPRESSION_MASK
    name = "PartialDefaultRecord" if is_compressed else "DefaultRecord"
    size_of_none = -1 if is_compressed else 0
    return {
        index: f"Invalid timestamp type in message {name}(offset={record.offset}, timestamp={record.timestamp_ms}, "
        f"key={size_of_none if record.key is None else len(record.key)} bytes, "
        f"value={size_of_none if record.value is None else len(record.value)} bytes). "
        "Producer should not set timestamp type to LogAppendTime."
        for index, record in enumerate(read_records(batch))
    }


def _refusal(wrong_keys: dict[int, str], wrong_times: dict[int, str]) -> RecordsRefused:
    errors = [RecordError(error) for error in sorted({**wrong_times, **wrong_keys}.items())]
    if wrong_times.keys() - wrong_keys.keys():
        return RecordsRefused(
            ErrorCode.INVALID_TIMESTAMP, "One or more records have been rejected due to invalid timestamp", errors
        )
    return RecordsRefused(
        ErrorCode.INVALID_RECORD,
        f"One or more records have been rejected due to {len(errors)} record errors in total, "
        f"and only showing the first three errors at most: {errors[:_SHOWN_ERRORS]}",
        errors,
    )


def _correct(batch: bytearray | memoryview, header: BatchHeader, greatest_ms: int) -> None:
    """Retention and look-ups by time trust the header, so that what it says must be so."""
    header.attributes &= ~LOG_APPEND_TIME_FLAG
    header.max_timestamp = greatest_ms
    _ATTRIBUTES.pack_into(batch, ATTRIBUTES_POSITION, header.attributes)
    _TIMESTAMP.pack_into(batch, MAX_TIMESTAMP_POSITION, greatest_ms)
    write_crc(batch, 0)
