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


def coordinator_partition(key: str, partition_count: int) -> int:
    """The partition of an internal topic that keeps the state of a group or transactional ID; its leader coordinates.

    Java's hash of the text, over its UTF-16 units, as every Kafka broker counts it.
    """
    value = 0
    units = key.encode("utf-16-be", "surrogatepass")
    for position in range(0, len(units), 2):
        value = (value * 31 + (units[position] << 8 | units[position + 1])) & 0xFFFF_FFFF
    signed = value - 0x1_0000_0000 if value & 0x8000_0000 else value
    return 0 if signed == -0x8000_0000 else abs(signed) % partition_count
