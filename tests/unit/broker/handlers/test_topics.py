"""CreateTopics, DeleteTopics and CreatePartitions, compared with the answers of Apache Kafka 4.1.1."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from barnabas.broker.handlers.create_partitions import CreatePartitions
from barnabas.broker.handlers.create_topics import CreateTopics
from barnabas.broker.handlers.delete_topics import DeleteTopics
from barnabas.cluster.controller import ControllerSettings, NewTopic
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages.create_partitions import (
    CREATE_PARTITIONS,
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from barnabas.protocol.messages.create_topics import (
    CREATE_TOPICS,
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreatableTopicResult,
    CreateTopicsRequest,
)
from barnabas.protocol.messages.delete_topics import (
    DELETE_TOPICS,
    DeletableTopicResult,
    DeleteTopicsRequest,
    DeleteTopicState,
)
from unit.broker.handlers.cluster_fixture import Cluster, a_cluster, context

SOURCE_TOPIC = 1


class OneOption:
    """A broker whose topics have a single option."""

    def describe(self, overrides: Mapping[str, str]) -> Sequence[tuple[str, str | None, bool, int, bool]]:
        return [("retention.ms", overrides.get("retention.ms", "7"), False, SOURCE_TOPIC if overrides else 5, False)]


def wish(name: str, partitions: int = 1, replicas: int = 1, **configs: str | None) -> CreatableTopic:
    entries = [CreatableTopicConfig(name=key.replace("_", "."), value=value) for key, value in configs.items()]
    return CreatableTopic(name=name, num_partitions=partitions, replication_factor=replicas, configs=entries)


async def create(
    cluster: Cluster, *topics: CreatableTopic, version: int = 7, validate_only: bool = False
) -> list[CreatableTopicResult]:
    handler = CreateTopics(cluster.controller, OneOption())
    response = await handler(CreateTopicsRequest(topics=list(topics), validate_only=validate_only), context(version))
    CREATE_TOPICS.response_codec(version).encode(response)
    return response.topics


@pytest.mark.parametrize("version", range(2, 8))
def test_a_topic_is_made_and_described(tmp_path: Path, version: int) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path, ControllerSettings(partition_count=3)) as cluster:
            (made,) = await create(cluster, wish("t", -1, -1, retention_ms="1"), version=version)
            topic = cluster.cache.image.topics["t"]
            assert (made.error_code, made.error_message, made.topic_id) == (ErrorCode.NONE, None, topic.topic_id)
            assert (made.num_partitions, made.replication_factor) == (3, 1)
            assert made.configs is not None
            (option,) = made.configs
            assert (option.name, option.value, option.config_source) == ("retention.ms", "1", SOURCE_TOPIC)
            assert cluster.cache.image.topic_config("t") == {"retention.ms": "1"}

    asyncio.run(run())


def test_replicas_may_be_placed_by_hand(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            topic = wish("t", -1, -1)
            topic.assignments = [CreatableReplicaAssignment(partition_index=n, broker_ids=[1]) for n in (1, 0)]
            (made,) = await create(cluster, topic)
            assert (made.error_code, made.num_partitions) == (ErrorCode.NONE, 2)

    asyncio.run(run())


def test_each_topic_succeeds_or_fails_on_its_own(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            results = await create(
                cluster, wish("dup"), wish("ok"), wish("dup"), wish("bad", nope="1"), wish("a b"), wish("r", 1, 3)
            )
            by_name = {result.name: result for result in results}
            assert len(results) == 5
            assert by_name["ok"].error_code == ErrorCode.NONE
            assert by_name["dup"].error_message == "Duplicate topic name."
            assert by_name["dup"].error_code == ErrorCode.INVALID_REQUEST
            assert by_name["bad"].error_code == ErrorCode.INVALID_CONFIG
            assert by_name["a b"].error_code == ErrorCode.INVALID_TOPIC_EXCEPTION
            failed = by_name["r"]
            assert failed.error_code == ErrorCode.INVALID_REPLICATION_FACTOR
            assert (failed.topic_id, failed.num_partitions, failed.configs) == (ZERO_UUID, -1, [])
            assert set(cluster.cache.image.topics) == {"ok"}

    asyncio.run(run())


def test_trying_makes_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            (tried,) = await create(cluster, wish("t", 4), validate_only=True)
            assert (tried.error_code, tried.num_partitions) == (ErrorCode.NONE, 4)
            (refused,) = await create(cluster, wish("t", 0), validate_only=True)
            assert refused.error_code == ErrorCode.INVALID_PARTITIONS
            assert cluster.cache.image.topics == {}

    asyncio.run(run())


async def delete(
    cluster: Cluster, *topics: tuple[str | None, uuid.UUID], version: int = 6
) -> list[DeletableTopicResult]:
    request = DeleteTopicsRequest(topics=[DeleteTopicState(name=name, topic_id=topic_id) for name, topic_id in topics])
    if version < 6:
        request = DeleteTopicsRequest(topic_names=[name or "" for name, _ in topics])
    response = await DeleteTopics(cluster.controller, cluster.cache)(request, context(version))
    DELETE_TOPICS.response_codec(version).encode(response)
    return response.responses


def outcomes(results: list[DeletableTopicResult]) -> list[tuple[str | None, uuid.UUID, int, str | None]]:
    return [(result.name, result.topic_id, result.error_code, result.error_message) for result in results]


def test_topics_are_deleted_by_name_and_by_id(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            made = {name: (await cluster.controller.create_topic(NewTopic(name))).topic_id for name in "abc"}
            unknown = uuid.uuid4()
            results = await delete(cluster, ("a", ZERO_UUID), (None, made["b"]), ("x", ZERO_UUID), (None, unknown))
            assert outcomes(results) == [
                ("a", made["a"], ErrorCode.NONE, None),
                ("b", made["b"], ErrorCode.NONE, None),
                (
                    "x",
                    ZERO_UUID,
                    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                    "This server does not host this topic-partition.",
                ),
                (None, unknown, ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID."),
            ]
            assert set(cluster.cache.image.topics) == {"c"}

    asyncio.run(run())


def test_who_is_named_twice_is_not_deleted(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            made = {name: (await cluster.controller.create_topic(NewTopic(name))).topic_id for name in "abcd"}
            invalid = ErrorCode.INVALID_REQUEST
            assert outcomes(await delete(cluster, ("a", ZERO_UUID), ("a", ZERO_UUID))) == [
                ("a", ZERO_UUID, invalid, "Duplicate topic name.")
            ]
            assert outcomes(await delete(cluster, (None, made["a"]), (None, made["a"]))) == [
                (None, made["a"], invalid, "Duplicate topic id.")
            ]
            assert outcomes(await delete(cluster, ("a", made["a"]))) == [
                ("a", made["a"], invalid, "You may not specify both topic name and topic id.")
            ]
            assert outcomes(await delete(cluster, (None, ZERO_UUID))) == [
                (None, ZERO_UUID, invalid, "Neither topic name nor id were specified.")
            ]
            mixed = await delete(cluster, ("a", ZERO_UUID), (None, made["a"]), ("b", ZERO_UUID))
            text = "The provided topic name maps to an ID that was already supplied."
            assert outcomes(mixed) == [
                ("b", made["b"], ErrorCode.NONE, None),
                ("a", made["a"], invalid, text),
            ]
            assert set(cluster.cache.image.topics) == {"a", "c", "d"}

    asyncio.run(run())


@pytest.mark.parametrize("version", range(1, 6))
def test_older_versions_name_topics_only(tmp_path: Path, version: int) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            await cluster.controller.create_topic(NewTopic("a"))
            results = await delete(cluster, ("a", ZERO_UUID), ("x", ZERO_UUID), version=version)
            assert [(result.name, result.error_code) for result in results] == [
                ("a", ErrorCode.NONE),
                ("x", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
            ]

    asyncio.run(run())


@pytest.mark.parametrize(("version", "code"), [(2, ErrorCode.INVALID_REQUEST), (3, ErrorCode.TOPIC_DELETION_DISABLED)])
def test_deletion_may_be_switched_off(tmp_path: Path, version: int, code: ErrorCode) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path, ControllerSettings(delete_topic_enabled=False)) as cluster:
            await cluster.controller.create_topic(NewTopic("a"))
            (result,) = await delete(cluster, ("a", ZERO_UUID), version=version)
            assert result.error_code == code
            assert "a" in cluster.cache.image.topics

    asyncio.run(run())


@pytest.mark.parametrize("version", range(4))
def test_partitions_are_added(tmp_path: Path, version: int) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            for name in "abc":
                await cluster.controller.create_topic(NewTopic(name, 2))
            handler = CreatePartitions(cluster.controller)
            asked = [
                CreatePartitionsTopic(name="a", count=3, assignments=None),
                CreatePartitionsTopic(name="b", count=3, assignments=[CreatePartitionsAssignment(broker_ids=[1])]),
                CreatePartitionsTopic(name="c", count=2, assignments=None),
                CreatePartitionsTopic(name="x", count=2, assignments=None),
                CreatePartitionsTopic(name="d", count=2, assignments=None),
                CreatePartitionsTopic(name="d", count=3, assignments=None),
            ]
            for validate_only, grown in ((True, 2), (False, 3)):
                request = CreatePartitionsRequest(topics=asked, validate_only=validate_only)
                response = await handler(request, context(version))
                CREATE_PARTITIONS.response_codec(version).encode(response)
                assert [(result.name, result.error_code, result.error_message) for result in response.results] == [
                    ("d", ErrorCode.INVALID_REQUEST, "Duplicate topic name."),
                    ("a", ErrorCode.NONE, None),
                    ("b", ErrorCode.NONE, None),
                    ("c", ErrorCode.INVALID_PARTITIONS, "Topic already has 2 partition(s)."),
                    ("x", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, None),
                ]
                topics = cluster.cache.image.topics
                assert [len(topics[name].partitions) for name in "abc"] == [grown, grown, 2]

    asyncio.run(run())
