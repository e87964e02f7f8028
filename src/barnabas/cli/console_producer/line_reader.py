"""Lines of text into records, by the properties of Kafka's LineMessageReader.

`headers<TAB>key<TAB>value` when headers and keys are parsed, each delimiter a property. Lines stay bytes for the
broker: text that is not UTF-8 travels through as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from barnabas.cli.failures import ToolFailure


class LineRecord(NamedTuple):
    """What one line asks to be written."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class UnreadableLine(ToolFailure):
    """A line that does not have the parts it should have."""


def _is_true(value: str) -> bool:
    return value.strip().lower() == "true"


def encoded(text: str) -> bytes:
    """The bytes of a line that was read with `surrogateescape`."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class LineReader:
    """Reads records out of lines; refuses delimiters that could not be told apart."""

    parse_key: bool = False
    parse_headers: bool = False
    ignore_error: bool = False
    key_separator: str = "\t"
    headers_delimiter: str = "\t"
    headers_separator: str = ","
    headers_key_separator: str = ":"
    null_marker: str | None = None

    @classmethod
    def configure(cls, properties: Mapping[str, str]) -> LineReader:
        return cls(
            parse_key=_is_true(properties.get("parse.key", "")),
            parse_headers=_is_true(properties.get("parse.headers", "")),
            ignore_error=_is_true(properties.get("ignore.error", "")),
            key_separator=properties.get("key.separator", "\t"),
            headers_delimiter=properties.get("headers.delimiter", "\t"),
            headers_separator=properties.get("headers.separator", ","),
            headers_key_separator=properties.get("headers.key.separator", ":"),
            null_marker=properties.get("null.marker"),
        )

    def __post_init__(self) -> None:
        delimiters = {
            "headers.delimiter": self.headers_delimiter,
            "headers.separator": self.headers_separator,
            "headers.key.separator": self.headers_key_separator,
        }
        pairs = [
            ("headers.delimiter", "headers.separator"),
            ("headers.delimiter", "headers.key.separator"),
            ("headers.separator", "headers.key.separator"),
        ]
        for one, other in pairs:
            if delimiters[one] == delimiters[other]:
                raise ToolFailure(f"{one} and {other} may not be equal")
        for name, delimiter in {"key.separator": self.key_separator, **delimiters}.items():
            if delimiter == self.null_marker:
                raise ToolFailure(f"null.marker and {name} may not be equal")

    def records(self, lines: Iterable[str]) -> Iterator[LineRecord]:
        """A record per line; raises UnreadableLine."""
        for number, line in enumerate(lines, start=1):
            yield self._record(line, number)

    def _record(self, line: str, number: int) -> LineRecord:
        start = 0
        headers = self._part(self.parse_headers, line, start, self.headers_delimiter, ("headers delimiter", number))
        if headers is not None:
            start = len(headers) + len(self.headers_delimiter)
        key = self._part(self.parse_key, line, start, self.key_separator, ("key separator", number))
        if key is not None:
            start += len(key) + len(self.key_separator)
        has_headers = headers is not None and headers != self.null_marker
        return LineRecord(
            self._bytes(key),
            self._bytes(line[start:]),
            self._headers(headers, number) if headers is not None and has_headers else [],
        )

    def _bytes(self, text: str | None) -> bytes | None:
        return None if text is None or text == self.null_marker else encoded(text)

    def _part(self, wanted: bool, line: str, start: int, delimiter: str, what: tuple[str, int]) -> str | None:
        if not wanted:
            return None
        end = line.find(delimiter, start)
        if end >= 0:
            return line[start:end]
        if self.ignore_error:
            return None
        raise UnreadableLine(f"No {what[0]} found on line number {what[1]}: '{line}'")

    def _headers(self, text: str, number: int) -> list[tuple[str, bytes | None]]:
        headers: list[tuple[str, bytes | None]] = []
        for pair in re.split(self.headers_separator, text):
            name, divider, value = pair.partition(self.headers_key_separator)
            if not divider:
                if not self.ignore_error:
                    raise UnreadableLine(f"No header key separator found in pair '{pair}' on line number {number}")
                headers.append((pair, None))
                continue
            if name == self.null_marker:
                raise UnreadableLine(
                    f"Header keys should not be equal to the null marker '{name}' as they can't be null"
                )
            headers.append((name, self._bytes(value)))
        return headers
