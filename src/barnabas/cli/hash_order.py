"""The order in which a Java HashMap yields its keys.

Several of Kafka's tools print straight out of HashMaps, so the order of their lines is that of Java's hash codes. To
print the same text in the same order we need the same arithmetic: the table of a power of two, the spread of the
hash's high bits, and within one bucket the order of insertion (OpenJDK's java.util.HashMap; buckets of eight or more
keys, which it turns into trees, keep that order too when iterated).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from barnabas.foundation.identifiers import TopicPartition

Key = TypeVar("Key")


def string_hash(text: str) -> int:
    """java.lang.String.hashCode as an unsigned 32-bit number: over UTF-16 units."""
    value = 0
    units = text.encode("utf-16-be")
    for index in range(0, len(units), 2):
        value = (31 * value + (units[index] << 8) + units[index + 1]) & 0xFFFFFFFF
    return value


def topic_partition_hash(partition: TopicPartition) -> int:
    """org.apache.kafka.common.TopicPartition.hashCode."""
    return (31 * (31 + partition.partition) + string_hash(partition.topic)) & 0xFFFFFFFF


def hash_order(keys: Iterable[Key], hash_of: Callable[[Key], int], initial_capacity: int = 16) -> list[Key]:
    """These keys, inserted in this order into a HashMap of this initial capacity, as it yields them."""
    inserted = list(dict.fromkeys(keys))
    buckets = 1
    while buckets < initial_capacity:
        buckets *= 2
    while len(inserted) > buckets * 0.75:
        buckets *= 2

    def bucket(key: Key) -> int:
        value = hash_of(key)
        return (value ^ (value >> 16)) & (buckets - 1)

    return sorted(inserted, key=bucket)


def string_order(texts: Iterable[str], initial_capacity: int = 16) -> list[str]:
    return hash_order(texts, string_hash, initial_capacity)


def partition_order(partitions: Iterable[TopicPartition], initial_capacity: int = 16) -> list[TopicPartition]:
    return hash_order(partitions, topic_partition_hash, initial_capacity)
