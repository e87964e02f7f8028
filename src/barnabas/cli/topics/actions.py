"""Create, list, alter and delete topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from barnabas.cli.failures import ToolFailure, kafka_error
from barnabas.cli.output import print_json
from barnabas.cli.topic_filter import IncludeList

if TYPE_CHECKING:
    from barnabas.cli.connection import Cluster
    from barnabas.cli.topics.command import TopicsOptions

COLLISION_WARNING = (
    "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. "
    "To avoid issues it is best to use either, but not both."
)
LARGEST_REPLICATION_FACTOR = 32767


class Refused(ToolFailure):
    """What was asked can't be done; found before asking the cluster."""


def parse_configs(arguments: tuple[str, ...]) -> dict[str, str]:
    """`name=value` settings of a new topic."""
    configs: dict[str, str] = {}
    for argument in arguments:
        name, divider, value = (part.strip() for part in argument.partition("="))
        if not divider or not value or "=" in value:
            raise Refused(
                'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".'
            )
        configs[name] = value
    return configs


def parse_replica_assignment(argument: str) -> list[list[int]]:
    """The brokers of each partition out of `1:2,2:3`."""
    assignment: list[list[int]] = []
    for partition, entry in enumerate(argument.split(",")):
        try:
            brokers = [int(broker) for broker in entry.split(":")]
        except ValueError:
            raise Refused(
                f"--replica-assignment {argument}: broker ids divided by ':' and ',' were expected, such as 1:2,2:3"
            ) from None
        repeated = sorted({broker for broker in brokers if brokers.count(broker) > 1})
        if repeated:
            raise Refused(f"Partition replica lists may not contain duplicate entries: {','.join(map(str, repeated))}")
        assignment.append(brokers)
        if len(brokers) != len(assignment[0]):
            raise Refused(f"Partition {partition} has different replication factor: {brokers}")
    return assignment


def create(cluster: Cluster, options: TopicsOptions) -> None:
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import NewTopic

    topic = options.topic or ""
    configs = parse_configs(options.config)
    assignment = parse_replica_assignment(options.replica_assignment) if options.replica_assignment else None
    if "." in topic or "_" in topic:
        print(COLLISION_WARNING)
    factor = options.replication_factor
    if factor is not None and not 1 <= factor <= LARGEST_REPLICATION_FACTOR:
        raise Refused(f"The replication factor must be between 1 and {LARGEST_REPLICATION_FACTOR} inclusive")
    if options.partitions is not None and options.partitions < 1:
        raise Refused("The partitions must be greater than 0")
    if assignment is not None:
        new = NewTopic(topic, num_partitions=len(assignment), replica_assignment=assignment, config=configs)
    else:
        new = NewTopic(topic, num_partitions=options.partitions or -1, replication_factor=factor or -1, config=configs)
    try:
        cluster.wait_all(cluster.admin.create_topics([new], request_timeout=cluster.timeout_seconds))
    except KafkaException as exception:
        if options.if_not_exists and kafka_error(exception).code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return
        raise
    print(f"Created topic {topic}.")


def matching_names(cluster: Cluster, options: TopicsOptions) -> list[str]:
    """The existing topics that --topic means, in alphabetical order; all without --topic."""
    include = IncludeList.parse(options.topic if options.topic is not None else ".*")
    return [name for name in cluster.topic_names() if include.allows(name, exclude_internal=options.exclude_internal)]


def existing_names(cluster: Cluster, options: TopicsOptions) -> list[str]:
    """The same; that --topic means none is an error unless --if-exists allows it."""
    names = matching_names(cluster, options)
    if not names and options.topic and not options.if_exists:
        raise Refused(f"Topic '{options.topic}' does not exist as expected")
    return names


def print_names(cluster: Cluster, options: TopicsOptions) -> None:
    names = matching_names(cluster, options)
    if options.json:
        print_json(names)
    else:
        print("\n".join(names))


def alter(cluster: Cluster, options: TopicsOptions) -> None:
    from confluent_kafka.admin import NewPartitions

    assignment = parse_replica_assignment(options.replica_assignment) if options.replica_assignment else None
    names = existing_names(cluster, options)
    if not names:
        return
    known = cluster.admin.list_topics(timeout=cluster.timeout_seconds).topics
    partitions = options.partitions or 0
    requests = [
        NewPartitions(
            name,
            partitions,
            **({"replica_assignment": assignment[len(known[name].partitions) :]} if assignment else {}),
        )
        for name in names
    ]
    cluster.wait_all(cluster.admin.create_partitions(requests, request_timeout=cluster.timeout_seconds))


def delete(cluster: Cluster, options: TopicsOptions) -> None:
    names = existing_names(cluster, options)
    if names:
        cluster.wait_all(cluster.admin.delete_topics(names, request_timeout=cluster.timeout_seconds))
