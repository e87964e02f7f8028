"""`kafka-log-dirs` and `kafka-delete-records`: ours and Apache Kafka's on one cluster, and both brokers' answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from barnabas.cli.wire_client import ask_broker
from barnabas.protocol.messages.describe_log_dirs import (
    DESCRIBE_LOG_DIRS,
    DescribableLogDirTopic,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
)
from conformance.broker import free_port, started_broker
from conformance.command_line import Finished, JavaTools, OurTools, run
from conformance.tools.conftest import KAFKA_VERSION

pytestmark = [pytest.mark.jvm, pytest.mark.slow, pytest.mark.timeout(180, func_only=True)]

KAFKA: Final = JavaTools(KAFKA_VERSION)
OURS: Final = OurTools()
TOPIC: Final = "to-be-cut"
OUT_OF_RANGE: Final = (
    "org.apache.kafka.common.errors.OffsetOutOfRangeException: The requested offset is not within the range of offsets "
    "maintained by the server."
)


def both(tool: str, bootstrap: str, *words: str) -> tuple[Finished, Finished]:
    arguments = [*words, "--bootstrap-server", bootstrap]
    return run(KAFKA.command(tool), *arguments), run(OURS.command(tool), *arguments)


def complaint(finished: Finished) -> str:
    """The first line on standard error, without what only a JVM says there."""
    lines = [line for line in finished.errors.splitlines() if line.strip() and not line.startswith("SLF4J")]
    return lines[0] if lines else ""


@pytest.fixture(scope="module")
def our_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started_broker(tmp_path_factory.mktemp("directories")) as broker:
        yield broker.bootstrap.replace("localhost", "127.0.0.1")


@pytest.fixture(scope="module")
def brokers(apache_kafka: str, our_broker: str) -> tuple[str, str]:
    """Kafka and ours, each with the same topic in it: 10 records in each of three partitions."""
    for bootstrap in (apache_kafka, our_broker):
        admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        for created in admin.create_topics([NewTopic(TOPIC, 3, 1, config={"retention.ms": "-1"})]).values():
            created.result()
        producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0, "linger.ms": 500})
        for number in range(30):
            producer.produce(TOPIC, b"v%02d" % number, partition=number % 3, timestamp=1000)
        assert producer.flush(30) == 0
    return apache_kafka, our_broker


@pytest.mark.parametrize(
    "flags",
    [
        "--describe",
        "--describe --topic-list orders,wide",
        "--describe --topic-list ,plain,nope --broker-list ,1,1",
        "--describe --topic-list nope",
        "--describe --broker-list 7,1,23,40,9",
        "--describe --broker-list x",
        "",
    ],
)
def test_log_dirs(apache_kafka: str, flags: str) -> None:
    expected, printed = both("kafka-log-dirs", apache_kafka, *flags.split())
    assert _settled(printed.output) == _settled(expected.output), f"{expected}\n\n{printed}"
    assert printed.code == expected.code
    assert complaint(printed).startswith(complaint(expected))
    assert len(printed.errors.splitlines()) == expected.code


def _settled(output: str) -> str:
    """Without the sizes that the groups at work change all the time."""
    return re.sub(r'(__consumer_offsets-[0-9]+","size":)[0-9]+', r"\1?", output)


def test_log_dirs_of_our_broker(brokers: tuple[str, str]) -> None:
    """Kafka's tool understands our broker, and tells the same as ours."""
    expected, printed = both("kafka-log-dirs", brokers[1], "--describe")
    assert (printed.output, printed.code) == (expected.output, 0), f"{expected}\n\n{printed}"
    ((directory,),) = (broker["logDirs"] for broker in json.loads(printed.lines()[-1])["brokers"])
    sizes = {entry["partition"]: entry["size"] for entry in directory["partitions"]}
    assert all(sizes[f"{TOPIC}-{partition}"] > 0 for partition in range(3))


def test_log_dirs_as_json(apache_kafka: str) -> None:
    done = run(OURS.command("kafka-log-dirs"), "--bootstrap-server", apache_kafka, "--describe", "--json")
    ((directory,),) = (broker["logDirs"] for broker in json.loads(done.output)["brokers"])
    assert directory["error"] is None
    assert 0 < directory["usableBytes"] <= directory["totalBytes"]


