"""`kafka-topics --describe`: what is known of topics, and its text as Apache Kafka 4.1 prints it.

A line per topic, an indented line per partition, fields divided by tabs. The client library does not pass on eligible
leader replicas (KIP-966); they are shown as empty, which they are unless a partition has fallen below
min.insync.replicas.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from barnabas.cli.hash_order import string_order
from barnabas.cli.output import print_json
from barnabas.cli.topics.actions import Refused, existing_names
from barnabas.foundation.identifiers import uuid_from_text, uuid_to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from barnabas.cli.connection import Cluster
    from barnabas.cli.topics.command import TopicsOptions

NO_ID: Final = "A" * 22
MIN_INSYNC_REPLICAS: Final = "min.insync.replicas"


@dataclass(frozen=True, slots=True)
class PartitionView:
    """One partition as the cluster describes it; `leader` is None without one."""

    partition: int
    leader: int | None
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]

    def line(self, topic: str, *, with_elr: bool) -> str:
        leader = "none" if self.leader is None else self.leader
        elr = "\tElr: \tLastKnownElr: " if with_elr else "\tElr: N/A\tLastKnownElr: N/A"
        return (
            f"\tTopic: {topic}\tPartition: {self.partition}\tLeader: {leader}\tReplicas: {_ids(self.replicas)}"
            f"\tIsr: {_ids(self.in_sync)}{elr}"
        )


@dataclass(frozen=True, slots=True)
class TopicView:
    """One topic; `configs` are those that differ from the defaults, in the order in which Kafka's tool prints them."""

    topic: str
    topic_id: str
    partitions: tuple[PartitionView, ...]
    configs: dict[str, str | None]
    min_insync_replicas: int

    def line(self) -> str:
        topic_id = f"\tTopicId: {self.topic_id}" if self.topic_id != NO_ID else ""
        configs = ",".join(f"{name}={'null' if value is None else value}" for name, value in self.configs.items())
        return (
            f"Topic: {self.topic}{topic_id}\tPartitionCount: {len(self.partitions)}"
            f"\tReplicationFactor: {len(self.partitions[0].replicas)}\tConfigs: {configs}"
        )


def _ids(brokers: Iterable[int]) -> str:
    return ",".join(map(str, brokers))


def is_reported(options: TopicsOptions, topic: TopicView, partition: PartitionView, live_brokers: set[int]) -> bool:
    """Whether one of the flags for partitions in trouble asks for this one."""
    in_sync = len(partition.in_sync)
    return (
        (options.under_replicated_partitions and in_sync < len(partition.replicas))
        or (options.unavailable_partitions and partition.leader not in live_brokers)
        or (options.under_min_isr_partitions and (partition.leader is None or in_sync < topic.min_insync_replicas))
        or (options.at_min_isr_partitions and in_sync == topic.min_insync_replicas)
    )


def lines(
    options: TopicsOptions, topics: Iterable[TopicView], live_brokers: set[int], *, with_elr: bool = True
) -> list[str]:
    """Kafka's text for these topics."""
    printed = []
    for topic in topics:
        if not options.reports_partitions and (topic.configs or not options.topics_with_overrides):
            printed.append(topic.line())
        if not options.topics_with_overrides:
            printed += [
                partition.line(topic.topic, with_elr=with_elr)
                for partition in topic.partitions
                if not options.reports_partitions or is_reported(options, topic, partition, live_brokers)
            ]
    return printed


def as_json(options: TopicsOptions, topics: Iterable[TopicView], live_brokers: set[int]) -> list[dict[str, Any]]:
    """The same selection as JSON."""
    described = []
    for topic in topics:
        partitions = [
            partition
            for partition in topic.partitions
            if not options.reports_partitions or is_reported(options, topic, partition, live_brokers)
        ]
        if (options.topics_with_overrides and not topic.configs) or (options.reports_partitions and not partitions):
            continue
        described.append(
            {
                "topic": topic.topic,
                "topic_id": topic.topic_id,
                "partition_count": len(topic.partitions),
                "replication_factor": len(topic.partitions[0].replicas),
                "configs": topic.configs,
                "partitions": [asdict(partition) for partition in partitions],
            }
        )
    return described


def describe(cluster: Cluster, options: TopicsOptions) -> None:
    topic_id = options.topic_id if options.topic_id not in (None, NO_ID) else None
    names = _names_with_id(cluster, topic_id, options) if topic_id else existing_names(cluster, options)
    topics = fetch(cluster, names)
    live_brokers = set(cluster.node_ids())
    if options.json:
        print_json(as_json(options, topics, live_brokers))
        return
    for line in lines(options, topics, live_brokers, with_elr=topic_id is None):
        print(line)


def _names_with_id(cluster: Cluster, topic_id: str, options: TopicsOptions) -> list[str]:
    try:
        wanted = uuid_to_text(uuid_from_text(topic_id))
    except ValueError:
        raise Refused(
            f"--topic-id {topic_id}: an ID of 22 characters was expected, such as --describe prints"
        ) from None
    names = [view.name for view in _descriptions(cluster, cluster.topic_names()) if _topic_id(view) == wanted]
    if not names and not options.if_exists:
        raise Refused(f"TopicId '{topic_id}' does not exist as expected")
    return names


def _descriptions(cluster: Cluster, names: list[str]) -> list[Any]:
    from confluent_kafka import TopicCollection

    if not names:
        return []
    answers = cluster.admin.describe_topics(TopicCollection(names), request_timeout=cluster.timeout_seconds)
    return list(cluster.wait_all(answers).values())


def _topic_id(description: Any) -> str:
    """Kafka's URL-safe text; the client library's has the standard alphabet."""
    return str(description.topic_id).replace("+", "-").replace("/", "_")


def fetch(cluster: Cluster, names: list[str]) -> list[TopicView]:
    """These topics, in the order in which Kafka's tool prints them."""
    from confluent_kafka.admin import ConfigResource, ResourceType

    ordered = string_order(names, initial_capacity=len(names))
    described = {view.name: view for view in _descriptions(cluster, ordered)}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in ordered]
    configs = (
        cluster.wait_all(cluster.admin.describe_configs(resources, request_timeout=cluster.timeout_seconds))
        if resources
        else {}
    )
    entries = {resource.name: found for resource, found in configs.items()}
    return [view_of(described[name], entries[name]) for name in ordered]


def view_of(description: Any, configs: dict[str, Any]) -> TopicView:
    """Our view of the client library's description and config entries."""
    least = configs.get(MIN_INSYNC_REPLICAS)
    return TopicView(
        topic=description.name,
        topic_id=_topic_id(description),
        partitions=tuple(
            PartitionView(
                partition=info.id,
                leader=info.leader.id if info.leader is not None and info.leader.id >= 0 else None,
                replicas=tuple(node.id for node in info.replicas),
                in_sync=tuple(node.id for node in info.isr),
            )
            for info in sorted(description.partitions, key=lambda info: info.id)
        ),
        configs={name: configs[name].value for name in string_order(configs) if not configs[name].is_default},
        min_insync_replicas=int(least.value) if least is not None and least.value else 1,
    )
