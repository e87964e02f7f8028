"""What the controller is told by configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class InternalTopicSettings:
    """How a topic of Kafka's own is made when it is first needed."""

    partition_count: int
    replication_factor: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """Defaults of topics that are made."""

    partition_count: int = 1
    """`num.partitions`"""
    replication_factor: int = 1
    """`default.replication.factor`"""
    delete_topic_enabled: bool = True
    """`delete.topic.enable`"""
    internal_topics: Mapping[str, InternalTopicSettings] = field(default_factory=dict)
