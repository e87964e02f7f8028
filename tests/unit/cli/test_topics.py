"""`kafka-topics`: its text of topics, and what it understands of its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from barnabas.cli.hash_order import string_order
from barnabas.cli.topic_filter import IncludeList, InvalidPattern, invalid_topic_name
from barnabas.cli.topics.actions import Refused, parse_configs, parse_replica_assignment
from barnabas.cli.topics.command import TopicsOptions
from barnabas.cli.topics.description import PartitionView, TopicView, as_json, lines, view_of

NOTHING: dict[str, Any] = {
    **dict.fromkeys(("create", "list", "alter", "describe", "delete", "if_exists", "if_not_exists"), False),
    **dict.fromkeys(("exclude_internal", "topics_with_overrides", "json"), False),
    **dict.fromkeys(("under_replicated_partitions", "under_min_isr_partitions"), False),
    **dict.fromkeys(("at_min_isr_partitions", "unavailable_partitions"), False),
    **dict.fromkeys(("command_config", "topic", "topic_id", "partitions", "replication_factor"), None),
    **dict.fromkeys(("replica_assignment", "partition_size_limit_per_response"), None),
    "bootstrap_server": "localhost:9092",
    "config": (),
    "delete_config": (),
}
ORDERS = TopicView(
    topic="orders",
    topic_id="yz8KeVZ_Rg6Dt-Px71q-ww",
    partitions=(PartitionView(0, 1, (1, 2), (1, 2)), PartitionView(1, None, (2, 1), (2,))),
    configs={"min.insync.replicas": "2", "retention.ms": "1000000"},
    min_insync_replicas=2,
)
PLAIN = TopicView("plain", "A" * 22, (PartitionView(0, 1, (1,), (1,)),), {}, 1)
ORDERS_LINE = (
    "Topic: orders\tTopicId: yz8KeVZ_Rg6Dt-Px71q-ww\tPartitionCount: 2\tReplicationFactor: 2"
    "\tConfigs: min.insync.replicas=2,retention.ms=1000000"
)
ORDERS_0 = "\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKnownElr: "
ORDERS_1 = "\tTopic: orders\tPartition: 1\tLeader: none\tReplicas: 2,1\tIsr: 2\tElr: \tLastKnownElr: "
PLAIN_LINE = "Topic: plain\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: "
PLAIN_0 = "\tTopic: plain\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: "


def describing(**flags: Any) -> TopicsOptions:
    return TopicsOptions(**{**NOTHING, "describe": True, **flags})


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, [ORDERS_LINE, ORDERS_0, ORDERS_1, PLAIN_LINE, PLAIN_0]),
        ({"topics_with_overrides": True}, [ORDERS_LINE]),
        ({"under_replicated_partitions": True}, [ORDERS_1]),
        ({"unavailable_partitions": True}, [ORDERS_1]),
        ({"under_min_isr_partitions": True}, [ORDERS_1]),
        ({"at_min_isr_partitions": True}, [ORDERS_0, PLAIN_0]),
    ],
)
def test_topics_are_described_as_kafka_does(flags: dict[str, bool], expected: list[str]) -> None:
    assert lines(describing(**flags), [ORDERS, PLAIN], {1, 2}) == expected


def test_a_leader_that_is_gone_makes_a_partition_unavailable() -> None:
    assert lines(describing(unavailable_partitions=True), [PLAIN], {2}) == [PLAIN_0]


def test_asked_by_id_nothing_is_said_of_elr() -> None:
    (_, partition) = lines(describing(topic_id="x"), [PLAIN], {1}, with_elr=False)
    assert partition.endswith("\tElr: N/A\tLastKnownElr: N/A")


def test_json_selects_the_same() -> None:
    (orders,) = as_json(describing(under_replicated_partitions=True), [ORDERS, PLAIN], {1, 2})
    assert orders["partitions"] == [{"partition": 1, "leader": None, "replicas": (2, 1), "in_sync": (2,)}]
    assert orders["configs"] == {"min.insync.replicas": "2", "retention.ms": "1000000"}


def test_replica_assignment() -> None:
    assert parse_replica_assignment("1:2, 3:4") == [[1, 2], [3, 4]]
    with pytest.raises(Refused, match="Partition replica lists may not contain duplicate entries: 1"):
        parse_replica_assignment("1:1")
    with pytest.raises(Refused, match=r"Partition 1 has different replication factor: \[2\]"):
        parse_replica_assignment("1:2,2")
    with pytest.raises(Refused, match="broker ids divided by"):
        parse_replica_assignment("a:b")


def test_configs() -> None:
    assert parse_configs(("retention.ms = 5", "cleanup.policy=compact,delete")) == {
        "retention.ms": "5",
        "cleanup.policy": "compact,delete",
    }
    for wrong in ("retention.ms", "retention.ms=", "a=b=c"):
        with pytest.raises(Refused, match='must be in the format "key=val"'):
            parse_configs((wrong,))


@pytest.mark.parametrize(
    ("expression", "topic", "allowed"),
    [
        ("a", "a", True),
        ("a", "ab", False),
        ("a.*", "ab", True),
        ("a,b", "b", True),
        ('"a"', "a", True),
        (".*", "__consumer_offsets", False),
    ],
)
def test_include_list(expression: str, topic: str, allowed: bool) -> None:
    assert IncludeList.parse(expression).allows(topic, exclude_internal=True) is allowed


def test_an_expression_that_is_none() -> None:
    with pytest.raises(InvalidPattern, match=r"^\(\( is an invalid regex\.$"):
        IncludeList.parse("((")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("orders_1.new-2", None),
        ("", "the empty string is not allowed"),
        ("..", "'.' or '..' is not allowed"),
        ("n?pe", "'n?pe' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"),
        ("a" * 250, f"the length of '{'a' * 250}' is longer than the max allowed length 249"),
    ],
)
def test_names(name: str, reason: str | None) -> None:
    assert invalid_topic_name(name) == (reason and f"Topic name is invalid: {reason}")


@dataclass(frozen=True, slots=True)
class Node:
    id: int


def test_what_the_client_library_says_of_a_topic() -> None:
    """Kafka prints settings in the order of a HashMap of all of them, IDs in the URL-safe alphabet."""
    info = SimpleNamespace(id=0, leader=Node(-1), replicas=[Node(1)], isr=[])
    described = SimpleNamespace(name="orders", topic_id="yz8KeVZ/Rg6Dt+Px71q/ww", partitions=[info])
    names = ("segment.bytes", "cleanup.policy", "compression.type", "min.insync.replicas")
    configs = {name: SimpleNamespace(value="2", is_default=name == "min.insync.replicas") for name in names}
    view = view_of(described, configs)
    assert view.topic_id == "yz8KeVZ_Rg6Dt-Px71q_ww"
    assert view.partitions == (PartitionView(0, None, (1,), ()),)
    assert view.min_insync_replicas == 2
    assert list(view.configs) == [name for name in string_order(names) if name != "min.insync.replicas"]