QUESTIONS: Final[dict[str, list[tuple[str, list[int]]] | None]] = {
    "all": None,
    "none": [],
    "some": [(TOPIC, [2, 0, 9])],
    "twice": [(TOPIC, [1]), (TOPIC, [1, 2])],
    "unknown": [("nope", [0]), (TOPIC, [])],
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_brokers_answer(brokers: tuple[str, str], question: str) -> None:
    asked = QUESTIONS[question]
    topics = (
        None if asked is None else [DescribableLogDirTopic(topic=name, partitions=list(ids)) for name, ids in asked]
    )
    theirs, ours = (_shape(_ask(bootstrap, topics)) for bootstrap in brokers)
    assert ours == theirs
    if question == "some":
        assert ours["directories"][0]["partitions"] == [(TOPIC, 0), (TOPIC, 2)]


def _ask(bootstrap: str, topics: list[DescribableLogDirTopic] | None) -> DescribeLogDirsResponse:
    host, port = bootstrap.rsplit(":", 1)
    return ask_broker(host, int(port), DESCRIBE_LOG_DIRS, DescribeLogDirsRequest(topics=topics))


def _shape(response: DescribeLogDirsResponse) -> dict[str, Any]:
    """What both must agree on: not the paths, nor the other topics that happen to be there."""
    return {
        "error": response.error_code,
        "throttle": response.throttle_time_ms,
        "directories": [
            {
                "error": result.error_code,
                "volume": (result.total_bytes > 0, result.usable_bytes > 0),
                "partitions": sorted(
                    (topic.name, partition.partition_index)
                    for topic in result.topics
                    for partition in topic.partitions
                    if topic.name == TOPIC
                ),
                "empty topics": [topic.name for topic in result.topics if not topic.partitions],
                "lags": {(p.offset_lag, p.is_future_key) for topic in result.topics for p in topic.partitions},
            }
            for result in response.results
        ],
    }


OFFSET_FILES: Final = {
    "no JSON": "partitions",
    "nothing": "",
    "a list": "[1, 2]",
    "no partitions": '{"version": 1}',
    "version 2": '{"partitions": [], "version": 2}',
    "version as text": '{"partitions": [], "version": "1"}',
    "partitions as an object": '{"partitions": {"a": 1.50}}',
    "partitions are null": '{"partitions": null}',
    "a number among partitions": '{"partitions": [3]}',
    "no offset": '{"partitions": [{"topic": "a", "partition": 0}]}',
    "topic as a number": '{"partitions": [{"topic": 1, "partition": 0, "offset": 1}]}',
    "partition too great": '{"partitions": [{"topic": "a", "partition": 99999999999, "offset": 1}]}',
    "offset with a fraction": '{"partitions": [{"topic": "a", "partition": 0, "offset": 1.5}]}',
    "offset as a truth": '{"partitions": [{"topic": "a", "partition": 0, "offset": true}]}',
    "twice": (
        '{"partitions": [{"topic": "a", "partition": 0, "offset": 1}, {"topic": "b", "partition": 3, "offset": 1},'
        '{"topic": "a", "partition": 0, "offset": 1}, {"topic": "b", "partition": 3, "offset": 2}]}'
    ),
    "no partition": '{"partitions": [], "version": 1} and more',
}


@pytest.mark.parametrize("name", OFFSET_FILES)
def test_offset_files(apache_kafka: str, tmp_path: Path, name: str) -> None:
    file = tmp_path / "offsets.json"
    file.write_text(OFFSET_FILES[name], encoding="utf-8")
    expected, printed = both("kafka-delete-records", apache_kafka, "--offset-json-file", str(file))
    assert (printed.output, printed.code) == (expected.output, expected.code), f"{expected}\n\n{printed}"
    assert printed.errors.splitlines()[:1] == [complaint(expected)][: expected.code]
    assert len(printed.errors.splitlines()) == expected.code


def test_no_file(apache_kafka: str, tmp_path: Path) -> None:
    expected, printed = both("kafka-delete-records", apache_kafka, "--offset-json-file", str(tmp_path / "nope"))
    assert printed.errors.startswith(complaint(expected))
    assert (printed.output, printed.code, len(printed.errors.splitlines())) == ("", 1, 1)


@pytest.mark.parametrize("at_ours", [False, True])
def test_deletion(brokers: tuple[str, str], tmp_path: Path, at_ours: bool) -> None:
    """Each tool on each broker, each time a little further; Kafka prints partitions in no order."""
    file = tmp_path / "offsets.json"
    for offset, tools in ((3, KAFKA), (3, OURS), (5, OURS), (7, KAFKA)):
        wanted = [(TOPIC, 0, offset), (TOPIC, 1, -1), (TOPIC, 2, 999)]
        partitions = [{"topic": topic, "partition": number, "offset": at} for topic, number, at in wanted]
        file.write_text(json.dumps({"partitions": partitions, "version": 1}))
        command = tools.command("kafka-delete-records")
        done = run(command, "--bootstrap-server", brokers[at_ours], "--offset-json-file", str(file))
        assert done.code == 0, done
        assert done.lines()[:2] == ["Executing records delete operation", "Records delete operation completed:"]
        assert sorted(done.lines()[2:]) == [
            f"partition: {TOPIC}-0\tlow_watermark: {offset}",
            f"partition: {TOPIC}-1\tlow_watermark: 10",
            f"partition: {TOPIC}-2\terror: {OUT_OF_RANGE}",
        ], done


@pytest.mark.parametrize(
    ("topic", "error"),
    [
        (
            "__consumer_offsets",
            "InvalidTopicException: The request attempted to perform an operation on an invalid topic.",
        ),
        ("with_score", "PolicyViolationException: Request parameters do not satisfy the configured policy."),
    ],
)
def test_topics_that_refuse(apache_kafka: str, tmp_path: Path, topic: str, error: str) -> None:
    file = tmp_path / "offsets.json"
    file.write_text(json.dumps({"partitions": [{"topic": topic, "partition": 0, "offset": 0}]}))
    expected, printed = both("kafka-delete-records", apache_kafka, "--offset-json-file", str(file))
    assert printed.output == expected.output
    assert printed.lines()[2:] == [f"partition: {topic}-0\terror: org.apache.kafka.common.errors.{error}"]


def test_what_is_not_there(apache_kafka: str, tmp_path: Path) -> None:
    """Kafka's tool waits for a minute for a topic to appear; ours says at once that it is not there."""
    file = tmp_path / "offsets.json"
    wanted = [("nope", 0, 1), ("plain", 99, 1), ("plain", 0, -9), ("plain", -1, 0)]
    partitions = [{"topic": topic, "partition": number, "offset": at} for topic, number, at in wanted]
    file.write_text(json.dumps({"partitions": partitions}))
    command = OURS.command("kafka-delete-records")
    done = run(command, "--bootstrap-server", apache_kafka, "--offset-json-file", str(file), "--json")
    assert done.code == 0, done
    found = {(entry["topic"], entry["partition"]): entry["error"] for entry in json.loads(done.output)}
    unknown = "UnknownTopicOrPartitionException"
    for partition, name in {
        ("nope", 0): unknown,
        ("plain", 99): unknown,
        ("plain", -1): unknown,
        ("plain", 0): "OffsetOutOfRangeException",
    }.items():
        assert found[partition].startswith(f"org.apache.kafka.common.errors.{name}: "), found


@pytest.mark.parametrize("tool", ["kafka-log-dirs", "kafka-delete-records"])
def test_where_nobody_listens(tmp_path: Path, tool: str) -> None:
    file = tmp_path / "offsets.json"
    file.write_text('{"partitions": []}')
    flags = ["--describe"] if tool == "kafka-log-dirs" else ["--offset-json-file", str(file)]
    address = f"127.0.0.1:{free_port()}"
    done = run(OURS.command(tool), *flags, "--bootstrap-server", address)
    assert (done.code, done.output) == (1, "")
    assert done.errors == (
        f"--bootstrap-server {address}: no broker could be reached: Connect to {address} failed: Connection refused\n"
    )


def test_security_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "client.properties"
    config.write_text("security.protocol=SASL_SSL\n")
    words = ["--describe", "--bootstrap-server", "127.0.0.1:1", "--command-config", str(config)]
    done = run(OURS.command("kafka-log-dirs"), *words)
    assert (done.code, done.output) == (1, "")
    assert done.errors == (
        "--command-config: security.protocol=SASL_SSL is not supported by log-dirs, which asks brokers over PLAINTEXT "
        "only\n"
    )
