"""From what another broker left on the disk to the writes that make it known in a coordination tree.

Pure. A directory is taken over whole or not at all. Every partition begins without a leader, so that the election that
follows gives it a leader epoch that nobody has written in.

Where a KRaft cluster's metadata is there, it says everything. Where it is not, the cluster kept its state in ZooKeeper:
names, partitions and mostly the IDs of topics are on the disk, their settings are not. Nothing of such a topic is
deleted by age or size before somebody says how long it is to be kept, because what was said to Kafka is not known here.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from barnabas.cluster.adoption.errors import CannotAdopt
from barnabas.cluster.adoption.kraft import KraftCluster
from barnabas.cluster.coordination import Create, Operation
from barnabas.cluster.coordination.znodes import (
    CONFIG,
    NO_LEADER,
    PARTITION,
    PARTITION_STATE,
    PARTITIONS,
    PRODUCER_ID_BLOCK,
    TOPIC,
    EntityConfig,
    PartitionState,
    ProducerIdBlock,
    TopicAssignment,
)
from barnabas.cluster.metadata import ConfigKind, ConfigResource
from barnabas.cluster.metadata.internal_topics import GROUP_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC
from barnabas.cluster.metadata.loading import config_path
from barnabas.foundation.errors import KafkaError
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition, uuid_to_text

PRODUCER_IDS_IN_BLOCK: Final = 1000
NAMED_AT_MOST: Final = 5
KEPT_FOREVER: Final = {"retention.ms": "-1", "retention.bytes": "-1"}
COMPACTED: Final = {"cleanup.policy": "compact", "segment.bytes": str(100 * 1024 * 1024)}
INTERNAL_CONFIGS: Final[Mapping[str, Mapping[str, str]]] = {
    GROUP_OFFSETS_TOPIC: {**COMPACTED, "compression.type": "producer"},
    TRANSACTION_STATE_TOPIC: {
        **COMPACTED,
        "compression.type": "uncompressed",
        "unclean.leader.election.enable": "false",
    },
}
"""What Kafka sets on its own topics when it makes them."""

ConfigValidator = Callable[[ConfigResource, Mapping[str, str]], None]
"""Raises KafkaError when a resource can't have exactly these values."""


