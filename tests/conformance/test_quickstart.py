"""The quickstart of Apache Kafka's documentation, typed as printed, by our tools and by Kafka's own."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from conformance.command_line import JavaTools, OurTools, Tools, run, succeed
from conformance.kafka_jars import TOOLS_VERSIONS

pytestmark = pytest.mark.timeout(120, func_only=True)


@pytest.fixture(
    params=[OurTools(), *(pytest.param(JavaTools(version), marks=pytest.mark.jvm) for version in TOOLS_VERSIONS)],
    ids=lambda tools: tools.label,
)
def tools(request: pytest.FixtureRequest) -> Tools:
    chosen: Tools = request.param
    chosen.command("kafka-topics")
    return chosen


def test_quickstart(tools: Tools, bootstrap: str, fresh_name: Callable[[str], str]) -> None:
    """Create a topic, describe it, write two lines, read them from the beginning."""
    topic = fresh_name("quickstart-events")
    server = ("--bootstrap-server", bootstrap)

    created = succeed(tools.command("kafka-topics"), "--create", "--topic", topic, *server)
    assert f"Created topic {topic}." in created.lines()

    described = succeed(tools.command("kafka-topics"), "--describe", "--topic", topic, *server).lines()
    summary, *partitions = [line for line in described if line]
    assert re.match(
        rf"Topic: {topic}\tTopicId: [\w-]{{22}}\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: ?", summary
    ), summary
    assert len(partitions) == 1
    assert re.match(rf"\tTopic: {topic}\tPartition: 0\tLeader: (\d+)\tReplicas: \1\tIsr: \1\b", partitions[0]), (
        partitions
    )

    lines = ("This is my first event", "This is my second event")
    succeed(tools.command("kafka-console-producer"), "--topic", topic, *server, stdin="\n".join(lines) + "\n")

    consumed = succeed(
        tools.command("kafka-console-consumer"), "--topic", topic, "--from-beginning", *server, "--max-messages", "2"
    )
    assert tuple(consumed.lines()) == lines
    assert "Processed a total of 2 messages" in consumed.output + consumed.errors


def test_creating_a_topic_twice_says_so(tools: Tools, bootstrap: str, topic: str) -> None:
    arguments = ("--create", "--topic", topic, "--bootstrap-server", bootstrap)
    succeed(tools.command("kafka-topics"), *arguments)
    again = run(tools.command("kafka-topics"), *arguments)
    assert again.code == 1, again
    assert f"Topic '{topic}' already exists." in again.output + again.errors, again
    succeed(tools.command("kafka-topics"), *arguments, "--if-not-exists")


def test_topics_are_listed_altered_and_deleted(tools: Tools, bootstrap: str, topic: str) -> None:
    topics, server = tools.command("kafka-topics"), ("--bootstrap-server", bootstrap)
    succeed(topics, "--create", "--topic", topic, "--partitions", "2", "--config", "retention.ms=3600000", *server)
    assert topic in succeed(topics, "--list", *server).lines()

    succeed(topics, "--alter", "--topic", topic, "--partitions", "5", *server)
    described = succeed(topics, "--describe", "--topic", topic, *server).output
    assert "PartitionCount: 5" in described
    assert "retention.ms=3600000" in described

    fewer = run(topics, "--alter", "--topic", topic, "--partitions", "1", *server)
    assert fewer.code == 1, fewer
    assert "The topic " + topic in fewer.output + fewer.errors, fewer

    succeed(topics, "--delete", "--topic", topic, *server)
    assert topic not in succeed(topics, "--list", *server).lines()
    missing = run(topics, "--describe", "--topic", topic, *server)
    assert missing.code == 1, missing
    assert f"Topic '{topic}' does not exist as expected" in missing.output + missing.errors, missing


def test_keys_and_headers_travel(tools: Tools, bootstrap: str, topic: str) -> None:
    server = ("--topic", topic, "--bootstrap-server", bootstrap)
    succeed(
        tools.command("kafka-console-producer"),
        *server,
        *("--property", "parse.key=true", "--property", "key.separator=:", "--property", "parse.headers=true"),
        stdin="trace:7,kind:test\tklamm:the castle\n",
    )
    consumed = succeed(
        tools.command("kafka-console-consumer"),
        *(*server, "--from-beginning", "--max-messages", "1"),
        *("--property", "print.key=true", "--property", "print.headers=true"),
        *("--property", "print.partition=true", "--property", "print.offset=true"),
    )
    # Kafka 4.3 first says that --property has a newer name.
    assert consumed.lines()[-1:] == ["Partition:0\tOffset:0\ttrace:7,kind:test\tklamm\tthe castle"]


def test_a_groups_progress_is_shown_and_reset(tools: Tools, bootstrap: str, topic: str, group: str) -> None:
    server = ("--bootstrap-server", bootstrap)
    groups = tools.command("kafka-consumer-groups")
    succeed(tools.command("kafka-console-producer"), "--topic", topic, *server, stdin="a\nb\nc\n")
    succeed(
        tools.command("kafka-console-consumer"),
        *("--topic", topic, "--group", group, "--from-beginning", "--max-messages", "3", *server),
    )
    assert group in succeed(groups, "--list", *server).lines()

    described = succeed(groups, "--describe", "--group", group, *server)
    header, row = described.columns()[-2:]
    assert header[:6] == ["GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG"]
    assert row[:6] == [group, topic, "0", "3", "3", "0"]
    assert f"Consumer group '{group}' has no active members." in described.output + described.errors

    reset = succeed(
        groups,
        *("--reset-offsets", "--to-earliest", "--execute", "--group", group, "--topic", topic, *server),
    )
    assert [group, topic, "0", "0"] in [row[:4] for row in reset.columns()]
    again = succeed(groups, "--describe", "--group", group, *server)
    assert [group, topic, "0", "0", "3", "3"] in [row[:6] for row in again.columns()]

    deleted = succeed(groups, "--delete", "--group", group, *server)
    assert f"Deletion of requested consumer groups ('{group}') was successful." in deleted.output
    assert group not in succeed(groups, "--list", *server).lines()


def test_offsets_are_asked_for(tools: Tools, bootstrap: str, topic: str) -> None:
    server = ("--topic", topic, "--bootstrap-server", bootstrap)
    succeed(tools.command("kafka-console-producer"), *server, stdin="a\nb\n")
    offsets = tools.command("kafka-get-offsets")
    assert succeed(offsets, *server).lines() == [f"{topic}:0:2"]
    assert succeed(offsets, *server, "--time", "earliest").lines() == [f"{topic}:0:0"]
    assert succeed(offsets, *server, "--time", "-1").lines() == [f"{topic}:0:2"]


def test_configs_are_described_and_altered(tools: Tools, bootstrap: str, topic: str) -> None:
    configs, server = tools.command("kafka-configs"), ("--bootstrap-server", bootstrap)
    succeed(tools.command("kafka-topics"), "--create", "--topic", topic, *server)
    target = ("--entity-type", "topics", "--entity-name", topic)

    changes = "retention.ms=1000000,cleanup.policy=[compact]"
    altered = succeed(configs, "--alter", *target, "--add-config", changes, *server)
    assert f"Completed updating config for topic {topic}." in altered.lines()
    described = succeed(configs, "--describe", *target, *server)
    assert f"Dynamic configs for topic {topic} are:" in described.lines()
    expected = "  retention.ms=1000000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=1000000}"
    assert expected in described.lines(), described
    assert any(line.startswith("  cleanup.policy=compact ") for line in described.lines()), described

    succeed(configs, "--alter", *target, "--delete-config", "retention.ms", *server)
    assert "retention.ms" not in succeed(configs, "--describe", *target, *server).output

    refused = run(configs, "--alter", *target, "--add-config", "retention.ms=soon", *server)
    assert refused.code != 0, refused
    assert "retention.ms" in refused.output + refused.errors, refused
