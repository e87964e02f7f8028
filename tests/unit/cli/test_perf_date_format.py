"""Times in SimpleDateFormat's patterns. Every text expected here was printed by Java 17, in Locale.US."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone, tzinfo

import pytest

from barnabas.cli.perf.date_format import BadPattern, SimpleDateFormat

NEW_YORK = timezone(timedelta(hours=-5), "EST")
KOLKATA = timezone(timedelta(hours=5, minutes=30), "IST")
A_MONDAY = 1795416518947
NEW_YEARS_EVE = 1735603200000
A_LEAP_DAY = 951782400005


@pytest.mark.parametrize(
    ("timestamp_ms", "zone", "pattern", "text"),
    [
        (NEW_YEARS_EVE, UTC, "D w W F u", "366 1 5 5 2"),
        (NEW_YEARS_EVE, UTC, "YYYY-'W'ww", "2025-W01"),
        (A_LEAP_DAY, UTC, "yyyy-MM-dd HH:mm:ss:SSS", "2000-02-29 00:00:00:005"),
        (A_LEAP_DAY, UTC, "yy/M/d h:m:s a", "00/2/29 12:0:0 AM"),
        (A_LEAP_DAY, UTC, "EEE, d MMM yyyy", "Tue, 29 Feb 2000"),
        (A_LEAP_DAY, UTC, "EEEE MMMM dd", "Tuesday February 29"),
        (A_LEAP_DAY, UTC, "D w W F u", "60 10 5 5 2"),
        (A_LEAP_DAY, UTC, "YYYY-'W'ww", "2000-W10"),
        (A_LEAP_DAY, UTC, "kk KK hh S", "24 00 12 5"),
        (A_LEAP_DAY, UTC, "Z X XX XXX", "+0000 Z Z Z"),
        (A_LEAP_DAY, UTC, "G y yyy yyyyy", "AD 2000 2000 02000"),
        (A_LEAP_DAY, UTC, "''HH''", "'00'"),
        (A_LEAP_DAY, UTC, "MMMMM LL EEEEE", "February 02 Tuesday"),
        (A_LEAP_DAY, UTC, "SS SSSS", "05 0005"),
        (A_LEAP_DAY, UTC, "z", "UTC"),
        (0, NEW_YORK, "EEEE MMMM dd", "Wednesday December 31"),
        (0, NEW_YORK, "MMMMM LL EEEEE", "December 12 Wednesday"),
        (A_MONDAY, NEW_YORK, "yy/M/d h:m:s a", "26/11/23 1:48:38 AM"),
        (A_MONDAY, NEW_YORK, "YYYY-'W'ww", "2026-W48"),
        (A_MONDAY, NEW_YORK, "G y yyy yyyyy", "AD 2026 2026 02026"),
        (A_MONDAY, NEW_YORK, "z", "EST"),
        (NEW_YEARS_EVE, NEW_YORK, "EEEE MMMM dd", "Monday December 30"),
        (NEW_YEARS_EVE, NEW_YORK, "MMMMM LL EEEEE", "December 12 Monday"),
        (A_LEAP_DAY, NEW_YORK, "yy/M/d h:m:s a", "00/2/28 7:0:0 PM"),
        (A_LEAP_DAY, NEW_YORK, "YYYY-'W'ww", "2000-W10"),
        (A_LEAP_DAY, NEW_YORK, "G y yyy yyyyy", "AD 2000 2000 02000"),
        (A_LEAP_DAY, NEW_YORK, "z", "EST"),
        (0, KOLKATA, "EEEE MMMM dd", "Thursday January 01"),
        (0, KOLKATA, "MMMMM LL EEEEE", "January 01 Thursday"),
        (A_MONDAY, KOLKATA, "yy/M/d h:m:s a", "26/11/23 12:18:38 PM"),
        (A_MONDAY, KOLKATA, "YYYY-'W'ww", "2026-W48"),
        (A_MONDAY, KOLKATA, "G y yyy yyyyy", "AD 2026 2026 02026"),
        (A_MONDAY, KOLKATA, "z", "IST"),
        (NEW_YEARS_EVE, KOLKATA, "EEEE MMMM dd", "Tuesday December 31"),
        (NEW_YEARS_EVE, KOLKATA, "MMMMM LL EEEEE", "December 12 Tuesday"),
        (A_LEAP_DAY, KOLKATA, "yy/M/d h:m:s a", "00/2/29 5:30:0 AM"),
        (A_LEAP_DAY, KOLKATA, "YYYY-'W'ww", "2000-W10"),
        (A_LEAP_DAY, KOLKATA, "G y yyy yyyyy", "AD 2000 2000 02000"),
        (A_LEAP_DAY, KOLKATA, "z", "IST"),
    ],
)
def test_a_time_as_java_prints_it(timestamp_ms: int, zone: tzinfo, pattern: str, text: str) -> None:
    assert SimpleDateFormat(pattern).format(timestamp_ms, zone) == text


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("bogus", "Illegal pattern character 'b'"),
        ("T", "Illegal pattern character 'T'"),
        ("yyyy 'open", "Unterminated quote"),
        ("XXXX", "invalid ISO 8601 format: length=4"),
    ],
)
def test_a_pattern_that_java_refuses(pattern: str, reason: str) -> None:
    with pytest.raises(BadPattern, match=f"^{reason}$"):
        SimpleDateFormat(pattern)


def test_the_local_zone_is_the_default() -> None:
    assert SimpleDateFormat("S").format(A_MONDAY) == "947"
