"""FindCoordinator, compared with the answers of Apache Kafka 4.1.1."""

import asyncio
from pathlib import Path

import pytest

from barnabas.broker.handlers.find_coordinator import FindCoordinator
from barnabas.cluster.controller import ControllerSettings, InternalTopicSettings
from barnabas.cluster.metadata import GROUP_OFFSETS_TOPIC, BrokerRegistration
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.find_coordinator import (
    FIND_COORDINATOR,
    FindCoordinatorRequest,
    FindCoordinatorResponse,
)
from unit.broker.handlers.cluster_fixture import BROKER, Cluster, a_cluster, context

MALFORMED = (
    "This most likely occurs because of a request being malformed by the client library or the message was sent to an "
    "incompatible broker. See the broker logs for more details."
)


async def ask(
    cluster: Cluster, request: FindCoordinatorRequest, version: int, listener: str = "PLAINTEXT"
) -> FindCoordinatorResponse:
    response = await FindCoordinator(cluster.cache, cluster.controller)(request, context(version, listener))
    FIND_COORDINATOR.response_codec(version).encode(response)
    return response


@pytest.mark.parametrize("version", range(4))
def test_one_group(tmp_path: Path, version: int) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            response = await ask(cluster, FindCoordinatorRequest(key="g"), version, "OUTSIDE")
            assert (response.error_code, response.error_message) == (ErrorCode.NONE, "NONE")
            assert (response.node_id, response.host, response.port) == (1, "example.org", 19092)
            assert len(cluster.cache.image.topics[GROUP_OFFSETS_TOPIC].partitions) == 50

    asyncio.run(run())


@pytest.mark.parametrize("version", range(4, 7))
def test_several_groups(tmp_path: Path, version: int) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            response = await ask(cluster, FindCoordinatorRequest(coordinator_keys=["g", "", "g"]), version)
            found = [(entry.key, entry.node_id, entry.port, entry.error_message) for entry in response.coordinators]
            assert found == [("g", 1, 9092, ""), ("", 1, 9092, ""), ("g", 1, 9092, "")]
            assert (await ask(cluster, FindCoordinatorRequest(), version)).coordinators == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("key_type", "code", "single_text", "text"),
    [
        (1, ErrorCode.COORDINATOR_NOT_AVAILABLE, "The coordinator is not available.", ""),
        (2, ErrorCode.INVALID_REQUEST, MALFORMED, ""),
        (7, ErrorCode.INVALID_REQUEST, MALFORMED, MALFORMED),
        (-1, ErrorCode.INVALID_REQUEST, MALFORMED, MALFORMED),
    ],
)
def test_keys_of_other_types(tmp_path: Path, key_type: int, code: ErrorCode, single_text: str, text: str) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            single = await ask(cluster, FindCoordinatorRequest(key="k", key_type=key_type), 3)
            assert (single.error_code, single.error_message) == (code, single_text)
            assert (single.node_id, single.host, single.port) == (-1, "", -1)
            request = FindCoordinatorRequest(coordinator_keys=["k"], key_type=key_type)
            (entry,) = (await ask(cluster, request, 6)).coordinators
            assert (entry.key, entry.error_code, entry.error_message) == ("k", code, text)
            assert (entry.node_id, entry.host, entry.port) == (-1, "", -1)
            assert cluster.cache.image.topics == {}

    asyncio.run(run())


def test_no_coordinator_without_its_topic_leader_or_listener(tmp_path: Path) -> None:
    async def run() -> None:
        too_many_replicas = ControllerSettings(internal_topics={GROUP_OFFSETS_TOPIC: InternalTopicSettings(50, 3, {})})
        async with a_cluster(tmp_path, too_many_replicas) as cluster:
            response = await ask(cluster, FindCoordinatorRequest(key="g"), 1)
            assert response.error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
            assert response.error_message == "The coordinator is not available."
        async with a_cluster(tmp_path) as cluster:
            assert (await ask(cluster, FindCoordinatorRequest(key="g"), 1)).error_code == ErrorCode.NONE
            hidden = await ask(cluster, FindCoordinatorRequest(key="g"), 1, "OTHER")
            assert hidden.error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
        other = BrokerRegistration(2, -1, BROKER.endpoints)
        async with a_cluster(tmp_path, broker=other) as cluster:  # the topic's only replica is on broker 1
            leaderless = await ask(cluster, FindCoordinatorRequest(key="g"), 1)
            assert leaderless.error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE

    asyncio.run(run())
