"""The topics that Kafka keeps its own state in."""

from typing import Final

GROUP_OFFSETS_TOPIC: Final = "__consumer_offsets"
TRANSACTION_STATE_TOPIC: Final = "__transaction_state"

SHARE_GROUP_STATE_TOPIC: Final = "__share_group_state"
CLUSTER_METADATA_TOPIC: Final = "__cluster_metadata"
"""The log of a cluster without a coordination tree. Nobody may make a topic of that name; clients see it as plain."""

INTERNAL_TOPICS: Final = frozenset({GROUP_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC, SHARE_GROUP_STATE_TOPIC})


def is_internal(topic: str) -> bool:
    """Whether clients are told that the topic is not theirs."""
    return topic in INTERNAL_TOPICS
