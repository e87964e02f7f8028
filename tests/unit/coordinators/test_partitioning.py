"""The partition of a group is the one that Java's string hash gives."""

import pytest

from barnabas.coordinators.partitioning import java_string_hash, partition_for


# Printed by Kafka 4.1.1: `text.hashCode()` and `Utils.abs(text.hashCode()) % 50`.
@pytest.mark.parametrize(
    ("text", "code", "partition"),
    [
        ("", 0, 0),
        ("g", 103, 3),
        ("my-group", -1906497762, 12),
        ("grüppe", -1233264812, 12),
        ("😀group", -1231696132, 32),
        ("polygenelubricants", -2147483648, 0),
    ],
)
def test_hash_and_partition(text: str, code: int, partition: int) -> None:
    assert java_string_hash(text) == code
    assert partition_for(text, 50) == partition
