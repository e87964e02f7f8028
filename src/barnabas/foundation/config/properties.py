"""Java's `.properties` files: what `server.properties` is written in.

Format (java.util.Properties): one `key=value`, `key:value` or `key value` per line; `#` or `!` begins a comment
line; a backslash at the end of a line joins the next one to it, without its leading blanks; `\\t \\n \\f \\r` and
`\\uXXXX` are characters, any other escaped character is itself. The last of several equal keys counts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from barnabas.foundation.config.kinds import ConfigError

_BLANK: Final = " \t\f"
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_ESCAPED: Final = re.compile(r"\\(u([0-9a-fA-F]{4})?|.)", re.DOTALL)
_CHARACTERS: Final = {"t": "\t", "n": "\n", "f": "\f", "r": "\r"}
_KEY: Final = re.compile(r"((?:[^\\=: \t\f]|\\.)*)[ \t\f]*(?:[=:][ \t\f]*)?", re.DOTALL)


class Properties(dict[str, str]):
    """Keys and values, and for each key where it was said: `server.properties:12`, or `--override`."""

    def __init__(self, values: Mapping[str, str] | None = None, origins: Mapping[str, str] | None = None) -> None:
        super().__init__(values or {})
        self.origins = dict(origins or {})

    def overridden(self, values: Mapping[str, str], origin: str) -> "Properties":
        """These properties with others laid over them, which come from `origin`."""
        return Properties({**self, **values}, {**self.origins, **dict.fromkeys(values, origin)})


def parse_properties(text: str, source: str = "server.properties") -> Properties:
    """Read a properties file; raises ConfigError naming `source` and the line."""
    properties = Properties()
    for number, line in _logical_lines(text):
        match = _KEY.match(line)
        assert match is not None
        origin = f"{source}:{number}"
        key = _unescape(match[1], origin)
        if not key:
            raise ConfigError(f"{origin}: no key before {line[match.end(1) :].strip()!r}")
        properties[key] = _unescape(line[match.end() :], origin)
        properties.origins[key] = origin
    return properties


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations joined and comments left out, each with the number of its first line."""
    started_at = 0
    joined = ""
    for number, raw in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), start=1):
        line = raw.lstrip(_BLANK)
        if not started_at:
            if not line or line[0] in "#!":
                continue
            started_at = number
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            joined += line[:-1]
            continue
        yield started_at, joined + line
        started_at, joined = 0, ""
    if started_at and joined:
        yield started_at, joined


def _unescape(text: str, origin: str) -> str:
    if "\\" not in text:
        return text

    def character(match: re.Match[str]) -> str:
        letter = match[1]
        if letter[0] != "u":
            return _CHARACTERS.get(letter, letter)
        if match[2] is None:
            raise ConfigError(f"{origin}: \\u must be followed by four hexadecimal digits")
        return chr(int(match[2], 16))

    # Characters beyond U+FFFF are written as two escapes, a surrogate pair.
    plain = _ESCAPED.sub(character, text)
    try:
        return plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise ConfigError(f"{origin}: \\u escapes don't form a character") from None
