"""Metadata, compared with the answers of Apache Kafka 4.1.1."""

import asyncio
import uuid
from pathlib import Path

import pytest

from barnabas.broker.handlers.metadata import Metadata
from barnabas.cluster.controller import NewTopic
from barnabas.cluster.metadata import BrokerRegistration, Endpoint, PartitionImage, TopicImage
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages.metadata import METADATA, MetadataRequest, MetadataRequestTopic, MetadataResponse
from unit.broker.handlers.cluster_fixture import BROKER, Cluster, a_cluster, context


def names(*topics: str | None) -> list[MetadataRequestTopic]:
    return [MetadataRequestTopic(name=topic) for topic in topics]


def ids(*topic_ids: uuid.UUID) -> list[MetadataRequestTopic]:
    return [MetadataRequestTopic(name=None, topic_id=topic_id) for topic_id in topic_ids]


async def ask(
    cluster: Cluster, request: MetadataRequest, version: int = 12, listener: str = "PLAINTEXT", auto: bool = True
) -> MetadataResponse:
    handler = Metadata(cluster.cache, cluster.controller, auto_create_enabled=auto)
    response = await handler(request, context(version, listener))
    METADATA.response_codec(version).encode(response)  # nothing is said that the version can't carry
    return response


@pytest.mark.parametrize(
    ("version", "topics", "told"),
    [(0, [], ["a", "b"]), (1, [], []), (1, None, ["a", "b"]), (13, None, ["a", "b"]), (13, [], [])],
)
def test_no_topics_and_all_topics(
    tmp_path: Path, version: int, topics: list[MetadataRequestTopic] | None, told: list[str]
) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            for name in ("a", "b"):
                await cluster.controller.create_topic(NewTopic(name))
            response = await ask(cluster, MetadataRequest(topics=topics), version)
            assert sorted(topic.name or "" for topic in response.topics) == told
            (broker,) = response.brokers
            assert (broker.node_id, broker.host, broker.port, broker.rack) == (1, "localhost", 9092, "dc1")
            assert (response.cluster_id, response.controller_id) == ("cluster-id", 1)

    asyncio.run(run())


