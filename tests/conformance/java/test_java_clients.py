"""Apache Kafka's Java clients with their defaults: idempotent producers, consumers in classic groups."""

from __future__ import annotations

import json
import queue
import re
import subprocess
import threading
from collections import Counter
from typing import Any, Final

import pytest

from conformance.command_line import Finished, JavaTools, succeed
from conformance.kafka_jars import TOOLS_VERSIONS

pytestmark = [pytest.mark.jvm, pytest.mark.timeout(180, func_only=True)]

EVENT_TIMEOUT_SECONDS: Final = 45.0
SESSION_TIMEOUT_SECONDS: Final = 45.0
"""Of groups of the consumer protocol: `group.consumer.session.timeout.ms`."""


@pytest.fixture(params=[JavaTools(version) for version in TOOLS_VERSIONS], ids=lambda tools: tools.label)
def tools(request: pytest.FixtureRequest) -> JavaTools:
    chosen: JavaTools = request.param
    chosen.command("kafka-topics")
    return chosen


def create(tools: JavaTools, bootstrap: str, topic: str, partitions: int) -> None:
    arguments = ("--create", "--topic", topic, "--partitions", str(partitions), "--bootstrap-server", bootstrap)
    succeed(tools.command("kafka-topics"), *arguments)


def produce(tools: JavaTools, bootstrap: str, topic: str, count: int, *options: str) -> Finished:
    return succeed(
        tools.command("kafka-verifiable-producer"),
        *("--topic", topic, "--max-messages", str(count), "--bootstrap-server", bootstrap, *options),
    )


def events(finished: Finished, name: str) -> list[dict[str, Any]]:
    return [event for event in finished.json_lines() if event["name"] == name]


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_a_million_bytes_there_and_back(tools: JavaTools, bootstrap: str, topic: str, compression: str) -> None:
    """ProducerPerformance is idempotent, the default since Kafka 3.0; ConsumerPerformance counts what comes."""
    create(tools, bootstrap, topic, 3)
    produced = succeed(
        tools.command("kafka-producer-perf-test"),
        *("--topic", topic, "--num-records", "10000", "--record-size", "100", "--throughput", "-1", "--producer-props"),
        *(f"bootstrap.servers={bootstrap}", f"compression.type={compression}", "linger.ms=5"),
    )
    assert re.search(r"^10000 records sent, ", produced.output, flags=re.MULTILINE), produced
    offsets = succeed(tools.command("kafka-get-offsets"), "--topic", topic, "--bootstrap-server", bootstrap)
    assert sum(int(line.rsplit(":", 1)[1]) for line in offsets.lines()) == 10000

    count = "--messages" if tools.version.startswith("4.1") else "--num-records"
    consumed = succeed(
        tools.command("kafka-consumer-perf-test"),
        *("--topic", topic, count, "10000", "--bootstrap-server", bootstrap, "--group", topic),
    )
    header, figures = (re.split(r", *", line) for line in consumed.lines()[-2:])
    assert int(figures[header.index("data.consumed.in.nMsg")]) == 10000, consumed


@pytest.mark.parametrize("acks", ["0", "1", "-1"])
def test_every_kind_of_acknowledgement(tools: JavaTools, bootstrap: str, topic: str, acks: str) -> None:
    create(tools, bootstrap, topic, 1)
    produced = succeed(
        tools.command("kafka-verifiable-producer"),
        *("--topic", topic, "--max-messages", "200", "--acks", acks, "--bootstrap-server", bootstrap),
    )
    acknowledged = events(produced, "producer_send_success")
    assert len(acknowledged) == 200
    if acks != "0":
        assert [event["offset"] for event in acknowledged] == list(range(200))
    offsets = succeed(tools.command("kafka-get-offsets"), "--topic", topic, "--bootstrap-server", bootstrap)
    assert offsets.lines() == [f"{topic}:0:200"]


