"""What a broker knows of its cluster: an immutable image, and the place where the newest one is."""

from barnabas.cluster.metadata.cache import Listener, MetadataCache
from barnabas.cluster.metadata.change import ImageChange
from barnabas.cluster.metadata.image import (
    NO_LEADER,
    BrokerRegistration,
    ClusterImage,
    ConfigKind,
    ConfigResource,
    Endpoint,
    PartitionImage,
    TopicImage,
)
from barnabas.cluster.metadata.internal_topics import (
    GROUP_OFFSETS_TOPIC,
    TRANSACTION_STATE_TOPIC,
    coordinator_partition,
    is_internal,
)

__all__ = [
    "GROUP_OFFSETS_TOPIC",
    "NO_LEADER",
    "TRANSACTION_STATE_TOPIC",
    "BrokerRegistration",
    "ClusterImage",
    "ConfigKind",
    "ConfigResource",
    "Endpoint",
    "ImageChange",
    "Listener",
    "MetadataCache",
    "PartitionImage",
    "TopicImage",
    "coordinator_partition",
    "is_internal",
]
