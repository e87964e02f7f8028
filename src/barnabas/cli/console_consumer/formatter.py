"""Records as lines, by the properties of Kafka's DefaultMessageFormatter.

Columns come in a fixed order, divided by `key.separator`; the last one is followed by `line.separator`. Keys and
values go out as the bytes they are unless a deserializer is named.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from barnabas.cli.console_consumer.deserializers import Deserializer, deserializer

TIMESTAMP_TYPES: Final = {1: "CreateTime", 2: "LogAppendTime"}


class ConsumedRecord(NamedTuple):
    """A record as the client library hands it over; the timestamp type is librdkafka's number, 0 for none."""

    topic: str
    partition: int
    offset: int
    timestamp_type: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def _is_true(value: str) -> bool:
    return value.strip().lower() == "true"


@dataclass(frozen=True, slots=True)
class LineFormatter:
    """One line per record."""

    print_timestamp: bool = False
    print_partition: bool = False
    print_offset: bool = False
    print_delivery: bool = False
    print_epoch: bool = False
    print_headers: bool = False
    print_key: bool = False
    print_value: bool = True
    key_separator: bytes = b"\t"
    line_separator: bytes = b"\n"
    headers_separator: bytes = b","
    null_literal: bytes = b"null"
    deserializers: Mapping[str, Deserializer] = field(default_factory=dict)

    @classmethod
    def configure(cls, properties: Mapping[str, str]) -> LineFormatter:
        """Properties the formatter does not know are ignored, as Kafka's does."""
        known: dict[str, Any] = {}
        for column in ("timestamp", "partition", "offset", "delivery", "epoch", "headers", "key", "value"):
            if f"print.{column}" in properties:
                known[f"print_{column}"] = _is_true(properties[f"print.{column}"])
        for separator in ("key.separator", "line.separator", "headers.separator", "null.literal"):
            if separator in properties:
                known[separator.replace(".", "_")] = properties[separator].encode()
        named = {
            part: deserializer(properties[f"{part}.deserializer"], f"{part}.deserializer")
            for part in ("key", "value", "headers")
            if f"{part}.deserializer" in properties
        }
        return cls(**known, deserializers=named)

    def format(self, record: ConsumedRecord) -> bytes:
        """The line; raises UnreadableBytes when a deserializer can't read its part."""
        columns: list[bytes] = []
        if self.print_timestamp:
            kind = TIMESTAMP_TYPES.get(record.timestamp_type)
            columns.append(f"{kind}:{record.timestamp_ms}".encode() if kind else b"NO_TIMESTAMP")
        if self.print_partition:
            columns.append(b"Partition:%d" % record.partition)
        if self.print_offset:
            columns.append(b"Offset:%d" % record.offset)
        if self.print_delivery:
            columns.append(b"Delivery:NOT_PRESENT")
        if self.print_epoch:
            columns.append(b"Epoch:NOT_PRESENT")
        if self.print_headers:
            pairs = [name.encode() + b":" + self._text("headers", value) for name, value in record.headers]
            columns.append(self.headers_separator.join(pairs) if pairs else b"NO_HEADERS")
        if self.print_key:
            columns.append(self._text("key", record.key))
        if self.print_value:
            columns.append(self._text("value", record.value))
        return self.key_separator.join(columns) + self.line_separator if columns else b""

    def _text(self, part: str, data: bytes | None) -> bytes:
        if data is None:
            return self.null_literal
        deserialize = self.deserializers.get(part)
        return deserialize(data) if deserialize is not None else data


class NoFormatter:
    """Kafka's NoOpMessageFormatter: consumes, prints nothing."""

    def format(self, record: ConsumedRecord) -> bytes:
        return b""


class JsonFormatter:
    """One JSON object per line; bytes that are no UTF-8 become `{"base64": ...}`."""

    def format(self, record: ConsumedRecord) -> bytes:
        document = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp_type": TIMESTAMP_TYPES.get(record.timestamp_type),
            "timestamp_ms": record.timestamp_ms if record.timestamp_type else None,
            "key": _json_bytes(record.key),
            "value": _json_bytes(record.value),
            "headers": [[name, _json_bytes(value)] for name, value in record.headers],
        }
        return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def _json_bytes(data: bytes | None) -> str | dict[str, str] | None:
    if data is None:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}
