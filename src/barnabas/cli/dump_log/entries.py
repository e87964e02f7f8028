"""What there is to see in a log's files: each thing as Kafka's line of text, and as a JSON object.

Positions and sizes are bytes, times are milliseconds. Text of several lines does not occur: an entry is one line.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

from barnabas.cli.dump_log.control_records import ControlRecord
from barnabas.cli.dump_log.decoders import KeyAndValue, decoded_text
from barnabas.cli.dump_log.java_text import text_of
from barnabas.cli.dump_log.log_file import StoredBatch
from barnabas.cli.output import kafka_text
from barnabas.protocol.records import BatchHeader, Record, TimestampType

RECORD_INDENT = "|"


class Entry(Protocol):
    """One line of Kafka's tool, one object of ours."""

    kind: ClassVar[str]

    def text(self) -> str:
        """The line, without its end."""

    def tree(self) -> dict[str, Any]:
        """The object, without file and kind."""


def timestamp_type_name(header: BatchHeader) -> str:
    return "LogAppendTime" if header.timestamp_type is TimestampType.LOG_APPEND else "CreateTime"


def optional_long(value: int | None) -> str:
    """Java's text of an OptionalLong."""
    return "OptionalLong.empty" if value is None else f"OptionalLong[{value}]"


def sequence_after(sequence: int, steps: int) -> int:
    """Sequence numbers start again at 0 after 2**31 - 1; -1 where there is none."""
    return -1 if sequence < 0 else (sequence + steps) & 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class Note:
    """A line that only says where we are; `facts` is what JSON has of it."""

    kind: ClassVar[str] = "file"
    line: str
    facts: dict[str, Any]

    def text(self) -> str:
        return self.line

    def tree(self) -> dict[str, Any]:
        return self.facts


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """A batch's header."""

    kind: ClassVar[str] = "batch"
    batch: StoredBatch

    def text(self) -> str:
        header = self.batch.header
        last_sequence = sequence_after(header.base_sequence, header.last_offset_delta)
        return (
            f"baseOffset: {header.base_offset} lastOffset: {header.last_offset} count: {header.record_count} "
            f"baseSequence: {header.base_sequence} lastSequence: {last_sequence} "
            f"producerId: {header.producer_id} producerEpoch: {header.producer_epoch} "
            f"partitionLeaderEpoch: {header.partition_leader_epoch} "
            f"isTransactional: {kafka_text(header.is_transactional)} isControl: {kafka_text(header.is_control)} "
            f"deleteHorizonMs: {optional_long(header.delete_horizon_ms)} position: {self.batch.position} "
            f"{timestamp_type_name(header)}: {header.max_timestamp} size: {self.batch.size_bytes} "
            f"magic: {header.magic} compresscodec: {self.batch.compression_name()} crc: {header.crc} "
            f"isvalid: {kafka_text(self.batch.is_valid())}"
        )

    def tree(self) -> dict[str, Any]:
        header = self.batch.header
        return {
            "baseOffset": header.base_offset,
            "lastOffset": header.last_offset,
            "count": header.record_count,
            "baseSequence": header.base_sequence,
            "lastSequence": sequence_after(header.base_sequence, header.last_offset_delta),
            "producerId": header.producer_id,
            "producerEpoch": header.producer_epoch,
            "partitionLeaderEpoch": header.partition_leader_epoch,
            "isTransactional": header.is_transactional,
            "isControl": header.is_control,
            "deleteHorizonMs": header.delete_horizon_ms,
            "position": self.batch.position,
            "timestampType": timestamp_type_name(header),
            "maxTimestamp": header.max_timestamp,
            "size": self.batch.size_bytes,
            "magic": header.magic,
            "compression": self.batch.compression_name(),
            "crc": header.crc,
            "isValid": self.batch.is_valid(),
        }


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """A record of a batch; `control` in control batches, `content` if it is to be printed."""

    kind: ClassVar[str] = "record"
    header: BatchHeader
    record: Record
    show_metadata: bool
    control: ControlRecord | None = None
    content: KeyAndValue | None = None

    def text(self) -> str:
        parts = []
        prefix = f"{RECORD_INDENT} "
        if self.show_metadata:
            parts.append(prefix + self._metadata_text())
            prefix = " "
            if self.control is not None:
                parts.append(f" {self.control.text}")
        if self.content is not None:
            if self.content.key is not None:
                parts.append(f"{prefix}key: {decoded_text(self.content.key)}")
            if self.content.value is not None:
                parts.append(f" payload: {decoded_text(self.content.value)}")
        return "".join(parts)

    def _metadata_text(self) -> str:
        record = self.record
        return (
            f"offset: {record.offset} {timestamp_type_name(self.header)}: {record.timestamp_ms} "
            f"keySize: {_size(record.key)} valueSize: {_size(record.value)} sequence: {self._sequence()} "
            f"headerKeys: [{','.join(self._header_keys())}]"
        )

    def tree(self) -> dict[str, Any]:
        record = self.record
        tree: dict[str, Any] = {}
        if self.show_metadata:
            tree = {
                "offset": record.offset,
                "timestamp": record.timestamp_ms,
                "keySize": _size(record.key),
                "valueSize": _size(record.value),
                "sequence": self._sequence(),
                "headerKeys": self._header_keys(),
            }
            if self.control is not None:
                tree["control"] = self.control.tree
        if self.content is not None:
            tree["key"], tree["payload"] = self.content
        return tree

    def _sequence(self) -> int:
        return sequence_after(self.header.base_sequence, self.record.offset - self.header.base_offset)

    def _header_keys(self) -> list[str]:
        return [text_of(key.encode("utf-8", "surrogateescape")) for key, _ in self.record.headers]


def _size(data: bytes | None) -> int:
    return -1 if data is None else len(data)


@dataclass(frozen=True, slots=True)
class OffsetIndexEntry:
    """An entry of an offset index."""

    kind: ClassVar[str] = "offsetIndex"
    offset: int
    position: int

    def text(self) -> str:
        return f"offset: {self.offset} position: {self.position}"

    def tree(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TimeIndexEntry:
    """An entry of a time index."""

    kind: ClassVar[str] = "timeIndex"
    timestamp: int
    offset: int

    def text(self) -> str:
        return f"timestamp: {self.timestamp} offset: {self.offset}"

    def tree(self) -> dict[str, Any]:
        return asdict(self)
