"""Lines into records, as Kafka's LineMessageReader reads them."""

from __future__ import annotations

import pytest

from barnabas.cli.console_producer.line_reader import LineReader, LineRecord, UnreadableLine
from barnabas.cli.failures import ToolFailure

KEYS = {"parse.key": "true"}
KEYS_AND_HEADERS = {"parse.key": "true", "parse.headers": " TRUE "}


def read(line: str, properties: dict[str, str]) -> LineRecord:
    (record,) = LineReader.configure(properties).records([line])
    return record


@pytest.mark.parametrize(
    ("line", "properties", "expected"),
    [
        ("a\tb", {}, LineRecord(None, b"a\tb", [])),
        ("", {}, LineRecord(None, b"", [])),
        ("a\tb\tc", KEYS, LineRecord(b"a", b"b\tc", [])),
        ("a::b", {**KEYS, "key.separator": "::"}, LineRecord(b"a", b"b", [])),
        ("h:1,i:x:y\tk\tv", KEYS_AND_HEADERS, LineRecord(b"k", b"v", [("h", b"1"), ("i", b"x:y")])),
        ("h:1\tv", {"parse.headers": "true"}, LineRecord(None, b"v", [("h", b"1")])),
        ("h=1|i=2;v", {"parse.headers": "true", "headers.delimiter": ";", "headers.separator": r"\|",
                       "headers.key.separator": "="}, LineRecord(None, b"v", [("h", b"1"), ("i", b"2")])),
        ("N\tv", {**KEYS, "null.marker": "N"}, LineRecord(None, b"v", [])),
        ("k\tN", {**KEYS, "null.marker": "N"}, LineRecord(b"k", None, [])),
        ("N\tk\tv", {**KEYS_AND_HEADERS, "null.marker": "N"}, LineRecord(b"k", b"v", [])),
        ("h:N\tk\tv", {**KEYS_AND_HEADERS, "null.marker": "N"}, LineRecord(b"k", b"v", [("h", None)])),
        ("no key", {**KEYS, "ignore.error": "true"}, LineRecord(None, b"no key", [])),
        ("h\tk\tv", {**KEYS_AND_HEADERS, "ignore.error": "true"}, LineRecord(b"k", b"v", [("h", None)])),
        ("\udcff", {}, LineRecord(None, b"\xff", [])),
    ],
)  # fmt: skip
def test_a_line_becomes_a_record(line: str, properties: dict[str, str], expected: LineRecord) -> None:
    assert read(line, properties) == expected


@pytest.mark.parametrize(
    ("line", "properties", "reason"),
    [
        ("nokey", KEYS, "No key separator found on line number 1: 'nokey'"),
        ("noheaders", KEYS_AND_HEADERS, "No headers delimiter found on line number 1: 'noheaders'"),
        ("h\tk\tv", KEYS_AND_HEADERS, "No header key separator found in pair 'h' on line number 1"),
        (
            "N:1\tk\tv",
            {**KEYS_AND_HEADERS, "null.marker": "N"},
            "Header keys should not be equal to the null marker 'N' as they can't be null",
        ),
    ],
)
def test_a_line_without_its_parts_is_refused(line: str, properties: dict[str, str], reason: str) -> None:
    with pytest.raises(UnreadableLine, match="^" + reason.replace("(", r"\(") + "$"):
        read(line, properties)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"headers.delimiter": ","}, "headers.delimiter and headers.separator may not be equal"),
        ({"headers.delimiter": ":"}, "headers.delimiter and headers.key.separator may not be equal"),
        ({"headers.separator": ":"}, "headers.separator and headers.key.separator may not be equal"),
        ({"null.marker": "\t"}, "null.marker and key.separator may not be equal"),
        ({"null.marker": ","}, "null.marker and headers.separator may not be equal"),
    ],
)
def test_delimiters_must_differ(properties: dict[str, str], reason: str) -> None:
    with pytest.raises(ToolFailure, match=f"^{reason}$"):
        LineReader.configure(properties)
