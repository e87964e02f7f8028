"""What the controller decides: from an image and a wish to the writes that fulfil it, and the image after them.

Pure: no tree, no clock, no chance; what is random comes in as an argument. Nothing is decided on the tree itself, so a
decision that is not written changes nothing. The texts of errors, and the order in which wishes are checked, are
those of Apache Kafka 4.1.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

from barnabas.cluster.controller.assignment import (
    Placement,
    Replicas,
    assign_replicas,
    check_manual_assignment,
    check_manual_assignments,
)
from barnabas.cluster.controller.settings import ControllerSettings
from barnabas.cluster.controller.topic_names import validate_name, validate_no_collision
from barnabas.cluster.coordination import Create, Operation, SetData
from barnabas.cluster.coordination.znodes import (
    CONFIG,
    CONFIG_CHANGE,
    PARTITION,
    PARTITION_STATE,
    PARTITIONS,
    TOPIC,
    ConfigChange,
    EntityConfig,
    PartitionState,
    TopicAssignment,
)
from barnabas.cluster.metadata import (
    ClusterImage,
    ConfigKind,
    ConfigResource,
    PartitionImage,
    TopicImage,
)
from barnabas.cluster.metadata.internal_topics import CLUSTER_METADATA_TOPIC
from barnabas.cluster.metadata.loading import CONFIG_DIRECTORIES, config_path, entity_of
from barnabas.foundation.errors import ErrorCode, KafkaError

T = TypeVar("T")

MAX_NEW_PARTITIONS: Final = 10_000

ConfigValidator = Callable[[ConfigResource, Mapping[str, str]], None]
"""Raises KafkaError (INVALID_CONFIG) when that resource can't have exactly these values set on it."""

ConfigEdit = Callable[[Mapping[str, str]], Mapping[str, str]]
"""From what is set on a resource to what shall be; may raise KafkaError."""


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """Writes for one `multi`, the image once they are made, and what to answer."""

    operations: tuple[Operation, ...]
    image: ClusterImage
    result: T


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic that somebody wishes for; -1 stands for the broker's default."""

    name: str
    partition_count: int = -1
    replication_factor: int = -1
    assignments: tuple[tuple[int, tuple[int, ...]], ...] = ()
    """Partition and its replicas, instead of the two numbers."""
    configs: Mapping[str, str | None] = field(default_factory=dict)


def create_topic(
    image: ClusterImage,
    wish: NewTopic,
    settings: ControllerSettings,
    validate_config: ConfigValidator,
    topic_id: uuid.UUID,
    start: Placement,
) -> Decision[TopicImage]:
    """Make a topic and all of its partitions."""
    if wish.name == CLUSTER_METADATA_TOPIC:
        text = f"Creation of internal topic {CLUSTER_METADATA_TOPIC} is prohibited."
        raise KafkaError(ErrorCode.INVALID_REQUEST, text)
    validate_name(wish.name)
    if wish.name in image.topics:
        raise KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{wish.name}' already exists.")
    validate_no_collision(wish.name, image.topics)
    resource = ConfigResource(ConfigKind.TOPIC, wish.name)
    configs = _without_nulls(wish.configs)
    validate_config(resource, configs)
    replicas = _replicas_of_new_topic(image, wish, settings, start)
    topic = TopicImage(wish.name, topic_id, tuple(_new_partition(image, brokers) for brokers in replicas))
    operations = (
        _write_config(image, resource, configs),
        TOPIC.create(_assignment(topic), topic=topic.name),
        PARTITIONS.create(None, topic=topic.name),
        *_create_partitions(image, topic, 0),
    )
    return Decision(operations, image.with_topic(topic).with_config(resource, configs), topic)


def delete_topic(image: ClusterImage, topic: TopicImage, settings: ControllerSettings) -> Decision[TopicImage]:
    """Remove a topic, its partitions and its configuration."""
    if not settings.delete_topic_enabled:
        raise KafkaError(ErrorCode.TOPIC_DELETION_DISABLED, "Topic deletion is disabled.")
    operations: list[Operation] = []
    for index in range(len(topic.partitions)):
        operations.append(PARTITION_STATE.delete(topic=topic.name, partition=index))
        operations.append(PARTITION.delete(topic=topic.name, partition=index))
    operations += [PARTITIONS.delete(topic=topic.name), TOPIC.delete(topic=topic.name)]
    resource = ConfigResource(ConfigKind.TOPIC, topic.name)
    if resource in image.configs:
        operations.append(CONFIG.delete(kind=CONFIG_DIRECTORIES[resource.kind], entity=entity_of(resource)))
    return Decision(tuple(operations), image.without_topic(topic.name), topic)


