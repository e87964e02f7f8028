"""Apache Kafka's administration tools that have no counterpart of ours yet."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conformance.command_line import JavaTools, succeed
from conformance.kafka_jars import TOOLS_VERSIONS

pytestmark = [pytest.mark.jvm, pytest.mark.timeout(120, func_only=True)]

NEEDED_APIS = """
    Produce Fetch ListOffsets Metadata OffsetCommit OffsetFetch FindCoordinator JoinGroup Heartbeat LeaveGroup SyncGroup
    DescribeGroups ListGroups ApiVersions CreateTopics DeleteTopics DeleteRecords InitProducerId OffsetForLeaderEpoch
    DescribeConfigs CreatePartitions DeleteGroups IncrementalAlterConfigs OffsetDelete DescribeCluster
    DescribeTopicPartitions
"""


@pytest.fixture(params=[JavaTools(version) for version in TOOLS_VERSIONS], ids=lambda tools: tools.label)
def tools(request: pytest.FixtureRequest) -> JavaTools:
    chosen: JavaTools = request.param
    chosen.command("kafka-topics")
    return chosen


def test_every_api_of_the_classic_clients_is_usable(tools: JavaTools, bootstrap: str) -> None:
    """BrokerApiVersionsCommand asks every broker of the cluster and prints what the client can use of it."""
    listed = succeed(tools.command("kafka-broker-api-versions"), "--bootstrap-server", bootstrap)
    assert re.match(rf"{re.escape(bootstrap)} \(id: \d+ rack: null isFenced: false\) -> \(", listed.lines()[0]), listed
    usable = dict(re.findall(r"^\t(\w+)\(\d+\): .*\[usable: (\d+)\]", listed.output, flags=re.MULTILINE))
    assert set(NEEDED_APIS.split()) - usable.keys() == set()


def test_records_are_deleted_before_an_offset(tools: JavaTools, bootstrap: str, topic: str, tmp_path: Path) -> None:
    server = ("--bootstrap-server", bootstrap)
    succeed(tools.command("kafka-console-producer"), "--topic", topic, *server, stdin="a\nb\nc\nd\n")
    wanted = tmp_path / "delete.json"
    wanted.write_text(json.dumps({"version": 1, "partitions": [{"topic": topic, "partition": 0, "offset": 3}]}))
    deleted = succeed(tools.command("kafka-delete-records"), "--offset-json-file", str(wanted), *server)
    assert f"partition: {topic}-0\tlow_watermark: 3" in deleted.lines()

    earliest = succeed(tools.command("kafka-get-offsets"), "--topic", topic, "--time", "earliest", *server)
    assert earliest.lines() == [f"{topic}:0:3"]
    consumer = tools.command("kafka-console-consumer")
    left = succeed(consumer, "--topic", topic, "--from-beginning", "--max-messages", "1", *server)
    assert left.lines() == ["d"]

    wanted.write_text(json.dumps({"version": 1, "partitions": [{"topic": topic, "partition": 0, "offset": 9}]}))
    beyond = succeed(tools.command("kafka-delete-records"), "--offset-json-file", str(wanted), *server)
    assert "OffsetOutOfRangeException" in beyond.output


def test_the_cluster_has_an_identity(tools: JavaTools, bootstrap: str) -> None:
    first, second = (
        succeed(tools.command("kafka-cluster"), "cluster-id", "--bootstrap-server", bootstrap).output.strip()
        for _ in range(2)
    )
    assert re.fullmatch(r"Cluster ID: [\w-]{22}", first), first
    assert first == second


def test_every_broker_config_has_value_and_source(tools: JavaTools, bootstrap: str) -> None:
    server = ("--bootstrap-server", bootstrap)
    listed = succeed(tools.command("kafka-broker-api-versions"), *server)
    broker_id = re.search(r"\(id: (\d+)", listed.output)
    assert broker_id
    described = succeed(
        tools.command("kafka-configs"),
        *("--describe", "--all", "--entity-type", "brokers", "--entity-name", broker_id[1], *server),
    )
    assert f"All configs for broker {broker_id[1]} are:" in described.lines()
    expected = "  log.segment.bytes=1073741824 sensitive=false synonyms={DEFAULT_CONFIG:log.segment.bytes=1073741824}"
    assert expected in described.lines(), described
    everything = succeed(tools.command("kafka-configs"), "--describe", "--all", "--entity-type", "topics",
                         "--entity-name", "__consumer_offsets", *server)  # fmt: skip
    assert any(line.startswith("  cleanup.policy=compact ") for line in everything.lines()), everything


def test_offsets_of_a_group_are_deleted(tools: JavaTools, bootstrap: str, topic: str, group: str) -> None:
    server = ("--bootstrap-server", bootstrap)
    groups = tools.command("kafka-consumer-groups")
    succeed(tools.command("kafka-console-producer"), "--topic", topic, *server, stdin="a\n")
    consumer = tools.command("kafka-console-consumer")
    succeed(consumer, *("--topic", topic, "--group", group, "--from-beginning", "--max-messages", "1", *server))

    state = succeed(groups, "--describe", "--state", "--group", group, *server)
    assert state.columns()[-1][-2:] == ["Empty", "0"], state
    deleted = succeed(groups, "--delete-offsets", "--group", group, "--topic", topic, *server)
    assert [topic, "0", "Successful"] in deleted.columns(), deleted
