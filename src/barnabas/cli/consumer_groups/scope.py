"""Which partitions `--topic` and `--all-topics` mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from barnabas.cli.consumer_groups.command import ReportedError
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.hash_order import string_order
from barnabas.foundation.identifiers import TopicPartition

if TYPE_CHECKING:
    from barnabas.cli.connection import Cluster


def parse_topic_argument(argument: str) -> list[TopicPartition] | None:
    """The partitions of `topic:0,1`; None for a topic without any."""
    if ":" not in argument:
        return None
    parts = argument.split(":")
    if len(parts) != 2:
        raise InvalidUsage(f"Invalid topic arg '{argument}', expected topic name and partitions")
    partitions = []
    for number in parts[1].split(","):
        if not number.isdecimal():
            raise InvalidUsage(f"Invalid partition '{number}' specified in topic arg '{argument}''")
        partitions.append(TopicPartition(parts[0], int(number)))
    return partitions


def partitions_of_topic(cluster: Cluster, topic: str) -> list[TopicPartition]:
    """All partitions of a topic; none if there is no such topic. Does not create it."""
    known = cluster.admin.list_topics(timeout=cluster.timeout_seconds).topics
    return [TopicPartition(topic, number) for number in sorted(known[topic].partitions)] if topic in known else []


def partitions_of_arguments(cluster: Cluster, arguments: tuple[str, ...]) -> list[TopicPartition]:
    """Explicit partitions first, then all of the topics named without."""
    explicit: list[TopicPartition] = []
    topics: list[str] = []
    for argument in arguments:
        partitions = parse_topic_argument(argument)
        if partitions is None:
            topics.append(argument)
        else:
            explicit += partitions
    known = cluster.admin.list_topics(timeout=cluster.timeout_seconds).topics
    for topic in topics:
        if topic not in known:
            raise ReportedError(
                "Executing consumer group command failed due to This server does not host this topic-partition."
            )
    for partition in explicit:
        if partition.topic not in known or partition.partition not in known[partition.topic].partitions:
            raise ReportedError(f"Executing consumer group command failed due to there is no partition {partition}")
    unspecified = [
        TopicPartition(topic, number)
        for topic in string_order(topics, initial_capacity=len(topics))
        for number in sorted(known[topic].partitions)
    ]
    return explicit + unspecified
