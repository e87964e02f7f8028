"""Text as the JVM makes it, where Python's differs. What is expected here was printed by Java 17."""

from __future__ import annotations

import pytest

from barnabas.cli.dump_log.java_text import double_text, json_text, scala_map_order, text_of


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        ("ü€😀".encode(), "ü€😀"),
        (b"\xff", "\ufffd"),
        (b"\xed\xa0\x80", "\ufffd"),
        (b"\xed\xa0", "\ufffd"),
        (b"\xed\xa0A", "\ufffdA"),
        (b"\xe2\x82", "\ufffd"),
        (b"\xf0\x80\x80", "\ufffd" * 3),
        (b"\xc0\xaf", "\ufffd" * 2),
    ],
)
def test_bytes_that_may_be_no_text(data: bytes, text: str) -> None:
    assert text_of(data) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (1048576.0, "1048576.0"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (12345678.9, "1.23456789E7"),
        (-1.5e300, "-1.5E300"),
        (0.001, "0.001"),
        (0.00099, "9.9E-4"),
        (1e-10, "1.0E-10"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_fractions(value: float, text: str) -> None:
    assert double_text(value) == text


def test_json() -> None:
    tree = {"a": [1, None, True, 2.5e7], "text": 'q"\\\b\n\x1f\x7fü', "n": float("nan")}
    assert json_text(tree) == '{"a":[1,null,true,2.5E7],"text":"q\\"\\\\\\b\\n\\u001F\x7fü","n":"NaN"}'


def test_scala_maps_keep_their_own_order() -> None:
    paths = [f"/tmp/{number}.log" for number in range(4)]
    assert scala_map_order([*paths, paths[0]]) == scala_map_order(reversed(paths))
    assert sorted(scala_map_order(paths)) == paths