@dataclass(frozen=True, slots=True)
class FoundLog:
    """What a log says of itself."""

    topic_id: uuid.UUID
    """Zeros where that is not known."""
    leader_epoch: int
    """The newest that wrote in it; -1 for none."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is on the disk."""

    node_id: int
    logs: Mapping[TopicPartition, FoundLog]
    cluster: KraftCluster | None
    """None where the cluster kept its state in ZooKeeper."""
    directory_ids: frozenset[uuid.UUID] = frozenset()
    """What the meta.properties here call their directories."""
    next_producer_id: int = 0
    """Greater than every producer ID in the logs."""
    compacted_topics: frozenset[str] = frozenset()
    """Of which the cleaner noted how far it had come."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """Writes for one `multi`, and what whoever starts the broker should know; one line each."""

    operations: tuple[Operation, ...]
    topic_count: int
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Topic:
    name: str
    topic_id: uuid.UUID
    leader_epochs: list[int]
    """By partition."""


def adopt(found: Found, validate_config: ConfigValidator, new_topic_id: Callable[[], uuid.UUID]) -> Adoption:
    """Decide; raises CannotAdopt for a directory that holds only a part of a cluster."""
    warnings: list[str] = []
    if found.cluster is not None:
        topics = _topics_of_metadata(found, found.cluster, warnings)
        configs = _fitting_configs(found.cluster.configs, validate_config, warnings)
        next_producer_id = max(found.next_producer_id, found.cluster.next_producer_id)
        left_behind = found.cluster.left_behind.describe()
        if left_behind:
            warnings.append(f"Not taken over, as this version has no place for it: {', '.join(left_behind)}")
    else:
        topics = _topics_of_directories(found, new_topic_id)
        configs = {ConfigResource(ConfigKind.TOPIC, topic.name): dict(_assumed_config(topic.name)) for topic in topics}
        next_producer_id = found.next_producer_id
        if topics:
            warnings.append(_about_missing_configs(found, topics))
    operations = [*_config_writes(topics, configs), *(write for topic in topics for write in _writes(topic, found))]
    if next_producer_id:
        # Blocks begin at round numbers, as they do in Kafka.
        last = -(-next_producer_id // PRODUCER_IDS_IN_BLOCK) * PRODUCER_IDS_IN_BLOCK - 1
        block = ProducerIdBlock(found.node_id, last + 1 - PRODUCER_IDS_IN_BLOCK, last)
        operations.append(PRODUCER_ID_BLOCK.set(block))
    return Adoption(tuple(operations), len(topics), warnings)


def _topics_of_metadata(found: Found, cluster: KraftCluster, warnings: list[str]) -> list[_Topic]:
    elsewhere: list[str] = []
    other_directories: list[str] = []
    shared: set[int] = set()
    topics = []
    for topic in sorted(cluster.topics.values(), key=lambda topic: topic.name):
        for index, partition in topic.partitions.items():
            name = TopicPartition(topic.name, index)
            shared.update(partition.replicas)
            if name in found.logs:
                continue
            directory = partition.directory_of(found.node_id)
            if found.node_id not in partition.replicas:
                elsewhere.append(f"{name} on {', '.join(map(str, partition.replicas))}")
            elif directory is not None and directory not in found.directory_ids:
                other_directories.append(f"{name} in {uuid_to_text(directory)}")
        if sorted(topic.partitions) != list(range(len(topic.partitions))):
            raise CannotAdopt(f"topic {topic.name} has partitions {sorted(topic.partitions)} in the metadata log")
        epochs = [
            max(topic.partitions[index].leader_epoch, _epoch_of_log(found, topic.name, index))
            for index in range(len(topic.partitions))
        ]
        topics.append(_Topic(topic.name, topic.topic_id, epochs))
    if elsewhere:
        raise CannotAdopt(
            f"{len(elsewhere)} partitions are kept by other brokers of the cluster ({_few(elsewhere)}): "
            "only the directory of a broker that holds every partition can be taken over"
        )
    if other_directories:
        raise CannotAdopt(
            f"{len(other_directories)} partitions are in log directories that are not here "
            f"({_few(other_directories)}, by their directory.id): log.dirs must name all that the broker had"
        )
    shared.discard(found.node_id)
    if shared:
        brokers = ", ".join(map(str, sorted(shared)))
        warnings.append(f"Partitions were replicated to brokers {brokers} as well; this broker is their only one now")
    return topics


def _topics_of_directories(found: Found, new_topic_id: Callable[[], uuid.UUID]) -> list[_Topic]:
    counts = Counter(name.topic for name in found.logs)
    topics = []
    for topic, count in sorted(counts.items()):
        missing = [index for index in range(count) if TopicPartition(topic, index) not in found.logs]
        if missing:
            raise CannotAdopt(
                f"topic {topic} has {count} partitions here, but partition {missing[0]} is not among them: "
                "only the directory of a broker that holds every partition can be taken over"
            )
        logs = [found.logs[TopicPartition(topic, index)] for index in range(count)]
        ids = {log.topic_id for log in logs} - {ZERO_UUID}
        if len(ids) > 1:
            raise CannotAdopt(f"the partitions of topic {topic} belong to {len(ids)} topics of that name")
        topic_id = ids.pop() if ids else new_topic_id()
        topics.append(_Topic(topic, topic_id, [max(log.leader_epoch, 0) for log in logs]))
    return topics


def _fitting_configs(
    configs: Mapping[ConfigResource, Mapping[str, str]], validate_config: ConfigValidator, warnings: list[str]
) -> dict[ConfigResource, dict[str, str]]:
    """The values that can be set here; those of other versions, or of features that are missing, are named."""
    fitting: dict[ConfigResource, dict[str, str]] = {}
    refused = []
    for resource, values in configs.items():
        kept = fitting[resource] = {}
        for name, value in values.items():
            try:
                validate_config(resource, {**kept, name: value})
            except KafkaError:
                # The value is not told: it may be a password.
                refused.append(f"{name} of {resource.kind.name.lower()} {resource.name or 'default'}")
            else:
                kept[name] = value
    if refused:
        warnings.append(f"Settings that this version does not have are left out: {_few(refused)}")
    return fitting


def _assumed_config(topic: str) -> Mapping[str, str]:
    return INTERNAL_CONFIGS.get(topic, KEPT_FOREVER)


def _about_missing_configs(found: Found, topics: list[_Topic]) -> str:
    names = {topic.name for topic in topics}
    text = (
        f"The settings of {len(topics)} topics are in ZooKeeper, not in the data directory: they are kept without "
        "limit (retention.ms=-1, retention.bytes=-1) until kafka-configs says otherwise"
    )
    compacted = sorted((found.compacted_topics & names) - INTERNAL_CONFIGS.keys())
    return text + (f". Kafka compacted these: {_few(compacted)}" if compacted else "")


def _epoch_of_log(found: Found, topic: str, partition: int) -> int:
    log = found.logs.get(TopicPartition(topic, partition))
    return 0 if log is None else log.leader_epoch


def _config_writes(topics: list[_Topic], configs: Mapping[ConfigResource, Mapping[str, str]]) -> list[Operation]:
    """A node for every topic, as when it is made, and one for each other resource that has something set."""
    of_topics = {
        ConfigResource(ConfigKind.TOPIC, topic.name): configs.get(ConfigResource(ConfigKind.TOPIC, topic.name), {})
        for topic in topics
    }
    others = {
        resource: values for resource, values in configs.items() if values and resource.kind is not ConfigKind.TOPIC
    }
    return [
        Create(config_path(resource), CONFIG.encode(EntityConfig(values)))
        for resource, values in (of_topics | others).items()
    ]


def _writes(topic: _Topic, found: Found) -> list[Operation]:
    replicas = (found.node_id,)
    assignment = TopicAssignment(topic.topic_id, dict.fromkeys(range(len(topic.leader_epochs)), replicas))
    operations: list[Operation] = [
        TOPIC.create(assignment, topic=topic.name),
        PARTITIONS.create(None, topic=topic.name),
    ]
    for index, epoch in enumerate(topic.leader_epochs):
        state = PartitionState(NO_LEADER, epoch, replicas, controller_epoch=0)
        operations.append(PARTITION.create(None, topic=topic.name, partition=index))
        operations.append(PARTITION_STATE.create(state, topic=topic.name, partition=index))
    return operations


def _few(names: list[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
