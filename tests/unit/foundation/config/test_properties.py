"""Java's properties syntax, and where each key was said."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barnabas.foundation.config import ConfigError, parse_properties

# What java.util.Properties reads from this text, recorded from a JVM.
TEXT = """\
# a comment
   ! another one, after blanks
plain=value
colon : value of colon
blank value of blank
  indented =  trimmed in front, not behind \t
no.value
empty=
continued = one, \\
            two,\\
\t three
# a comment may end with a backslash, it goes on nowhere \\
after = comment
escaped\\ key\\:with\\=all = a\\tb\\\\c\\=d\\q
unicode = \\u00e4\\u20ac\\ud83d\\ude00
twice = first
twice = second
a=b=c:d
odd = ends with one backslash\\\\
even = joins\\\\\\
next
last = no line end"""

READ = {
    "plain": "value",
    "colon": "value of colon",
    "blank": "value of blank",
    "indented": "trimmed in front, not behind \t",
    "no.value": "",
    "empty": "",
    "continued": "one, two,three",
    "after": "comment",
    "escaped key:with=all": "a\tb\\c=dq",
    "unicode": "ä€😀",
    "twice": "second",
    "a": "b=c:d",
    "odd": "ends with one backslash\\",
    "even": "joins\\next",
    "last": "no line end",
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_syntax_is_that_of_java(line_end: str) -> None:
    assert parse_properties(TEXT.replace("\n", line_end)) == READ


def test_each_key_knows_its_line() -> None:
    properties = parse_properties(TEXT, "conf/server.properties")
    assert properties.origins["plain"] == "conf/server.properties:3"
    assert properties.origins["continued"] == "conf/server.properties:9"
    assert properties.origins["after"] == "conf/server.properties:13"
    assert properties.origins["twice"] == "conf/server.properties:17"


def test_overriding_values_come_from_elsewhere() -> None:
    properties = parse_properties("a=1\nb=2", "file").overridden({"b": "3"}, "--override")
    assert properties == {"a": "1", "b": "3"}
    assert properties.origins == {"a": "file:1", "b": "--override"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=1\n= 2", "f:2: no key before '= 2'"),
        ("a=\\u12", r"f:1: \u must be followed by four hexadecimal digits"),
        ("\n\na=\\ud800", r"f:3: \u escapes don't form a character"),
    ],
)
def test_errors_name_the_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_properties(text, "f")
    assert str(refused.value) == message


def escaped(text: str) -> str:
    """As java.util.Properties.store writes it, every special character escaped."""
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_whatever_is_escaped_comes_back(values: dict[str, str]) -> None:
    text = "".join(f"{escaped(key)}={escaped(value)}\n" for key, value in values.items())
    assert parse_properties(text) == values


@given(st.text(alphabet="ab=: \t\\u0#!\n\r", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse_properties(text)
