"""Records as lines, as Kafka's DefaultMessageFormatter prints them."""

from __future__ import annotations

import json

import pytest

from barnabas.cli.console_consumer.deserializers import UnreadableBytes
from barnabas.cli.console_consumer.formatter import ConsumedRecord, JsonFormatter, LineFormatter
from barnabas.cli.failures import InvalidUsage

RECORD = ConsumedRecord("t", 2, 7, 1, 1795404246545, b"k", b"v", [("h", b"1"), ("n", None)])
BARE = ConsumedRecord("t", 0, 0, 0, -1, None, None, [])
ALL = {
    f"print.{column}": "true" for column in ("timestamp", "partition", "offset", "delivery", "epoch", "headers", "key")
}
LONG = "org.apache.kafka.common.serialization.LongDeserializer"


@pytest.mark.parametrize(
    ("record", "properties", "line"),
    [
        (RECORD, {}, b"v\n"),
        (BARE, {}, b"null\n"),
        (
            RECORD,
            ALL,
            b"CreateTime:1795404246545\tPartition:2\tOffset:7\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\th:1,n:null\tk\tv\n",
        ),
        (RECORD._replace(timestamp_type=2), {"print.timestamp": "true"}, b"LogAppendTime:1795404246545\tv\n"),
        (
            BARE,
            {**ALL, "null.literal": "NIL", "key.separator": "|", "line.separator": ";"},
            b"NO_TIMESTAMP|Partition:0|Offset:0|Delivery:NOT_PRESENT|Epoch:NOT_PRESENT|NO_HEADERS|NIL|NIL;",
        ),
        (RECORD, {"print.value": "false", "print.key": "true"}, b"k\n"),
        (RECORD, {"print.value": "false"}, b""),
        (RECORD, {"print.headers": "true", "headers.separator": ";"}, b"h:1;n:null\tv\n"),
        (RECORD._replace(value=b"\x00" * 7 + b"\x2a"), {"value.deserializer": LONG}, b"42\n"),
        (RECORD._replace(value=b"\xff\xfe"), {}, b"\xff\xfe\n"),
    ],
)
def test_columns_and_separators(record: ConsumedRecord, properties: dict[str, str], line: bytes) -> None:
    assert LineFormatter.configure(properties).format(record) == line


def test_bytes_of_the_wrong_size_are_an_error() -> None:
    with pytest.raises(UnreadableBytes, match="Size of data received by LongDeserializer is not 8"):
        LineFormatter.configure({"value.deserializer": LONG}).format(RECORD)


def test_a_class_that_only_java_could_load_is_refused() -> None:
    with pytest.raises(InvalidUsage, match=r"value\.deserializer=com\.example\.Mine: one of Kafka's own was expected"):
        LineFormatter.configure({"value.deserializer": "com.example.Mine"})


def test_json_keeps_bytes_that_are_no_text() -> None:
    record = json.loads(JsonFormatter().format(RECORD._replace(value=b"\xff")))
    assert record == {
        "topic": "t",
        "partition": 2,
        "offset": 7,
        "timestamp_type": "CreateTime",
        "timestamp_ms": 1795404246545,
        "key": "k",
        "value": {"base64": "/w=="},
        "headers": [["h", "1"], ["n", None]],
    }
