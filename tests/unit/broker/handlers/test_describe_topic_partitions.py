"""DescribeTopicPartitions, compared with the answers of Apache Kafka 4.1.1: topics x (3 partitions) and p (4)."""

import asyncio
from pathlib import Path

import pytest

from barnabas.broker.handlers.describe_topic_partitions import DescribeTopicPartitions
from barnabas.cluster.controller import NewTopic
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages.describe_topic_partitions import (
    DESCRIBE_TOPIC_PARTITIONS,
    Cursor,
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse,
    TopicRequest,
)
from unit.broker.handlers.cluster_fixture import a_cluster, context

Pages = list[tuple[str | None, list[int]]]


def ask(
    tmp_path: Path, topics: list[str], limit: int, cursor: tuple[str, int] | None, page_limit: int = 2000
) -> DescribeTopicPartitionsResponse:
    async def run() -> DescribeTopicPartitionsResponse:
        async with a_cluster(tmp_path) as cluster:
            await cluster.controller.create_topic(NewTopic("x", 3))
            await cluster.controller.create_topic(NewTopic("p", 4))
            request = DescribeTopicPartitionsRequest(
                topics=[TopicRequest(name=name) for name in topics],
                response_partition_limit=limit,
                cursor=None if cursor is None else Cursor(topic_name=cursor[0], partition_index=cursor[1]),
            )
            response = await DescribeTopicPartitions(cluster.cache, page_limit)(request, context(0))
            DESCRIBE_TOPIC_PARTITIONS.response_codec(0).encode(response)
            return response

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("topics", "limit", "cursor", "told", "next_cursor"),
    [
        (["x", "p", "nope"], 2000, None, [("nope", []), ("p", [0, 1, 2, 3]), ("x", [0, 1, 2])], None),
        (["p", "p"], 2000, None, [("p", [0, 1, 2, 3])], None),
        ([], 2000, None, [("p", [0, 1, 2, 3]), ("x", [0, 1, 2])], None),
        (["x", "p"], 2, None, [("p", [0, 1])], ("p", 2)),
        (["x", "p"], 2, ("p", 2), [("p", [2, 3])], ("x", 0)),
        (["x", "p"], 2000, ("p", 4), [("p", []), ("x", [0, 1, 2])], None),
        (["x", "p"], 2000, ("p", 9), [("p", []), ("x", [0, 1, 2])], None),
        ([], 5, ("p", 1), [("p", [1, 2, 3]), ("x", [0, 1])], ("x", 2)),
        (["p", "x"], 4, None, [("p", [0, 1, 2, 3])], ("x", 0)),
        (["p", "x"], 5, None, [("p", [0, 1, 2, 3]), ("x", [0])], ("x", 1)),
        (["p"], 4, None, [("p", [0, 1, 2, 3])], None),
        (["p", "pz"], 4, None, [("p", [0, 1, 2, 3])], ("pz", 0)),
        (["nope", "z"], 1, None, [("nope", []), ("z", [])], None),
        (["x"], 0, None, [("x", [0])], ("x", 1)),
        (["x"], -1, None, [("x", [0])], ("x", 1)),
        ([], 2000, ("deleted", 1), [("p", [0, 1, 2, 3]), ("x", [0, 1, 2])], None),
        (["nope"], 2000, ("nope", 1), [("nope", [])], None),
    ],
)
def test_pages(
    tmp_path: Path,
    topics: list[str],
    limit: int,
    cursor: tuple[str, int] | None,
    told: Pages,
    next_cursor: tuple[str, int] | None,
) -> None:
    response = ask(tmp_path, topics, limit, cursor)
    assert [(topic.name, [part.partition_index for part in topic.partitions]) for topic in response.topics] == told
    went_on = response.next_cursor
    assert (None if went_on is None else (went_on.topic_name, went_on.partition_index)) == next_cursor


def test_the_broker_limits_the_page_too(tmp_path: Path) -> None:
    response = ask(tmp_path, ["p"], 2000, None, page_limit=3)
    assert len(response.topics[0].partitions) == 3


def test_a_topic_in_full(tmp_path: Path) -> None:
    found, missing, misnamed = reversed(ask(tmp_path, ["x", "nope", "a b"], 1, None).topics)
    assert (found.error_code, found.name, found.is_internal) == (ErrorCode.NONE, "x", False)
    assert found.topic_id != ZERO_UUID
    (partition,) = found.partitions
    assert (partition.error_code, partition.leader_id, partition.leader_epoch) == (ErrorCode.NONE, 1, 0)
    assert (partition.replica_nodes, partition.isr_nodes, partition.offline_replicas) == ([1], [1], [])
    assert (partition.eligible_leader_replicas, partition.last_known_elr) == ([], [])
    assert (missing.error_code, missing.topic_id) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ZERO_UUID)
    assert misnamed.error_code == ErrorCode.INVALID_TOPIC_EXCEPTION
    assert {topic.topic_authorized_operations for topic in (found, missing)} == {3576}


@pytest.mark.parametrize("cursor", [("q", 1), ("p", -1), ("", 0)])
def test_a_cursor_must_point_at_what_is_asked_for(tmp_path: Path, cursor: tuple[str, int]) -> None:
    response = ask(tmp_path, ["x", "p"], 2000, cursor)
    assert [(topic.name, topic.error_code) for topic in response.topics] == [
        ("x", ErrorCode.INVALID_REQUEST),
        ("p", ErrorCode.INVALID_REQUEST),
    ]
    assert response.next_cursor is None
    assert {topic.topic_authorized_operations for topic in response.topics} == {-(2**31)}
