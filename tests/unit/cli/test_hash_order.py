"""The order of Java's HashMap, against what Apache Kafka 4.1.1's tools printed on a JVM."""

from __future__ import annotations

import pytest

from barnabas.cli.hash_order import partition_order, string_hash, string_order
from barnabas.foundation.identifiers import TopicPartition


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("a", 97), ("orders", -1008770331), ("Müller", -1854470916), ("\N{GRINNING FACE}", 1772899)],
)
def test_string_hash_is_javas(text: str, expected: int) -> None:
    assert string_hash(text) == expected % 2**32


def test_topics_come_as_kafka_describes_them() -> None:
    """`kafka-topics --describe` of eighteen topics."""
    numbers = (6, 7, 8, 9, None, 0, 1, 2, 10, 3, 11, 4, 12, 5, 13, 14)
    printed = ["a_b" if number is None else f"topic-{number}" for number in numbers] + ["plain", "orders"]
    assert string_order(sorted(printed), initial_capacity=len(printed)) == printed


def test_partitions_come_as_kafka_resets_them() -> None:
    """`kafka-consumer-groups --reset-offsets --to-current --topic orders --topic plain`."""
    orders = [TopicPartition("orders", number) for number in range(4)]
    plain = [TopicPartition("plain", number) for number in range(3)]
    assert partition_order(orders + plain) == [plain[2], plain[1], plain[0], *orders]


def test_within_a_bucket_insertion_decides() -> None:
    """`orders-1` and `topic-1-2` share one; `--describe` puts in by partition, `--reset-offsets` by topic."""
    orders = [TopicPartition("orders", number) for number in range(4)]
    topic = [TopicPartition("topic-1", number) for number in range(3)]
    by_partition = sorted(orders + topic, key=lambda partition: partition.partition)
    assert partition_order(by_partition) == [*orders[:2], topic[2], topic[1], orders[2], topic[0], orders[3]]
    assert partition_order(topic + orders) == [orders[0], topic[2], orders[1], topic[1], orders[2], topic[0], orders[3]]


def test_a_key_comes_once() -> None:
    assert string_order(["b", "a", "b"]) == ["a", "b"]
