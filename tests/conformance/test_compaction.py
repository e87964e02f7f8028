"""What is left after compaction: by Apache Kafka's cleaner and by ours, of the same files, batch by batch.

Kafka gets records of several producers: compressed and not, with headers, tombstones, transactions that were committed,
rolled back, and left open. Its cleaner is held back while the partition's directory is copied, then both clean; the
same a second time, when tombstones and markers of the first time have passed their delete horizon.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from barnabas.foundation.clock import SystemClock
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.records import BatchHeader, Record, iterate_headers, read_records
from barnabas.storage import LogConfig, LogDirectory, PartitionLog, SystemFileSystem
from barnabas.storage.compaction.runners import ProcessRunner, ThreadRunner
from barnabas.storage.transaction_index import parse_aborted_transactions
from conformance.oracle.kafka_process import KafkaProcess, killed_at_the_end
from conformance.test_dump_log import COMPLAINTS, dump
from unit.storage.compaction.cleaning import cleaner_for

pytestmark = [pytest.mark.jvm, pytest.mark.timeout(300)]

SEGMENT_BYTES: Final = 2500
DELETE_RETENTION_MS: Final = 1
TOPIC: Final = "compacted"
NEVER_DIRTY_ENOUGH: Final = "1.0"
CLEANER_CHECKPOINT: Final = "cleaner-offset-checkpoint"
CONFIG: Final = {
    "cleanup.policy": "compact",
    "internal.segment.bytes": str(SEGMENT_BYTES),
    "delete.retention.ms": str(DELETE_RETENTION_MS),
    "min.cleanable.dirty.ratio": NEVER_DIRTY_ENOUGH,
    "file.delete.delay.ms": "0",
}


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaProcess]:
    with killed_at_the_end(KafkaProcess("4.1.1", tmp_path_factory.mktemp("kafka"))) as process:
        process.prepare({"log.initial.task.delay.ms": "0"})
        process.start()
        yield process


def clean_by_kafka(kafka: KafkaProcess, topic: str, end_offset: int) -> None:
    """Let Kafka's cleaner at the topic, and wait until it is done up to `end_offset`."""
    set_config(kafka, topic, "min.cleanable.dirty.ratio", "0.0")
    wanted = f"{topic} 0 {end_offset}"
    deadline = time.monotonic() + 60
    checkpoint = kafka.data / CLEANER_CHECKPOINT
    while not checkpoint.exists() or wanted not in checkpoint.read_text().splitlines():
        assert time.monotonic() < deadline, checkpoint.read_text() if checkpoint.exists() else "no checkpoint"
        time.sleep(0.1)
    set_config(kafka, topic, "min.cleanable.dirty.ratio", NEVER_DIRTY_ENOUGH)


def set_config(kafka: KafkaProcess, topic: str, name: str, value: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(30)


def open_copy(kafka: KafkaProcess, topic: str, folder: Path) -> tuple[LogDirectory, PartitionLog]:
    """The partition as it stands in Kafka's directory just now, opened by us."""
    shutil.copytree(kafka.data / f"{topic}-0", folder / f"{topic}-0")
    if (kafka.data / CLEANER_CHECKPOINT).exists():
        shutil.copy(kafka.data / CLEANER_CHECKPOINT, folder)
    config = LogConfig(
        segment_bytes=SEGMENT_BYTES,
        delete_retention_ms=DELETE_RETENTION_MS,
        compact=True,
        delete=False,
        min_cleanable_dirty_ratio=0.0,
        file_delete_delay_ms=0,
    )
    directory = LogDirectory.open(str(folder), defaults=config, filesystem=SystemFileSystem(), clock=SystemClock())
    return directory, directory.logs[TopicPartition(topic, 0)]


def clean_by_us(directory: LogDirectory, log: PartitionLog) -> None:
    filesystem = SystemFileSystem()
    runner = ProcessRunner(ThreadRunner(filesystem))
    try:
        assert cleaner_for([log], filesystem, SystemClock()).clean_dirtiest(runner)
    finally:
        runner.close()
    directory.remove_deleted()


def left_in(folder: Path) -> dict[str, list[Any]]:
    """Every batch of every segment, and every entry of the indexes of aborted transactions."""
    content: dict[str, list[Any]] = {}
    for file in sorted(folder.glob("*.log")):
        data = file.read_bytes()
        content[file.name] = [
            (described(header), [as_told(record) for record in read_records(data, position)])
            for position, header in iterate_headers(data)
        ]
    for file in sorted(folder.glob("*.txnindex")):
        if file.stat().st_size:
            content[file.name] = list(parse_aborted_transactions(file.read_bytes(), file.name))
    return content


def described(header: BatchHeader) -> dict[str, Any]:
    """All of a header that is decided by the records; not sizes, which are the compressing library's."""
    return {
        "offsets": (header.base_offset, header.last_offset),
        "leader_epoch": header.partition_leader_epoch,
        "attributes": header.attributes,
        "max_timestamp": header.max_timestamp,
        "producer": (header.producer_id, header.producer_epoch, header.base_sequence),
        "record_count": header.record_count,
    }


def as_told(record: Record) -> tuple[Any, ...]:
    return tuple(record)


class Writer:
    """Fills a topic as several applications would."""

    def __init__(self, kafka: KafkaProcess, seed: int) -> None:
        self.random = random.Random(seed)
        self.bootstrap = kafka.bootstrap
        self.plain = [
            self.producer({"compression.type": codec}) for codec in ("none", "gzip", "snappy", "lz4", "zstd")
        ] + [self.producer({"enable.idempotence": True}), self.producer({"enable.idempotence": True})]
        self.transactional = [self.producer({"transactional.id": f"writer-{seed}-{number}"}) for number in range(3)]
        for producer in self.transactional:
            producer.init_transactions(30)

    def producer(self, properties: dict[str, Any]) -> Producer:
        return Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 50, **properties})

    def batch(self, producer: Producer, *, flush: bool = True) -> None:
        """One batch of a few records, some of them tombstones."""
        for _ in range(self.random.randint(1, 6)):
            key = f"key {self.random.randrange(self.random.choice((30, 300)))}"
            value = None if self.random.random() < 0.2 else "v" * self.random.randrange(80)
            headers: dict[str, str | bytes | None] = {"header": b"x"} if self.random.random() < 0.2 else {}
            producer.produce(TOPIC, value, key, headers=headers)
        if flush:
            producer.flush(30)

    def fill(self, batches: int) -> None:
        for _ in range(batches):
            if self.random.random() < 0.6:
                self.batch(self.random.choice(self.plain))
                continue
            producer = self.random.choice(self.transactional)
            producer.begin_transaction()
            for _ in range(self.random.randint(1, 3)):
                self.batch(producer)
                self.batch(self.random.choice(self.plain))
            if self.random.random() < 0.5:
                producer.commit_transaction(30)
            else:
                producer.abort_transaction(30)
        for _ in range(20):  # so that the transactions' ends are not in the segment that nobody cleans
            self.batch(self.plain[0])


