"""DescribeCluster, compared with the answers of Apache Kafka 4.1.1."""

import asyncio
from pathlib import Path

import pytest

from barnabas.broker.handlers.describe_cluster import DescribeCluster
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.describe_cluster import DESCRIBE_CLUSTER, DescribeClusterRequest
from unit.broker.handlers.cluster_fixture import a_cluster, context


@pytest.mark.parametrize("version", range(3))
def test_the_cluster_is_described(tmp_path: Path, version: int) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            handler = DescribeCluster(cluster.cache)
            response = await handler(DescribeClusterRequest(), context(version, "OUTSIDE"))
            DESCRIBE_CLUSTER.response_codec(version).encode(response)
            assert (response.error_code, response.cluster_id, response.controller_id) == (0, "cluster-id", 1)
            (broker,) = response.brokers
            assert (broker.broker_id, broker.host, broker.port, broker.rack) == (1, "example.org", 19092, "dc1")
            assert not broker.is_fenced
            assert response.cluster_authorized_operations == -(2**31)
            asked = DescribeClusterRequest(include_cluster_authorized_operations=True)
            assert (await handler(asked, context(version))).cluster_authorized_operations == 8096

    asyncio.run(run())


@pytest.mark.parametrize(
    ("endpoint_type", "code", "text"),
    [
        (
            2,
            ErrorCode.MISMATCHED_ENDPOINT_TYPE,
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER",
        ),
        (3, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, "Unsupported endpoint type 3"),
    ],
)
def test_we_are_no_controller_endpoint(tmp_path: Path, endpoint_type: int, code: ErrorCode, text: str) -> None:
    async def run() -> None:
        async with a_cluster(tmp_path) as cluster:
            request = DescribeClusterRequest(endpoint_type=endpoint_type)
            response = await DescribeCluster(cluster.cache)(request, context(1))
            assert (response.error_code, response.error_message) == (code, text)
            assert (response.cluster_id, response.controller_id, response.brokers) == ("", -1, [])

    asyncio.run(run())