def create_partitions(
    image: ClusterImage, name: str, count: int, assignments: Sequence[Sequence[int]] | None, start: Placement
) -> Decision[TopicImage]:
    """Give a topic more partitions, `count` in all."""
    topic = image.topics.get(name)
    if topic is None:
        raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    present = len(topic.partitions)
    if count == present:
        raise KafkaError(ErrorCode.INVALID_PARTITIONS, f"Topic already has {present} partition(s).")
    if count < present:
        text = f"The topic {name} currently has {present} partition(s); {count} would not be an increase."
        raise KafkaError(ErrorCode.INVALID_PARTITIONS, text)
    _limit(count - present)
    if assignments is None:
        replication_factor = len(topic.partitions[0].replicas)
        replicas = assign_replicas(image.brokers, count - present, replication_factor, start, present)
    else:
        replicas = _added_by_hand(image, topic, count, assignments)
    added = (_new_partition(image, brokers) for brokers in replicas)
    grown = replace(topic, partitions=(*topic.partitions, *added))
    operations = (TOPIC.set(_assignment(grown), topic=name), *_create_partitions(image, grown, present))
    return Decision(operations, image.with_topic(grown), grown)


def alter_config(
    image: ClusterImage, resource: ConfigResource, edit: ConfigEdit, validate_config: ConfigValidator
) -> Decision[None]:
    """Change what is set on a topic, a broker, …, and tell the brokers."""
    if resource.kind is ConfigKind.TOPIC and resource.name not in image.topics:
        raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{resource.name}' does not exist.")
    values = dict(edit(image.config(resource.kind, resource.name)))
    validate_config(resource, values)
    path = f"{CONFIG_DIRECTORIES[resource.kind]}/{entity_of(resource)}"
    operations = (_write_config(image, resource, values), CONFIG_CHANGE.create(ConfigChange(path), sequential=True))
    return Decision(operations, image.with_config(resource, values), None)


def _without_nulls(configs: Mapping[str, str | None]) -> dict[str, str]:
    missing = [name for name, value in configs.items() if value is None]
    if missing:
        text = f"Null value not supported for topic configs: {','.join(missing)}"
        raise KafkaError(ErrorCode.INVALID_CONFIG, text)
    return {name: value for name, value in configs.items() if value is not None}


def _replicas_of_new_topic(
    image: ClusterImage, wish: NewTopic, settings: ControllerSettings, start: Placement
) -> list[Replicas]:
    if wish.assignments:
        text = "A manual partition assignment was specified, but "
        if wish.replication_factor != -1:
            raise KafkaError(ErrorCode.INVALID_REQUEST, text + "replication factor was not set to -1.")
        if wish.partition_count != -1:
            raise KafkaError(ErrorCode.INVALID_REQUEST, text + "numPartitions was not set to -1.")
        return check_manual_assignments(image.brokers, wish.assignments)
    if wish.replication_factor < -1 or wish.replication_factor == 0:
        text = "Replication factor must be larger than 0, or -1 to use the default value."
        raise KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR, text)
    if wish.partition_count < -1 or wish.partition_count == 0:
        text = "Number of partitions was set to an invalid non-positive value."
        raise KafkaError(ErrorCode.INVALID_PARTITIONS, text)
    count = settings.partition_count if wish.partition_count == -1 else wish.partition_count
    factor = settings.replication_factor if wish.replication_factor == -1 else wish.replication_factor
    _limit(count)
    return assign_replicas(image.brokers, count, factor, start)


def _limit(new_partitions: int) -> None:
    if new_partitions > MAX_NEW_PARTITIONS:
        text = "Excessively large number of partitions per request."
        raise KafkaError(ErrorCode.POLICY_VIOLATION, text)


def _added_by_hand(
    image: ClusterImage, topic: TopicImage, count: int, assignments: Sequence[Sequence[int]]
) -> list[Replicas]:
    wanted = count - len(topic.partitions)
    if len(assignments) != wanted:
        text = (
            f"Attempted to add {wanted} additional partition(s), but only {len(assignments)} assignment(s) "
            "were specified."
        )
        raise KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, text)
    replicas = [check_manual_assignment(image.brokers, brokers) for brokers in assignments]
    factor = len(topic.partitions[0].replicas)
    for brokers in replicas:
        if len(brokers) != factor:
            text = (
                f"The manual partition assignment includes a partition with {len(brokers)} replica(s), but this is "
                f"not consistent with previous partitions, which have {factor} replica(s)."
            )
            raise KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, text)
    return replicas


def _new_partition(image: ClusterImage, replicas: Replicas) -> PartitionImage:
    isr = tuple(broker for broker in replicas if broker in image.brokers)
    return PartitionImage(replicas, isr, leader=isr[0])


def _assignment(topic: TopicImage) -> TopicAssignment:
    return TopicAssignment(
        topic.topic_id, {index: partition.replicas for index, partition in enumerate(topic.partitions)}
    )


def _create_partitions(image: ClusterImage, topic: TopicImage, first: int) -> list[Operation]:
    operations: list[Operation] = []
    for index, partition in enumerate(topic.partitions[first:], start=first):
        state = PartitionState(partition.leader, partition.leader_epoch, partition.isr, image.controller_epoch)
        operations.append(PARTITION.create(None, topic=topic.name, partition=index))
        operations.append(PARTITION_STATE.create(state, topic=topic.name, partition=index))
    return operations


def _write_config(image: ClusterImage, resource: ConfigResource, values: Mapping[str, str]) -> Operation:
    data = CONFIG.encode(EntityConfig(values))
    path = config_path(resource)
    return SetData(path, data) if resource in image.configs else Create(path, data)
