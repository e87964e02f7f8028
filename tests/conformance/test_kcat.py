"""kcat, the Swiss Army knife on librdkafka that every operator has at hand."""

from __future__ import annotations

import json
import subprocess

import pytest

from conformance.command_line import run, succeed
from programs import require_program

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def kcat(bootstrap: str) -> list[str]:
    return [require_program("kcat"), "-b", bootstrap, "-X", "socket.timeout.ms=20000"]


def test_metadata_lists_brokers_and_topics(kcat: list[str], bootstrap: str, topic: str) -> None:
    succeed(kcat, "-P", "-t", topic, stdin="a\n")
    cluster = json.loads(succeed(kcat, "-L", "-J").output)
    assert [broker["name"] for broker in cluster["brokers"]] == [bootstrap]
    assert cluster["controllerid"] == cluster["brokers"][0]["id"]
    (described,) = (found for found in cluster["topics"] if found["topic"] == topic)
    (partition,) = described["partitions"]
    broker_id = cluster["brokers"][0]["id"]
    assert partition == {
        "partition": 0,
        "leader": broker_id,
        "replicas": [{"id": broker_id}],
        "isrs": [{"id": broker_id}],
    }


def test_an_unknown_topic_is_created_by_asking(kcat: list[str], topic: str) -> None:
    """A producer's metadata request creates the topic (auto.create.topics.enable), a consumer's does not."""
    absent = run(kcat, "-C", "-t", topic, "-e", "-X", "allow.auto.create.topics=false")
    assert "Unknown topic or partition" in absent.errors, absent
    listed = json.loads(succeed(kcat, "-L", "-J").output)
    assert topic not in [found["topic"] for found in listed["topics"]]


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_there_and_back(kcat: list[str], topic: str, codec: str) -> None:
    lines = [f"{number} " + "castle " * 20 for number in range(500)]
    succeed(kcat, "-P", "-t", topic, "-z", codec, "-X", "linger.ms=50", stdin="\n".join(lines) + "\n")
    consumed = succeed(kcat, "-C", "-t", topic, "-e", "-q", "-f", "%o %s\n")
    assert consumed.lines() == [f"{offset} {line}" for offset, line in enumerate(lines)]


def test_keys_headers_nulls_and_timestamps(kcat: list[str], topic: str) -> None:
    succeed(kcat, "-P", "-t", topic, "-K", ":", "-H", "trace=7", "-H", "kind=test", stdin="klamm:the castle\n")
    succeed(kcat, "-P", "-t", topic, "-K", ":", "-Z", stdin="klamm:\n")
    consumed = succeed(kcat, "-C", "-t", topic, "-e", "-q", "-J")
    first, second = (json.loads(line) for line in consumed.lines())
    assert (first["key"], first["payload"], first["headers"]) == (
        "klamm",
        "the castle",
        ["trace", "7", "kind", "test"],
    )
    assert (second["key"], second["payload"], second["offset"]) == ("klamm", None, 1)
    assert first["tstype"] == "create"
    assert 0 < first["ts"] <= second["ts"]


def test_reading_from_an_offset_a_timestamp_and_the_tail(kcat: list[str], topic: str) -> None:
    succeed(kcat, "-P", "-t", topic, stdin="".join(f"{number}\n" for number in range(10)))
    from_seven = succeed(kcat, "-C", "-t", topic, "-o", "7", "-e", "-q")
    assert from_seven.lines() == ["7", "8", "9"]
    tail = succeed(kcat, "-C", "-t", topic, "-p", "0", "-o", "-2", "-e", "-q")
    assert tail.lines() == ["8", "9"]
    everything = succeed(kcat, "-C", "-t", topic, "-o", "s@1", "-e", "-q")
    assert everything.lines() == [str(number) for number in range(10)]
    asked = succeed(kcat, "-Q", "-t", f"{topic}:0:1")
    assert asked.lines() == [f"{topic} [0] offset 0"]


@pytest.mark.parametrize("acks", ["0", "1", "-1"])
def test_every_kind_of_acknowledgement(kcat: list[str], topic: str, acks: str) -> None:
    succeed(kcat, "-P", "-t", topic, "-X", f"request.required.acks={acks}", stdin="a\nb\n")
    assert succeed(kcat, "-C", "-t", topic, "-e", "-q").lines() == ["a", "b"]


def test_an_idempotent_producer(kcat: list[str], topic: str) -> None:
    lines = [str(number) for number in range(2000)]
    succeed(kcat, "-P", "-t", topic, "-X", "enable.idempotence=true", stdin="\n".join(lines) + "\n")
    assert succeed(kcat, "-C", "-t", topic, "-e", "-q").lines() == lines


def test_a_group_consumes_what_comes(kcat: list[str], topic: str, group: str) -> None:
    succeed(kcat, "-P", "-t", topic, stdin="a\nb\n")
    command = [*kcat, "-G", group, topic, "-q", "-u", "-X", "auto.offset.reset=earliest"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as member:
        try:
            assert member.stdout is not None
            assert [member.stdout.readline() for _ in range(2)] == ["a\n", "b\n"]
            succeed(kcat, "-P", "-t", topic, stdin="c\n")
            assert member.stdout.readline() == "c\n"
        finally:
            member.kill()


def test_a_group_resumes_where_it_stopped(kcat: list[str], topic: str, group: str) -> None:
    def consume(count: int) -> list[str]:
        options = ("-q", "-X", "auto.offset.reset=earliest", "-c", str(count))
        return succeed(kcat, "-G", group, topic, *options).lines()

    succeed(kcat, "-P", "-t", topic, stdin="a\nb\nc\nd\n")
    assert consume(2) == ["a", "b"]
    assert consume(2) == ["c", "d"]