def rare_things(content: dict[str, list[Any]]) -> Iterator[str]:
    """What of the things that are easily got wrong is there, so that agreement means something."""
    for name, entries in content.items():
        if name.endswith(".txnindex"):
            yield "aborted"
            continue
        for header, records in entries:
            attributes, (base_offset, last_offset) = header["attributes"], header["offsets"]
            if attributes & 0x40:
                yield "horizon"
            if attributes & 0x20:
                yield "control"
            if attributes & 0x07 and records:
                yield "compressed"
            if not records:
                yield "empty"
            elif len(records) <= last_offset - base_offset:
                yield "gap"
            if any(value is None for _, _, _, value, _ in records):
                yield "tombstone"


def active_base_offset(folder: Path) -> int:
    return max(int(file.stem) for file in folder.glob("*.log"))


def test_kafka_and_we_keep_the_same(kafka: KafkaProcess, tmp_path: Path) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.create_topics([NewTopic(TOPIC, 1, 1, config=CONFIG)])[TOPIC].result(30)
    theirs = kafka.data / f"{TOPIC}-0"
    seen: Counter[str] = Counter()
    for round_number, batches in enumerate((120, 60, 40)):
        Writer(kafka, round_number).fill(batches)
        folder = tmp_path / f"round-{round_number}"
        folder.mkdir()
        directory, log = open_copy(kafka, TOPIC, folder)
        before = left_in(theirs)
        assert left_in(folder / f"{TOPIC}-0") == before
        active = active_base_offset(theirs)
        clean_by_us(directory, log)
        clean_by_kafka(kafka, TOPIC, active)
        directory.close()
        ours = folder / f"{TOPIC}-0"
        after = left_in(theirs)
        assert sum(map(len, after.values())) < sum(map(len, before.values()))
        assert left_in(ours) == after
        assert (folder / CLEANER_CHECKPOINT).read_text().splitlines()[2:] == [f"{TOPIC} 0 {active}"]
        check_with_kafkas_tool(ours)
        seen.update(rare_things(after))
    assert set(seen) == {"horizon", "empty", "control", "compressed", "gap", "tombstone", "aborted"}, seen


def check_with_kafkas_tool(folder: Path) -> None:
    """DumpLogSegments finds nothing wrong with any file."""
    logs = sorted(folder.glob("*.log"))
    indexes = sorted([*folder.glob("*.index"), *folder.glob("*.timeindex")])
    runs = (
        (logs + indexes, ("--deep-iteration", "--print-data-log")),
        (indexes, ("--index-sanity-check",)),
        (indexes, ("--verify-index-only",)),
    )
    for files, checks in runs:
        output = dump(*files, checks=checks)
        assert [line for line in output.splitlines() if COMPLAINTS.search(line)] == []
