"""Data directories that a real Apache Kafka wrote, opened and served by Barnabas, compared record by record.

Kafka 3.9 in both of its modes and Kafka 4.1 are filled by ordinary clients, stopped in order and killed. Whatever
Kafka answered before, Barnabas has to answer over the same files: with nothing but `barnabas start --data DIR` on a
copy, or `kafka-server-start` with Kafka's own server.properties. And Kafka reads what Barnabas has added.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.broker import started_broker
from conformance.oracle.kafka_content import (
    Seen,
    commit,
    committed_offsets,
    consume_as_group,
    fill,
    knows,
    log_ends,
    open_transaction,
    produce,
    read_all,
    topic_configs,
    topic_ids,
    until,
)
from conformance.oracle.kafka_process import KafkaProcess, killed_at_the_end

pytestmark = [pytest.mark.jvm, pytest.mark.timeout(300)]

KEPT: Final = {"retention.ms": "-1", "retention.bytes": "-1"}
CLEANER_CHECKPOINT: Final = "cleaner-offset-checkpoint"


@dataclass(frozen=True, slots=True)
class Observed:
    """What clients learn from a broker."""

    records: dict[str, dict[int, list[Seen]]]
    committed_records: dict[str, dict[int, list[Seen]]]
    ends: dict[str, Any]
    topics: dict[str, tuple[str, int]]
    configs: dict[str, dict[str, str]]
    groups: dict[str, Any]


def observe(bootstrap: str) -> Observed:
    return Observed(
        records=read_all(bootstrap),
        committed_records=read_all(bootstrap, isolation="read_committed"),
        ends={isolation: log_ends(bootstrap, isolation) for isolation in ("read_uncommitted", "read_committed")},
        topics=topic_ids(bootstrap),
        configs=topic_configs(bootstrap),
        groups=committed_offsets(bootstrap),
    )


@dataclass(frozen=True, slots=True)
class WrittenDirectory:
    """A Kafka that has ended, what it answered at the two ends of its life, and its files at the first of them."""

    kafka: KafkaProcess
    stopped: Path
    before_stop: Observed
    before_kill: Observed


@pytest.fixture(
    scope="module", params=[("3.9.1", False), ("3.9.1", True), ("4.1.1", False)], ids=["3.9", "3.9-zookeeper", "4.1"]
)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WrittenDirectory]:
    """Filled, stopped in order, copied; started again, a transaction left open, killed."""
    version, uses_zookeeper = request.param
    kafka = KafkaProcess(version, tmp_path_factory.mktemp("kafka") / "home", uses_zookeeper=uses_zookeeper)
    stopped = kafka.folder / "stopped" / "data"
    now_ms = int(time.time() * 1000)
    with killed_at_the_end(kafka):
        # Kafka 4.1 has its metadata in snapshots as well, 3.9 in the log alone.
        kafka.prepare({"metadata.log.max.record.bytes.between.snapshots": "2000"} if version.startswith("4") else {})
        kafka.start()
        fill(kafka.bootstrap, now_ms)
        if version.startswith("4"):
            consume_as_group(
                kafka.bootstrap, "new protocol", "idempotent.producer", 300, **{"group.protocol": "consumer"}
            )
        checkpoint = kafka.data / CLEANER_CHECKPOINT
        until(lambda: checkpoint.exists() and "compacted" in checkpoint.read_text(), "the compaction of a topic")
        before_stop = observe(kafka.bootstrap)
        kafka.stop()
        shutil.copytree(kafka.data, stopped)
        kafka.start()
        until(lambda: knows(kafka.bootstrap, before_stop.topics), "Kafka's coming back")
        hanging = open_transaction(kafka.bootstrap, now_ms)
        produce(kafka.bootstrap, [("codecs", 0, b"k", b"after the restart", now_ms, None)])
        commit(kafka.bootstrap, "committed by hand", {("codecs", 0): 18})
        before_kill = observe(kafka.bootstrap)
        kafka.kill_broker()
        del hanging
        yield WrittenDirectory(kafka, stopped, before_stop, before_kill)
    shutil.rmtree(kafka.folder)


def test_the_metadata_is_where_it_is_meant_to_be(written: WrittenDirectory) -> None:
    """The three directories are three different cases of finding out what topics there are."""
    metadata = written.stopped / "__cluster_metadata-0"
    assert metadata.exists() != written.kafka.uses_zookeeper
    assert bool(list(metadata.glob("*[1-9]-*.checkpoint"))) == written.kafka.version.startswith("4")


def assert_serves(bootstrap: str, expected: Observed, *, knows_configs: bool) -> None:
    found = observe(bootstrap)
    for isolation in ("records", "committed_records"):
        everything, wanted = getattr(found, isolation), getattr(expected, isolation)
        assert everything.keys() == wanted.keys()
        for topic, partitions in wanted.items():
            assert everything[topic] == partitions, f"{isolation} of {topic}"
    assert found.ends == expected.ends
    assert found.topics == expected.topics
    assert found.groups == expected.groups
    if knows_configs:
        assert found.configs == expected.configs
    else:  # they are in ZooKeeper, so nothing is deleted by age or size
        assert all(values == KEPT for topic, values in found.configs.items() if not topic.startswith("__"))
        assert found.configs["__consumer_offsets"] == expected.configs["__consumer_offsets"]


def append_more(bootstrap: str, expected: Observed) -> None:
    """Write more by ordinary means and read it back, behind what Kafka wrote."""
    now_ms = int(time.time() * 1000)
    produce(bootstrap, [("idempotent.producer", 1, b"n", b"new", now_ms, None)], {"enable.idempotence": True})
    produce(
        bootstrap, [("codecs", 4, None, b"new %d" % n, now_ms, [("h", b"v")]) for n in range(10)], {"linger.ms": 20}
    )
    produce(bootstrap, [("compacted", 0, b"key-07", b"newest", now_ms, None)])
    consume_as_group(bootstrap, "a group", "idempotent.producer", 1)  # goes on where it was with Kafka
    commit(bootstrap, "committed by hand", {("codecs", 4): 61})
    found = read_all(bootstrap)
    for topic, partition, count in (("idempotent.producer", 1, 1), ("codecs", 4, 10), ("compacted", 0, 1)):
        before = expected.records[topic][partition]
        assert found[topic][partition][: len(before)] == before
        new = found[topic][partition][len(before) :]
        assert [record.offset for record in new] == [before[-1].offset + 1 + place for place in range(count)]


def test_a_directory_that_kafka_closed(written: WrittenDirectory, tmp_path: Path) -> None:
    shutil.copytree(written.stopped, tmp_path / "data")
    knows_configs = not written.kafka.uses_zookeeper
    with started_broker(tmp_path) as broker:
        assert_serves(broker.bootstrap, written.before_stop, knows_configs=knows_configs)
        append_more(broker.bootstrap, written.before_stop)
        appended = observe(broker.bootstrap)
    with started_broker(tmp_path) as broker:
        assert_serves(broker.bootstrap, appended, knows_configs=knows_configs)


def test_the_directory_of_a_killed_kafka_and_back_again(written: WrittenDirectory, tmp_path: Path) -> None:
    kafka = written.kafka
    with started_broker(tmp_path, config=kafka.properties, port=kafka.port) as broker:
        assert_serves(broker.bootstrap, written.before_kill, knows_configs=not kafka.uses_zookeeper)
        append_more(broker.bootstrap, written.before_kill)
        appended, groups = read_all(broker.bootstrap), committed_offsets(broker.bootstrap)
    kafka.start()
    until(lambda: knows(kafka.bootstrap, [*appended, "__consumer_offsets"]), "Kafka's coming back")
    assert read_all(kafka.bootstrap) == appended
    assert committed_offsets(kafka.bootstrap) == groups
