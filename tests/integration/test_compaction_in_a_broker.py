"""A broker compacts a topic while records are written to it and read from it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from barnabas.storage import SystemFileSystem
from integration.robustness.server import Barnabas, Server

pytestmark = pytest.mark.timeout(120)

KEYS = 20
RECORDS = 6000
CONFIG = {
    "cleanup.policy": "compact",
    "internal.segment.bytes": "20000",
    "min.cleanable.dirty.ratio": "0.01",
    "file.delete.delay.ms": "100",
}
"""With these a segment holds some hundred records, and is worth compacting as soon as it is closed."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Barnabas(tmp_path, {"log.cleaner.backoff.ms": "100"})
    try:
        server.start()
        yield server
    finally:
        server.kill()


def make_topic(server: Server, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": server.bootstrap})
    admin.create_topics([NewTopic(name, 1, 1, config=CONFIG)])[name].result(30)


def set_configs(server: Server, topic: str, configs: dict[str, str]) -> None:
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in configs.items()]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin = AdminClient({"bootstrap.servers": server.bootstrap})
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(30)


def consumer(server: Server) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": server.bootstrap,
            "group.id": "reader",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "check.crcs": True,
        }
    )


def read_to_end(server: Server, topic: str) -> list[tuple[int, bytes, bytes]]:
    """Offset, key and value of what is there now."""
    reader = consumer(server)
    reader.assign([TopicPartition(topic, 0, 0)])
    found: list[tuple[int, bytes, bytes]] = []
    try:
        while True:
            message = reader.poll(30)
            assert message is not None
            error = message.error()
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                return found
            found.append((message.offset() or 0, bytes(message.key() or b""), bytes(message.value() or b"")))
    finally:
        reader.close()


def wait_for_size(server: Server, folder: Path, at_most_bytes: int) -> None:
    """Until so little is left of a log; files may go while we look."""
    deadline = time.monotonic() + 60
    while size_of_logs(folder) > at_most_bytes:
        assert time.monotonic() < deadline, server.printed()
        time.sleep(0.1)


def size_of_logs(folder: Path) -> int:
    return sum(entry.size_bytes for entry in SystemFileSystem().list(str(folder)) if entry.name.endswith(".log"))


class Following(threading.Thread):
    """Reads a topic from its beginning while it grows; keeps the last value of each key, as a table would."""

    def __init__(self, server: Server, topic: str) -> None:
        super().__init__(daemon=True)
        self.reader = consumer(server)
        self.reader.assign([TopicPartition(topic, 0, 0)])
        self.table: dict[bytes, bytes] = {}
        self.problems: list[str] = []

    def run(self) -> None:
        last_offset = -1
        while last_offset < RECORDS - 1:
            message = self.reader.poll(30)
            if message is None or (message.error() and message.error().code() != KafkaError._PARTITION_EOF):  # type: ignore[union-attr]
                self.problems.append(str(message and message.error()))
                break
            if message.error():
                continue
            offset = message.offset() or 0
            if offset <= last_offset:
                self.problems.append(f"offset {offset} after {last_offset}")
            last_offset = offset
            self.table[bytes(message.key() or b"")] = bytes(message.value() or b"")
        self.reader.close()


def test_a_topic_is_compacted_while_it_is_written_and_read(server: Server) -> None:
    make_topic(server, "table")
    following = Following(server, "table")
    following.start()
    producer = Producer({"bootstrap.servers": server.bootstrap, "linger.ms": 5, "enable.idempotence": True})
    folder = server.data / "table-0"
    expected: dict[bytes, bytes] = {}
    for number in range(RECORDS):
        key, value = b"key %d" % (number % KEYS), b"value %d " % number + b"x" * 40
        producer.produce("table", value, key)
        expected[key] = value
        if number % 100 == 99:
            producer.flush(30)
    following.join(60)
    assert following.problems == []
    assert following.table == expected

    wait_for_size(server, folder, 60_000)
    found = read_to_end(server, "table")
    assert len(found) < RECORDS / 2
    assert {key: value for _, key, value in found} == expected
    assert found[-1][0] == RECORDS - 1
    workers = psutil.Process(server.pid).children()
    assert [worker for worker in workers if "barnabas.storage.compaction.worker" in worker.cmdline()]

    server.stop()
    assert not [worker for worker in workers if worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE]
    assert "Traceback" not in server.printed()
    assert (server.data / "cleaner-offset-checkpoint").read_text().splitlines()[2].startswith("table 0 ")
    assert not list(folder.glob("*.cleaned")) + list(folder.glob("*.swap"))
    server.start()
    assert {key: value for _, key, value in read_to_end(server, "table")} == expected


def test_a_broker_that_is_killed_while_it_compacts_loses_nothing(server: Server) -> None:
    make_topic(server, "table")
    expected: dict[bytes, bytes] = {}
    written = 0
    for _ in range(3):
        producer = Producer({"bootstrap.servers": server.bootstrap, "linger.ms": 5, "acks": "all"})
        for number in range(written, written + 2000):
            key, value = b"key %d" % (number % KEYS), b"value %d " % number + b"x" * 40
            producer.produce("table", value, key)
            expected[key] = value
            if number % 100 == 99:
                producer.flush(30)
        assert producer.flush(30) == 0
        written += 2000
        workers = psutil.Process(server.pid).children()
        server.kill()
        _, alive = psutil.wait_procs(workers, timeout=20)
        assert alive == []
        server.start()
        found = read_to_end(server, "table")
        assert {key: value for _, key, value in found} == expected
        assert found[-1][0] == written - 1


def test_committed_offsets_survive_their_compaction(server: Server) -> None:
    server.stop()
    server.overrides = {**server.overrides, "offsets.topic.num.partitions": "1"}
    server.start()
    make_topic(server, "source")
    producer = Producer({"bootstrap.servers": server.bootstrap})
    for number in range(10):
        producer.produce("source", b"%d" % number)
    producer.flush(30)
    reader = consumer(server)
    reader.committed([TopicPartition("source", 0)], 30)  # makes the topic of the offsets
    set_configs(server, "__consumer_offsets", CONFIG)
    for round_number in range(400):
        reader.commit(offsets=[TopicPartition("source", 0, round_number % 7)], asynchronous=False)
    reader.commit(offsets=[TopicPartition("source", 0, 5)], asynchronous=False)
    folder = server.data / "__consumer_offsets-0"
    wait_for_size(server, folder, 30_000)
    server.stop()
    server.start()
    assert [committed.offset for committed in reader.committed([TopicPartition("source", 0)], 30)] == [5]
    reader.close()
