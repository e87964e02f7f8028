"""Disks that refuse, in a broker process of its own: one directory goes offline, the others go on, a restart heals.

The disk is made to refuse with RLIMIT_FSIZE, set on the running server from outside: a write beyond that size fails
with EFBIG, as a full disk's fails with ENOSPC. That works on every Linux, without the right to mount anything.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from integration.robustness.server import Server, server

if sys.platform == "linux":
    import resource

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of a Linux process")

LIMIT_BYTES: Final = 1_000_000
VALUE: Final = b"x" * 20_000
QUICK: Final = {"reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50, "retry.backoff.ms": 20, "log_level": 0}
SETTINGS: Final = {"auto.create.topics.enable": "false", "offsets.topic.num.partitions": "2"}
DEADLINE_S: Final = 20.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    """With two data directories; the cluster's state lies in a third place, as `metadata.log.dir` allows."""
    directories = {"log.dirs": f"{tmp_path / 'a'},{tmp_path / 'b'}", "metadata.log.dir": str(tmp_path / "state")}
    with server(tmp_path / "server", {**SETTINGS, **directories}) as running:
        yield running


def refuse_writes_beyond(limit_bytes: int, running: Server) -> None:
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))


def admin(running: Server) -> AdminClient:
    return AdminClient({"bootstrap.servers": running.bootstrap, **QUICK})


def create(running: Server, topic: str, partitions: int) -> None:
    client = admin(running)
    for future in client.create_topics([NewTopic(topic, partitions, 1)]).values():
        future.result(DEADLINE_S)


def partitions_in(folder: Path, topic: str) -> set[int]:
    return {int(path.name.rpartition("-")[2]) for path in folder.glob(f"{topic}-*") if path.is_dir()}


class Sender:
    """Sends to one partition and counts what is acknowledged."""

    def __init__(self, running: Server, topic: str, partition: int) -> None:
        self.acknowledged = 0
        self.errors: list[KafkaError] = []
        self._producer = Producer(
            {"bootstrap.servers": running.bootstrap, "linger.ms": 0, "message.timeout.ms": 1_500, **QUICK}
        )
        self._topic, self._partition = topic, partition

    def send(self, count: int) -> None:
        for _ in range(count):
            self._producer.produce(self._topic, VALUE, partition=self._partition, on_delivery=self._delivered)
            self._producer.flush(DEADLINE_S)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        del message
        if error is None:
            self.acknowledged += 1
        else:
            self.errors.append(error)


def leaders(running: Server, topic: str) -> dict[int, int]:
    found = admin(running).list_topics(topic, timeout=DEADLINE_S).topics[topic].partitions
    return {index: partition.leader for index, partition in found.items()}


def count_records(running: Server, topic: str, partition: int, at_least: int) -> int:
    consumer = Consumer(
        {"bootstrap.servers": running.bootstrap, "group.id": "count", "enable.partition.eof": True, **QUICK}
    )
    consumer.assign([TopicPartition(topic, partition, 0)])
    count = 0
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        message = consumer.poll(1.0)
        if message is None:
            continue
        error = message.error()
        if error is None:
            count += 1
        elif error.code() == KafkaError._PARTITION_EOF and count >= at_least:
            break
    consumer.close()
    return count


