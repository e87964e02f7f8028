"""Text as the JVM makes it: of bytes, of fractions, of JSON trees, and in the order of Scala's hash maps.

Apache Kafka's tool prints values through Java's `String`, `Double` and Jackson; where these differ from Python, the
difference is made up for here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from barnabas.cli.hash_order import string_hash

# Python replaces each byte of a surrogate, Java all of them together by one U+FFFD.
_SURROGATE: Final = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")
_LOWER_ESCAPE: Final = re.compile(r"\\u00([01][0-9a-f])")


def text_of(data: bytes) -> str:
    """`new String(data, UTF_8)`: never fails, U+FFFD stands for what is no UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _SURROGATE.sub(b"\xff", data).decode("utf-8", "replace")


def double_text(value: float) -> str:
    """`Double.toString`: scientific below 0.001 and from ten million on, always with a fraction."""
    if value != value:  # noqa: PLR0124 (not a number)
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        plain = format(value, "f") if "e" in repr(value) else repr(value)
        return plain if value == float(plain) else repr(value)
    digits, _, exponent = format_shortest(value).partition("e")
    return f"{digits}E{int(exponent)}"


def format_shortest(value: float) -> str:
    """The shortest digits that read back as this number, as `d.ddde[-]x`."""
    for precision in range(17):
        text = f"{value:.{max(precision, 1)}e}"
        if float(text) == value:
            return text
    return f"{value:.16e}"


def json_text(tree: Any) -> str:
    """A tree as Jackson's `toString` has it: no blanks, control characters as `\\u00XX`, fractions as Java's."""
    if isinstance(tree, dict):
        return "{" + ",".join(f"{json_text(name)}:{json_text(value)}" for name, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(json_text, tree)) + "]"
    if isinstance(tree, float):
        text = double_text(tree)
        return text if text[-1].isdigit() else f'"{text}"'
    text = json.dumps(tree, ensure_ascii=False)
    return _LOWER_ESCAPE.sub(lambda escape: "\\u00" + escape[1].upper(), text) if "\\u" in text else text


def scala_map_order(keys: Iterable[str]) -> list[str]:
    """Strings in the order of Scala's mutable.HashMap: by bucket, and within a bucket by hash."""
    inserted = list(dict.fromkeys(keys))
    buckets = 16
    while len(inserted) >= buckets * 0.75:
        buckets *= 2

    def place(key: str) -> tuple[int, int]:
        value = string_hash(key)
        spread = value ^ (value >> 16)
        return spread & (buckets - 1), spread - (1 << 32) if spread & (1 << 31) else spread

    return sorted(inserted, key=place)