def test_what_was_acknowledged_is_consumed_in_order(tools: JavaTools, bootstrap: str, topic: str, group: str) -> None:
    """VerifiableProducer reports each acknowledgement, VerifiableConsumer each record."""
    create(tools, bootstrap, topic, 4)
    acknowledged = events(produce(tools, bootstrap, topic, 500), "producer_send_success")
    assert len(acknowledged) == 500

    consumed = succeed(
        tools.command("kafka-verifiable-consumer"),
        *("--topic", topic, "--max-messages", "500", "--group-id", group, "--verbose", "--bootstrap-server", bootstrap),
    )
    (assigned,) = events(consumed, "partitions_assigned")
    assert sorted(part["partition"] for part in assigned["partitions"]) == [0, 1, 2, 3]
    records = events(consumed, "record_data")
    assert sorted((event["partition"], event["offset"], event["value"]) for event in records) == sorted(
        (event["partition"], event["offset"], event["value"]) for event in acknowledged
    )
    for partition in range(4):
        offsets = [event["offset"] for event in records if event["partition"] == partition]
        assert offsets == sorted(offsets)
    committed = {
        offset["partition"]: offset["offset"]
        for event in events(consumed, "offsets_committed")
        if event["success"]
        for offset in event["offsets"]
    }
    assert committed == Counter(event["partition"] for event in acknowledged)


class Member:
    """A running VerifiableConsumer and what it reports, line by line."""

    def __init__(self, tools: JavaTools, *arguments: str) -> None:
        command = [*tools.command("kafka-verifiable-consumer"), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                self.events.put(json.loads(line))

    def next_event(self, name: str, more_seconds: float = 0.0) -> dict[str, Any]:
        while True:
            event = self.events.get(timeout=EVENT_TIMEOUT_SECONDS + more_seconds)
            if event["name"] == name:
                return event

    def partitions(self) -> int:
        """How many partitions the member got when it next got any."""
        return len(self.next_event("partitions_assigned")["partitions"])

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.mark.parametrize("static", [False, True], ids=["dynamic", "static"])
def test_two_members_share_the_partitions(
    tools: JavaTools, bootstrap: str, topic: str, group: str, static: bool
) -> None:
    """The second member's joining takes half of the first one's partitions; what is produced then is consumed once."""
    create(tools, bootstrap, topic, 4)
    members: list[Member] = []

    def join() -> Member:
        arguments = ["--topic", topic, "--group-id", group, "--bootstrap-server", bootstrap]
        instance = ["--group-instance-id", f"member-{len(members)}"] if static else []
        members.append(Member(tools, *arguments, *instance))
        return members[-1]

    try:
        first = join()
        assert first.partitions() == 4
        second = join()
        assert (second.partitions(), first.partitions()) == (2, 2)
        produced = produce(tools, bootstrap, topic, 200, "--repeating-keys", "50")
        per_partition = Counter(event["partition"] for event in events(produced, "producer_send_success"))
        assert len(per_partition) == 4
        consumed: Counter[int] = Counter()
        for member in members:
            mine: Counter[int] = Counter()
            while len(mine) < 2 or any(mine[partition] < per_partition[partition] for partition in mine):
                for part in member.next_event("records_consumed")["partitions"]:
                    mine[part["partition"]] += part["count"]
            consumed += mine
        assert consumed == per_partition
    finally:
        for member in members:
            member.stop()


@pytest.mark.slow
def test_the_partitions_of_a_member_that_crashed_go_to_the_other(
    tools: JavaTools, bootstrap: str, topic: str, group: str
) -> None:
    """With the consumer protocol (KIP-848); who is killed does not leave, so its session has to run out."""
    create(tools, bootstrap, topic, 4)
    arguments = ("--topic", topic, "--group-id", group, "--group-protocol", "consumer", "--bootstrap-server", bootstrap)
    members: list[Member] = []
    try:
        members.append(Member(tools, *arguments))
        assert members[0].partitions() == 4
        members.append(Member(tools, *arguments))
        while members[1].partitions() != 2:
            pass
        members.pop().stop()
        gained = 0
        while gained < 2:
            gained += len(members[0].next_event("partitions_assigned", SESSION_TIMEOUT_SECONDS)["partitions"])
        assert gained == 2
    finally:
        for member in members:
            member.stop()
