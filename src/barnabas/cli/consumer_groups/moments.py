"""Dates and durations of `--to-datetime` and `--by-duration`, as milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from barnabas.cli.failures import InvalidUsage

_DURATION: Final = re.compile(
    r"(?P<sign>[-+]?)P(?:(?P<days>[-+]?\d+)D)?"
    r"(?P<time>T(?:(?P<hours>[-+]?\d+)H)?(?:(?P<minutes>[-+]?\d+)M)?(?:(?P<seconds>[-+]?\d+(?:[.,]\d{0,9})?)S)?)?",
    re.IGNORECASE,
)


def parse_datetime(argument: str) -> int:
    """Milliseconds since 1970 of `YYYY-MM-DDThh:mm:ss.sss`; UTC unless an offset follows."""
    try:
        if "T" not in argument:
            raise ValueError(argument)
        moment = datetime.fromisoformat(argument)
    except ValueError:
        raise InvalidUsage(
            f"--to-datetime {argument}: a time was expected as YYYY-MM-DDThh:mm:ss.sss, such as 2026-01-31T12:00:00.000"
        ) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def parse_duration(argument: str) -> int:
    """Milliseconds of an ISO-8601 duration of days or less."""
    match = _DURATION.fullmatch(argument)
    if (
        match is None
        or not any(match[part] for part in ("days", "hours", "minutes", "seconds"))
        or match["time"] == "T"
    ):
        raise InvalidUsage(f"--by-duration {argument}: a duration was expected as PnDTnHnMnS, such as PT1H30M")
    seconds = (
        int(match["days"] or 0) * 86_400
        + int(match["hours"] or 0) * 3_600
        + int(match["minutes"] or 0) * 60
        + float((match["seconds"] or "0").replace(",", "."))
    )
    return round(seconds * 1000) * (-1 if match["sign"] == "-" else 1)