def test_a_full_disk_costs_its_own_partitions_only(broker: Server, tmp_path: Path) -> None:
    create(broker, "orders", 4)
    in_a, in_b = partitions_in(tmp_path / "a", "orders"), partitions_in(tmp_path / "b", "orders")
    assert len(in_a) == len(in_b) == 2  # each new log where the fewest are
    assert in_a | in_b == {0, 1, 2, 3}
    lost, kept = min(in_b), min(in_a)
    refuse_writes_beyond(LIMIT_BYTES, broker)

    victim = Sender(broker, "orders", lost)
    victim.send(LIMIT_BYTES // len(VALUE) + 2)
    assert victim.acknowledged >= LIMIT_BYTES // len(VALUE) - 2
    assert victim.errors
    told = leaders(broker, "orders")
    assert {index for index, leader in told.items() if leader == -1} == in_b
    assert broker.printed().count("is offline") == 1
    assert f"Log directory {tmp_path / 'b'} is offline: File too large" in broker.printed()

    survivor = Sender(broker, "orders", kept)
    survivor.send(10)
    assert (survivor.acknowledged, survivor.errors) == (10, [])
    assert count_records(broker, "orders", kept, 10) == 10
    create(broker, "later", 2)
    assert partitions_in(tmp_path / "a", "later") == {0, 1}

    broker.stop()
    assert (tmp_path / "a" / ".kafka_cleanshutdown").exists()
    assert not (tmp_path / "b" / ".kafka_cleanshutdown").exists()

    broker.start()
    assert -1 not in leaders(broker, "orders").values()
    assert count_records(broker, "orders", lost, victim.acknowledged) == victim.acknowledged
    again = Sender(broker, "orders", lost)
    again.send(5)
    assert again.acknowledged == 5


def test_a_broker_without_any_disk_stops_with_one_line(broker: Server, tmp_path: Path) -> None:
    create(broker, "orders", 2)
    process = broker._process
    assert process is not None
    refuse_writes_beyond(LIMIT_BYTES, broker)
    for partition in (0, 1):
        Sender(broker, "orders", partition).send(LIMIT_BYTES // len(VALUE) + 2)
    assert process.wait(DEADLINE_S) == 1
    lines = broker.printed().splitlines()
    assert lines[-1] == f"Shutdown broker because all log dirs in {tmp_path / 'a'}, {tmp_path / 'b'} have failed"
    assert not any("Traceback" in line for line in lines)
    broker.kill()
    broker.start()
    assert -1 not in leaders(broker, "orders").values()


def test_a_long_poll_is_answered_when_its_disk_fails(broker: Server, tmp_path: Path) -> None:
    create(broker, "orders", 2)
    poll = {"bootstrap.servers": broker.bootstrap, "group.id": "waits", "fetch.wait.max.ms": 60_000, **QUICK}
    consumer = Consumer({**poll, "topic.metadata.refresh.interval.ms": 100, "fetch.min.bytes": 10_000_000})
    consumer.assign([TopicPartition("orders", 0, 0)])
    assert consumer.poll(0.5) is None
    refuse_writes_beyond(LIMIT_BYTES, broker)
    Sender(broker, "orders", 0).send(LIMIT_BYTES // len(VALUE) + 2)
    # The broker can stop at once: nobody is left waiting in it.
    began = time.monotonic()
    broker.stop()
    assert time.monotonic() - began < 10
    consumer.close()


def test_a_directory_that_cannot_be_opened_is_offline_from_the_start(broker: Server, tmp_path: Path) -> None:
    create(broker, "orders", 4)
    in_b = partitions_in(tmp_path / "b", "orders")
    broker.stop()
    (tmp_path / "b").rename(tmp_path / "unplugged")
    (tmp_path / "b").write_text("not a directory")
    broker.start()
    assert {index for index, leader in leaders(broker, "orders").items() if leader == -1} == in_b
    create(broker, "later", 2)
    assert partitions_in(tmp_path / "a", "later") == {0, 1}
    broker.stop()
    (tmp_path / "b").unlink()
    (tmp_path / "unplugged").rename(tmp_path / "b")
    broker.start()
    assert -1 not in leaders(broker, "orders").values()
    assert partitions_in(tmp_path / "b", "orders") == in_b


def test_a_log_in_two_directories_stops_the_start(broker: Server, tmp_path: Path) -> None:
    create(broker, "orders", 1)
    (held,) = [*(tmp_path / "a").glob("orders-0"), *(tmp_path / "b").glob("orders-0")]
    broker.stop()
    other = tmp_path / ("b" if held.parent.name == "a" else "a") / "orders-0"
    other.mkdir()
    run = subprocess.run(broker._command(), capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 1
    assert "Duplicate log directories for orders-0 are found in both" in run.stderr.splitlines()[-1]
    other.rmdir()
    broker.start()


def test_a_topic_deleted_while_its_log_lay_elsewhere_leaves_a_stray(broker: Server, tmp_path: Path) -> None:
    create(broker, "orders", 2)
    create(broker, "kept", 1)
    (held,) = tmp_path.glob("[ab]/orders-1")
    broker.stop()
    held.rename(tmp_path / "orders-1")
    broker.start()
    client = admin(broker)
    client.delete_topics(["orders"])["orders"].result(DEADLINE_S)
    process = broker._process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    broker.kill()
    for left in tmp_path.glob("[ab]/orders-1"):
        left.rename(tmp_path / "made-anew")
    (tmp_path / "orders-1").rename(held)
    broker.start()
    assert not held.exists()
    (stray,) = held.parent.glob("orders-1.*-stray")
    assert (stray / "partition.metadata").exists()
    assert list(tmp_path.glob("[ab]/kept-0"))
