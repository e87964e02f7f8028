"""Times in the patterns of `java.text.SimpleDateFormat`, which `--date-format` takes, in English.

A run of one letter is a field and its length the least number of digits; what is between single quotes stands for
itself, and two of them for one. Weeks begin on Sunday and the first one holds 1 January, as in Java's default locale.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_TOKEN: Final = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<open>')|(?P<field>([A-Za-z])\4*)|(?P<other>.)", re.DOTALL)
FOUR_LETTERS: Final = 4


def _sunday_based(moment: datetime) -> int:
    """Monday is 1 to strftime and Sunday 7; here Sunday is 0."""
    return moment.isoweekday() % 7


def _week_start(moment: datetime) -> datetime:
    return moment - timedelta(days=_sunday_based(moment))


def _week_year(moment: datetime) -> int:
    """The year that the week belongs to: that of its Saturday, since it may hold 1 January."""
    return (_week_start(moment) + timedelta(days=6)).year


def _week_of_year(moment: datetime) -> int:
    first = _week_start(moment.replace(month=1, day=1, year=_week_year(moment)))
    return round((_week_start(moment) - first) / timedelta(days=7)) + 1


def _week_of_month(moment: datetime) -> int:
    return (moment.day + _sunday_based(moment.replace(day=1)) - 1) // 7 + 1


def _year(year: int, length: int) -> str:
    return f"{year % 100:02}" if length == 2 else f"{year:0{length}}"


def _name(moment: datetime, length: int, short: str, long: str) -> str:
    return moment.strftime(long if length >= FOUR_LETTERS else short)


def _month(moment: datetime, length: int) -> str:
    return f"{moment.month:0{length}}" if length < 3 else _name(moment, length, "%b", "%B")


def _offset(moment: datetime) -> tuple[str, int, int]:
    minutes = round((moment.utcoffset() or timedelta()) / timedelta(minutes=1))
    return "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60


def _zone_rfc_822(moment: datetime, _length: int) -> str:
    sign, hours, minutes = _offset(moment)
    return f"{sign}{hours:02}{minutes:02}"


def _zone_iso_8601(moment: datetime, length: int) -> str:
    sign, hours, minutes = _offset(moment)
    if not hours and not minutes:
        return "Z"
    return f"{sign}{hours:02}" + {1: "", 2: f"{minutes:02}"}.get(length, f":{minutes:02}")


def _number(value: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    return lambda moment, length: f"{value(moment):0{length}}"


FIELDS: Final[dict[str, Callable[[datetime, int], str]]] = {
    "G": lambda _moment, _length: "AD",
    "y": lambda moment, length: _year(moment.year, length),
    "Y": lambda moment, length: _year(_week_year(moment), length),
    "M": _month,
    "L": _month,
    "w": _number(_week_of_year),
    "W": _number(_week_of_month),
    "D": _number(lambda moment: moment.timetuple().tm_yday),
    "d": _number(lambda moment: moment.day),
    "F": _number(lambda moment: (moment.day - 1) // 7 + 1),
    "E": lambda moment, length: _name(moment, length, "%a", "%A"),
    "u": _number(lambda moment: moment.isoweekday()),
    "a": lambda moment, _length: "AM" if moment.hour < 12 else "PM",
    "H": _number(lambda moment: moment.hour),
    "k": _number(lambda moment: moment.hour or 24),
    "K": _number(lambda moment: moment.hour % 12),
    "h": _number(lambda moment: moment.hour % 12 or 12),
    "m": _number(lambda moment: moment.minute),
    "s": _number(lambda moment: moment.second),
    "S": _number(lambda moment: moment.microsecond // 1000),
    "z": lambda moment, _length: moment.strftime("%Z"),
    "Z": _zone_rfc_822,
    "X": _zone_iso_8601,
}


class BadPattern(ValueError):
    """A pattern that SimpleDateFormat refuses, with its words."""


class SimpleDateFormat:
    """A pattern, read once."""

    def __init__(self, pattern: str) -> None:
        self._parts = [self._part(token) for token in _TOKEN.finditer(pattern)]

    def _part(self, token: re.Match[str]) -> Callable[[datetime], str]:
        if token["open"]:
            raise BadPattern("Unterminated quote")
        field = token["field"]
        if field is None:
            quoted = token["quoted"]
            literal = token["other"] if quoted is None else quoted.replace("''", "'") or "'"
            return lambda _moment: literal
        write = FIELDS.get(field[0])
        if write is None:
            raise BadPattern(f"Illegal pattern character '{field[0]}'")
        if field[0] == "X" and len(field) > 3:
            raise BadPattern(f"invalid ISO 8601 format: length={len(field)}")
        return lambda moment: write(moment, len(field))

    def format(self, timestamp_ms: int, zone: tzinfo | None = None) -> str:
        """The text of a time since the epoch, in this zone or the local one."""
        moment = datetime.fromtimestamp(timestamp_ms // 1000, UTC).astimezone(zone)
        moment += timedelta(milliseconds=timestamp_ms % 1000)
        return "".join(part(moment) for part in self._parts)
