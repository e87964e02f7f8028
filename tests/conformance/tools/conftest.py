"""One Apache Kafka of our own and something in it to look at.

Our tools promise Kafka's text. Whether they keep the promise is best seen on a cluster that neither of the two can be
suspected to have been made for: Apache Kafka itself, in KRaft mode, in a folder that goes with the session.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from conformance.broker import free_port
from conformance.kafka_jars import JarsUnavailable, class_path
from programs import cannot_run, require_program

KAFKA_VERSION: Final = "4.1.1"
START_TIMEOUT_SECONDS: Final = 90.0
STOP_TIMEOUT_SECONDS: Final = 30.0
TOPICS: Final = {"orders": 4, "topic-1": 3, "plain": 1, "with_score": 2, "wide": 14, "empty": 1}
GROUP_OF_THE_PAST: Final = "was-here"
GROUP_OF_NOW: Final = "is-here"

SERVER_PROPERTIES: Final = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
# The records in our topics are of 1970.
log.retention.ms=-1
"""


def _java(folder: Path, *arguments: str) -> list[str]:
    try:
        jars = class_path(KAFKA_VERSION)
    except JarsUnavailable as error:
        cannot_run(str(error))
    return [require_program("java"), "-Xmx384m", "-XX:+UseSerialGC", f"-Duser.dir={folder}", "-cp", jars, *arguments]


def _wait_until_it_answers(process: subprocess.Popen[bytes], bootstrap: str, log: Path) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        assert process.poll() is None, f"Apache Kafka ended with {process.returncode}:\n{log.read_text()[-4000:]}"
        with contextlib.suppress(Exception):
            if admin.describe_cluster(request_timeout=2).result().nodes:
                return
        assert time.monotonic() < deadline, f"Apache Kafka did not get ready in time:\n{log.read_text()[-4000:]}"


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of an Apache Kafka with topics, records and groups in it."""
    folder = tmp_path_factory.mktemp("apache-kafka")
    port, controller = free_port(), free_port()
    settings = folder / "server.properties"
    settings.write_text(SERVER_PROPERTIES.format(port=port, controller=controller, folder=folder))
    cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    log = folder / "server.log"
    with log.open("wb") as output:
        subprocess.run(
            _java(folder, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(settings)),
            stdout=output,
            stderr=output,
            check=True,
            timeout=START_TIMEOUT_SECONDS,
        )
        process = subprocess.Popen(
            _java(folder, "kafka.Kafka", str(settings)), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            _wait_until_it_answers(process, f"127.0.0.1:{port}", log)
            _fill(f"127.0.0.1:{port}")
            with _reading(f"127.0.0.1:{port}"):
                yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _fill(bootstrap: str) -> None:
    """Topics with records, and a group that has read two of them and left."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    configs = {
        "orders": {"min.insync.replicas": "2", "flush.messages": "100000"},
        "with_score": {"cleanup.policy": "compact"},
    }
    new = [NewTopic(name, partitions, 1, config=configs.get(name, {})) for name, partitions in TOPICS.items()]
    for created in admin.create_topics(new).values():
        created.result()
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0, "partitioner": "murmur2_random", "acks": 1})
    for number in range(60):
        key = f"k{number}".encode()
        producer.produce(
            "topic-1", f"v{number}".encode(), key, headers=[("h", b"1"), ("n", None)], timestamp=1000 + number
        )
    producer.produce("plain", None, b"k", timestamp=5)
    producer.produce("plain", b"x", timestamp=6)
    producer.produce("plain", "Gruß".encode(), timestamp=7)
    for partition, count in enumerate((24, 26, 24, 26)):
        for number in range(count):
            # With one replica and two demanded, acks=all would be refused.
            producer.produce("orders", f"o{number}".encode(), partition=partition, timestamp=2000 + number)
    assert producer.flush(30) == 0
    _read(bootstrap, GROUP_OF_THE_PAST, ["orders", "topic-1"], 160)


def _read(bootstrap: str, group: str, topics: list[str], count: int) -> None:
    consumer = _consumer(bootstrap, group, {})
    consumer.subscribe(topics)
    seen = 0
    deadline = time.monotonic() + 60
    while seen < count:
        seen += len(consumer.consume(count - seen, timeout=1))
        assert time.monotonic() < deadline, f"only {seen} of {count} records came"
    consumer.close()


def _consumer(bootstrap: str, group: str, settings: dict[str, str]) -> Consumer:
    base = {"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest", "log_level": "0"}
    return Consumer({**base, **settings})


@contextlib.contextmanager
def _reading(bootstrap: str) -> Iterator[None]:
    """A group with two members at work, one of them static."""
    members = [
        _consumer(bootstrap, GROUP_OF_NOW, {"group.instance.id": "bench-1", "client.id": "a-rather-long-client-id"}),
        _consumer(bootstrap, GROUP_OF_NOW, {"client.id": "other"}),
    ]
    for member in members:
        member.subscribe(["wide", "topic-1"])
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            for member in members:
                member.poll(0.05)
        for member in members:
            member.close()

    thread = threading.Thread(target=poll, name="group-at-work", daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not all(member.assignment() for member in members):
        assert time.monotonic() < deadline, "the group's members got no partitions"
        stop.wait(0.1)
    # What was read is committed in the background; wait until it shows, so that both tools see the same.
    while sum(entry.offset > 0 for entry in _committed(members)) < TOPICS["topic-1"]:
        assert time.monotonic() < deadline, "the group committed nothing"
        stop.wait(0.1)
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def _committed(members: list[Consumer]) -> list[TopicPartition]:
    return [entry for member in members for entry in member.committed(member.assignment(), timeout=10)]
