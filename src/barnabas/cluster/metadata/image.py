"""The cluster at one moment: brokers, topics, configuration.

Nothing in here ever changes: a change makes a new image that shares what stayed the same. So a request that took an
image sees one consistent cluster, however long it waits, and two images are compared by identity of their parts.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple, Self

from barnabas.foundation.identifiers import TopicPartition

NO_LEADER: Final = -1


class ConfigKind(IntEnum):
    """What a configuration can be set on; the numbers are those of the protocol's `resource_type`."""

    TOPIC = 2
    BROKER = 4
    CLIENT_METRICS = 16
    GROUP = 32


class ConfigResource(NamedTuple):
    """One thing with a configuration. A broker is named by its ID, the default of all brokers by ""."""

    kind: ConfigKind
    name: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where clients reach a broker by one of its listeners."""

    listener_name: str
    host: str
    port: int
    security_protocol: str = "PLAINTEXT"


@dataclass(frozen=True, slots=True)
class BrokerRegistration:
    """A live broker."""

    broker_id: int
    epoch: int
    endpoints: tuple[Endpoint, ...]
    rack: str | None = None

    def endpoint(self, listener_name: str) -> Endpoint | None:
        """Its address by the listener of that name, or None when it does not have such a listener."""
        return next((endpoint for endpoint in self.endpoints if endpoint.listener_name == listener_name), None)


@dataclass(frozen=True, slots=True)
class PartitionImage:
    """Who holds and who leads a partition."""

    replicas: tuple[int, ...]
    isr: tuple[int, ...]
    leader: int
    leader_epoch: int = 0
    partition_epoch: int = 0
    """Counts every change of leader or ISR; compared and swapped when one is asked for."""
    offline_replicas: tuple[int, ...] = ()
    """Brokers that live, but have lost the partition with a disk (KIP-112). Not kept in the tree."""


@dataclass(frozen=True, slots=True)
class TopicImage:
    """A topic. Its partitions are numbered from 0 without gaps: a partition's index is its place."""

    name: str
    topic_id: uuid.UUID
    partitions: tuple[PartitionImage, ...]

    def partition(self, index: int) -> PartitionImage | None:
        return self.partitions[index] if 0 <= index < len(self.partitions) else None


NO_CONFIG: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class ClusterImage:
    """All of it."""

    cluster_id: str
    controller_id: int = NO_LEADER
    controller_epoch: int = 0
    brokers: Mapping[int, BrokerRegistration] = field(default_factory=dict)
    topics: Mapping[str, TopicImage] = field(default_factory=dict)
    configs: Mapping[ConfigResource, Mapping[str, str]] = field(default_factory=dict)
    """What was set beside the defaults. A resource is listed once something was set, even when it is empty again."""

    @cached_property
    def topic_names(self) -> Mapping[uuid.UUID, str]:
        """The topics' names by their IDs."""
        return {topic.topic_id: name for name, topic in self.topics.items()}

    def topic_by_id(self, topic_id: uuid.UUID) -> TopicImage | None:
        name = self.topic_names.get(topic_id)
        return None if name is None else self.topics[name]

    def partition(self, topic_partition: TopicPartition) -> PartitionImage | None:
        topic = self.topics.get(topic_partition.topic)
        return None if topic is None else topic.partition(topic_partition.partition)

    def config(self, kind: ConfigKind, name: str) -> Mapping[str, str]:
        """What was set on that resource itself, without any default."""
        return self.configs.get(ConfigResource(kind, name), NO_CONFIG)

    def topic_config(self, topic: str) -> Mapping[str, str]:
        return self.config(ConfigKind.TOPIC, topic)

    def with_topic(self, topic: TopicImage) -> Self:
        """The image with a topic added or replaced."""
        return replace(self, topics={**self.topics, topic.name: topic})

    def without_topic(self, name: str) -> Self:
        """The image without a topic and its configuration."""
        resource = ConfigResource(ConfigKind.TOPIC, name)
        return replace(
            self,
            topics={other: topic for other, topic in self.topics.items() if other != name},
            configs={other: values for other, values in self.configs.items() if other != resource},
        )

    def with_config(self, resource: ConfigResource, values: Mapping[str, str]) -> Self:
        """The image with a resource's configuration replaced."""
        return replace(self, configs={**self.configs, resource: dict(values)})

    def with_brokers(self, brokers: Iterable[BrokerRegistration]) -> Self:
        """The image with exactly these brokers alive."""
        return replace(self, brokers={broker.broker_id: broker for broker in brokers})
