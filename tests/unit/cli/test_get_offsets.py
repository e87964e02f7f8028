"""`kafka-get-offsets`: which partitions and which time."""

from __future__ import annotations

import pytest

from barnabas.cli.get_offsets import ErrorOccurred, parse_time, pattern_rule, topic_rule
from barnabas.foundation.identifiers import TopicPartition

ALL = [TopicPartition(topic, number) for topic in ("a", "ab", "b") for number in range(4)]


def chosen(patterns: str) -> list[str]:
    return [str(partition) for partition in ALL if pattern_rule(patterns)(partition)]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ("a", "a-0 a-1 a-2 a-3"),
        ("a:", "a-0 a-1 a-2 a-3"),
        ("a:1,b:0-2", "a-1 b-0 b-1"),
        ("a.*:3-", "a-3 ab-3"),
        (":-1", "a-0 ab-0 b-0"),
        (":2", "a-2 ab-2 b-2"),
    ],
)
def test_patterns(patterns: str, expected: str) -> None:
    assert chosen(patterns) == expected.split()


def test_topic_and_partitions() -> None:
    rule = topic_rule("a.*", "0,2")
    assert [str(partition) for partition in ALL if rule(partition)] == ["a-0", "a-2", "ab-0", "ab-2"]
    assert all(topic_rule(None, None)(partition) for partition in ALL)
    with pytest.raises(ErrorOccurred, match="--partitions expects a comma separated list of numeric partition ids"):
        topic_rule(None, "x")


@pytest.mark.parametrize(
    ("argument", "time"), [("latest", -1), ("earliest", -2), ("max-timestamp", -3), ("-1", -1), ("1000", 1000)]
)
def test_times(argument: str, time: int) -> None:
    assert parse_time(argument) == time


def test_what_is_no_time() -> None:
    with pytest.raises(ErrorOccurred, match=r"Malformed time argument abc\. Please use -1 or latest"):
        parse_time("abc")