def test_a_topic_and_its_partitions(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            made = await cluster.controller.create_topic(NewTopic("t", 2))
            response = await ask(cluster, MetadataRequest(topics=names("t", "t")))
            (topic,) = response.topics
            assert (topic.error_code, topic.name, topic.topic_id) == (ErrorCode.NONE, "t", made.topic_id)
            assert not topic.is_internal
            assert [partition.partition_index for partition in topic.partitions] == [0, 1]
            partition = topic.partitions[1]
            assert (partition.error_code, partition.leader_id, partition.leader_epoch) == (ErrorCode.NONE, 1, 0)
            assert (partition.replica_nodes, partition.isr_nodes, partition.offline_replicas) == ([1], [1], [])

    asyncio.run(run())


def test_addresses_are_those_of_the_listener_asked_by(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            await cluster.controller.create_topic(NewTopic("t"))
            outside = await ask(cluster, MetadataRequest(topics=names("t")), listener="OUTSIDE")
            assert (outside.brokers[0].host, outside.brokers[0].port) == ("example.org", 19092)
            for version, code in ((5, ErrorCode.LEADER_NOT_AVAILABLE), (6, ErrorCode.LISTENER_NOT_FOUND)):
                unknown = await ask(cluster, MetadataRequest(topics=names("t")), version, listener="OTHER")
                assert unknown.brokers == []
                (partition,) = unknown.topics[0].partitions
                assert (partition.error_code, partition.leader_id) == (code, -1)
                assert (partition.replica_nodes, partition.offline_replicas) == ([1], [1])

    asyncio.run(run())


def test_partitions_without_a_leader(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            partitions = (PartitionImage((2, 1), (2,), -1, 7), PartitionImage((1, 2), (1, 2), 1, 7))
            image = cluster.cache.image.with_topic(TopicImage("t", uuid.uuid4(), partitions))
            cluster.cache.publish(image)
            (topic,) = (await ask(cluster, MetadataRequest(topics=names("t")))).topics
            assert [(part.error_code, part.leader_id, part.leader_epoch) for part in topic.partitions] == [
                (ErrorCode.LEADER_NOT_AVAILABLE, -1, 7),
                (ErrorCode.NONE, 1, 7),
            ]
            assert [part.offline_replicas for part in topic.partitions] == [[2], [2]]
            (oldest,) = (await ask(cluster, MetadataRequest(topics=names("t")), 0)).topics
            assert [(part.error_code, part.replica_nodes, part.isr_nodes) for part in oldest.partitions] == [
                (ErrorCode.LEADER_NOT_AVAILABLE, [1], []),
                (ErrorCode.REPLICA_NOT_AVAILABLE, [1], [1]),
            ]

    asyncio.run(run())


def test_topics_by_id(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            made = await cluster.controller.create_topic(NewTopic("t"))
            unknown = uuid.uuid4()
            response = await ask(cluster, MetadataRequest(topics=ids(made.topic_id, unknown)))
            assert [(topic.error_code, topic.name, topic.topic_id) for topic in response.topics] == [
                (ErrorCode.NONE, "t", made.topic_id),
                (ErrorCode.UNKNOWN_TOPIC_ID, None, unknown),
            ]
            both = [MetadataRequestTopic(name="other", topic_id=made.topic_id)]
            assert (await ask(cluster, MetadataRequest(topics=both))).topics[0].name == "t"
            assert set(cluster.cache.image.topics) == {"t"}

    asyncio.run(run())


@pytest.mark.parametrize("version", [10, 11])
def test_ids_came_before_they_were_understood(tmp_path: Path, version: int) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            made = await cluster.controller.create_topic(NewTopic("t"))
            response = await ask(cluster, MetadataRequest(topics=ids(made.topic_id)), version)
            (topic,) = response.topics
            assert (topic.error_code, topic.name, topic.topic_id) == (ErrorCode.INVALID_REQUEST, "", made.topic_id)
            assert response.brokers == []

    asyncio.run(run())


def test_a_topic_needs_a_name_or_an_id(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            response = await ask(cluster, MetadataRequest(topics=ids(ZERO_UUID)), 13)
            assert response.error_code == response.topics[0].error_code == ErrorCode.INVALID_REQUEST

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "internal", "code"),
    [
        ("t", False, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("__consumer_offsets", True, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("__cluster_metadata", False, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("a b", False, ErrorCode.INVALID_TOPIC_EXCEPTION),
        ("", False, ErrorCode.INVALID_TOPIC_EXCEPTION),
    ],
)
@pytest.mark.parametrize(("broker_allows", "client_allows"), [(True, False), (False, True)])
def test_a_missing_topic_is_told_as_such(
    tmp_path: Path, name: str, internal: bool, code: ErrorCode, broker_allows: bool, client_allows: bool
) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            request = MetadataRequest(topics=names(name), allow_auto_topic_creation=client_allows)
            (topic,) = (await ask(cluster, request, auto=broker_allows)).topics
            assert (topic.error_code, topic.name, topic.topic_id) == (code, name, ZERO_UUID)
            assert (topic.is_internal, topic.partitions) == (internal, [])
            assert cluster.cache.image.topics == {}

    asyncio.run(run())


def test_a_missing_topic_is_made_where_both_sides_agree(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            await cluster.controller.create_topic(NewTopic("a_b"))
            asked = names("t", "a b", "a.b", "__consumer_offsets", "__cluster_metadata")
            topics = (await ask(cluster, MetadataRequest(topics=asked))).topics
            assert [(topic.name, topic.error_code, len(topic.partitions)) for topic in topics] == [
                ("t", ErrorCode.NONE, 1),
                ("a b", ErrorCode.INVALID_TOPIC_EXCEPTION, 0),
                ("a.b", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0),
                ("__consumer_offsets", ErrorCode.NONE, 50),
                ("__cluster_metadata", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0),
            ]
            assert topics[3].is_internal

    asyncio.run(run())


def test_authorized_operations_are_told_on_demand(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            await cluster.controller.create_topic(NewTopic("t"))
            silent = await ask(cluster, MetadataRequest(topics=names("t")), 8)
            assert silent.cluster_authorized_operations == -(2**31)
            assert silent.topics[0].topic_authorized_operations == -(2**31)
            request = MetadataRequest(
                topics=names("t", "missing"),
                allow_auto_topic_creation=False,
                include_cluster_authorized_operations=True,
                include_topic_authorized_operations=True,
            )
            told = await ask(cluster, request, 8)
            assert told.cluster_authorized_operations == 8096
            assert [topic.topic_authorized_operations for topic in told.topics] == [3576, -(2**31)]

    asyncio.run(run())


def test_a_broker_of_another_listener_is_not_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            hidden = BrokerRegistration(2, 9, (Endpoint("INSIDE", "h", 1),))
            mine = cluster.cache.image.brokers[1]
            cluster.cache.publish(cluster.cache.image.with_brokers([mine, hidden]))
            response = await ask(cluster, MetadataRequest(topics=[]))
            assert [broker.node_id for broker in response.brokers] == [BROKER.broker_id]

    asyncio.run(run())
