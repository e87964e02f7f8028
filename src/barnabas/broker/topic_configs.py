"""What configuration means for a topic now: its own settings, over the broker's as they hold at this moment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from barnabas.broker.settings import replica_settings
from barnabas.cluster.metadata import ClusterImage
from barnabas.cluster.replication.replicas import ReplicaSettings
from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.config.describe import describe_topic


@dataclass(frozen=True, slots=True)
class TopicConfigs:
    settings: Callable[[], BrokerSettings]
    """The broker's settings at this moment."""

    def replica_settings(self, image: ClusterImage, topic: str) -> ReplicaSettings:
        """What the topic's configuration in an image means for its replicas."""
        return replica_settings(image.topic_config(topic), self.settings())

    def describe(self, overrides: Mapping[str, str]) -> Sequence[tuple[str, str | None, bool, int, bool]]:
        """Every option of a topic with these overrides: name, value, read-only, source, sensitive."""
        return [
            (config.name, config.value, config.read_only, int(config.source), config.is_sensitive)
            for config in describe_topic(overrides, self.settings())
        ]
