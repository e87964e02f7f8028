"""The topics that Kafka keeps its own state in."""

from typing import Final

GROUP_OFFSETS_TOPIC: Final = "__consumer_offsets"
TRANSACTION_STATE_TOPIC: Final = "__transaction_state"

INTERNAL_TOPICS: Final = frozenset({GROUP_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC})


def is_internal(topic: str) -> bool:
    """Whether clients are told that the topic is not theirs."""
    return topic in INTERNAL_TOPICS
