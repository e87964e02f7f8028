"""`kafka-delete-records`: the file of offsets."""

from __future__ import annotations

import json

import pytest

from barnabas.cli.delete_records import parse_offsets
from barnabas.cli.failures import ToolFailure
from barnabas.foundation.identifiers import TopicPartition


def test_offsets() -> None:
    partitions = [
        {"topic": "b", "partition": 1, "offset": -1, "more": 2},
        {"topic": "a", "partition": 0, "offset": 2**63 - 1},
    ]
    expected = {TopicPartition("b", 1): -1, TopicPartition("a", 0): 2**63 - 1}
    assert parse_offsets(json.dumps({"partitions": partitions})) == expected
    assert parse_offsets(json.dumps({"partitions": partitions, "version": 1}) + " trailing") == expected
    assert parse_offsets(' \n{"partitions":[]}') == {}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "The input string is not a valid JSON"),
        ("{", "The input string is not a valid JSON"),
        ("7", "Expected JSON object, received 7"),
        ('{"partitions": [], "version": 3}', "Not supported version field value 3"),
        ('{"partitions": [], "version": 1.0}', "Expected `Integer` value, received 1.0"),
        ("{}", "Missing partitions field"),
        ('{"partitions": {"a": [null]}}', 'Expected JSON array, received {"a":[null]}'),
        ('{"partitions": [{"partition": 0, "offset": 1}]}', "No such field exists: `topic`"),
        (
            '{"partitions": [{"topic": "a", "partition": 2147483648, "offset": 1}]}',
            "Expected `Integer` value, received",
        ),
        ('{"partitions": [{"topic": "a", "partition": 0, "offset": "1"}]}', 'Expected `Long` value, received "1"'),
    ],
)
def test_what_is_wrong(content: str, complaint: str) -> None:
    with pytest.raises(ToolFailure) as failure:
        parse_offsets(content)
    assert failure.value.text.startswith(complaint)
    assert failure.value.exit_code == 1


def test_partitions_that_occur_twice() -> None:
    twice = [{"topic": topic, "partition": 0, "offset": offset} for topic in "xyz" for offset in (1, 1)]
    with pytest.raises(ToolFailure, match="Offset json file contains duplicate topic partitions: x-0,y-0,z-0"):
        parse_offsets(json.dumps({"partitions": twice}))
