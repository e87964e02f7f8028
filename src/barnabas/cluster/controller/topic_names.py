"""Which names a topic may have. The texts are Kafka's, word for word: tools and people look for them.

Source: the answers of Apache Kafka 4.1.
"""

import re
from collections.abc import Iterable
from typing import Final

from barnabas.foundation.errors import ErrorCode, KafkaError

MAX_NAME_LENGTH: Final = 249
"""Leaves room for `-<partition>` and a suffix in a directory's name of 255 bytes."""

LEGAL: Final = re.compile(r"[a-zA-Z0-9._-]+")


def fault_of_name(name: str) -> str | None:
    """What is wrong with the name, or None."""
    if not name:
        return "the empty string is not allowed"
    if name in {".", ".."}:
        return f"'{name}' is not allowed"
    if len(name) > MAX_NAME_LENGTH:
        return f"the length of '{name}' is longer than the max allowed length {MAX_NAME_LENGTH}"
    if not LEGAL.fullmatch(name):
        return f"'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    return None


def validate_name(name: str) -> None:
    """Raise INVALID_TOPIC_EXCEPTION for a name that no topic may have."""
    fault = fault_of_name(name)
    if fault is not None:
        raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {fault}")


def validate_no_collision(name: str, topics: Iterable[str]) -> None:
    """Raise INVALID_TOPIC_EXCEPTION for a name that metrics, where '.' becomes '_', would confuse with a topic's."""
    if "." not in name and "_" not in name:
        return
    flattened = name.replace(".", "_")
    colliding = sorted(topic for topic in topics if topic != name and topic.replace(".", "_") == flattened)
    if colliding:
        text = f"Topic '{name}' collides with existing topic: {colliding[0]}"
        raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, text)
