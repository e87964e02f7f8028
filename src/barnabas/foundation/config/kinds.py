"""The types of configuration values: how a text is read, checked for its type, and written again.

Source: Apache Kafka's ConfigDef, whose error texts are kept word for word because tools and tests compare them.
A value is trimmed before it is read; numbers are plain decimal, as Java's `Integer.parseInt` has it.
"""

import math
import re
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_DOUBLE: Final = re.compile(r"[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[fFdD]?)")
_LIST_SEPARATOR: Final = re.compile(r"\s*,\s*")


class ConfigError(Exception):
    """A configuration that can't be used; the text is one line that names the key and what was expected."""


class InvalidValue(ConfigError):
    """A value that its option doesn't take."""

    def __init__(self, name: str, value: object, expectation: str) -> None:
        shown = format_double(value) if isinstance(value, float) else value
        super().__init__(f"Invalid value {shown} for configuration {name}: {expectation}")
        self.name = name


class Kind(Generic[T]):
    """One type of value; `wire_id` is its number in DescribeConfigs responses (KIP-569)."""

    __slots__ = ("_format", "_parse", "name", "wire_id")

    def __init__(
        self, name: str, wire_id: int, parse: Callable[[str, str], T], format_value: Callable[[T], str]
    ) -> None:
        self.name = name
        self.wire_id = wire_id
        self._parse = parse
        self._format = format_value

    def __repr__(self) -> str:
        return self.name

    def parse(self, name: str, text: str) -> T:
        """Read a value; raises InvalidValue with Kafka's words."""
        return self._parse(name, text.strip())

    def format(self, value: T) -> str:
        """Write a value as Kafka prints it."""
        return self._format(value)


class Password(str):
    """A secret: it never shows when an object that holds it is printed or logged."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "[hidden]"


def _integer(type_name: str, bits: int) -> Callable[[str, str], int]:
    lowest, highest = -(1 << (bits - 1)), (1 << (bits - 1)) - 1

    def parse(name: str, text: str) -> int:
        # More digits than any 64-bit number has are refused before Python converts them.
        if len(text) <= 40 and _INTEGER.fullmatch(text):
            value = int(text)
            if lowest <= value <= highest:
                return value
        raise InvalidValue(name, text, f"Not a number of type {type_name}")

    return parse


def _boolean(name: str, text: str) -> bool:
    lowered = text.lower()
    if lowered not in {"true", "false"}:
        raise InvalidValue(name, text, "Expected value to be either true or false")
    return lowered == "true"


def _double(name: str, text: str) -> float:
    if not _DOUBLE.fullmatch(text):
        raise InvalidValue(name, text, "Not a number of type DOUBLE")
    return float(text.rstrip("fFdD") if text[-1:] in "fFdD" else text)


def _list(_name: str, text: str) -> tuple[str, ...]:
    return tuple(_LIST_SEPARATOR.split(text)) if text else ()


def _text(_name: str, text: str) -> str:
    return text


def _secret(_name: str, text: str) -> Password:
    return Password(text)


def format_double(value: float) -> str:
    """A number as Java's `Double.toString` writes it: `0.5`, `1.0E10`, `1.7976931348623157E308`."""
    if not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[repr(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        # Python switches to exponents at 1e-4, so nothing in this range has one.
        return repr(value)
    mantissa, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        digits, _, fraction = mantissa.lstrip("-").partition(".")
        if digits != "0":
            significant, shift = (digits + fraction).rstrip("0"), len(digits) - 1
        else:
            significant = fraction.lstrip("0")
            shift = len(significant) - len(fraction) - 1
        mantissa = f"{'-' if value < 0 else ''}{significant[0]}.{significant[1:] or '0'}"
        return f"{mantissa}E{shift}"
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


BOOLEAN: Final = Kind[bool]("boolean", 1, _boolean, lambda value: "true" if value else "false")
STRING: Final = Kind[str]("string", 2, _text, str)
INT: Final = Kind[int]("int", 3, _integer("INT", 32), str)
SHORT: Final = Kind[int]("short", 4, _integer("SHORT", 16), str)
LONG: Final = Kind[int]("long", 5, _integer("LONG", 64), str)
DOUBLE: Final = Kind[float]("double", 6, _double, format_double)
LIST: Final = Kind[tuple[str, ...]]("list", 7, _list, ",".join)
CLASS: Final = Kind[str]("class", 8, _text, str)
"""The name of a Java class; kept as text, since there is no JVM to load it."""
PASSWORD: Final = Kind[Password]("password", 9, _secret, str)
