"""What ordinary applications leave in a cluster: written to a broker, and observed again record by record.

Everything here is a Kafka client; whether Apache Kafka or Barnabas answers makes no difference to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, NamedTuple

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic

CODECS: Final = ("none", "gzip", "snappy", "lz4", "zstd")
TIMEOUT_SECONDS: Final = 60.0
RETAINED: Final = {"retention.ms": "-1"}

TOPICS: Final = {
    "codecs": (5, RETAINED),
    "segments": (1, {"segment.bytes": "1048576", **RETAINED}),
    "idempotent.producer": (2, RETAINED),
    "compacted": (1, {"cleanup.policy": "compact", "segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.01"}),
    "append-time-1": (1, {"message.timestamp.type": "LogAppendTime", **RETAINED}),
    "transactions": (1, RETAINED),
    "empty": (3, {"retention.bytes": "123456789"}),
    "deleted": (2, {}),
}


class Seen(NamedTuple):
    """A record as a consumer got it, and where."""

    offset: int
    leader_epoch: int | None
    timestamp: tuple[int, int]
    key: bytes | None
    value: bytes | None
    headers: tuple[Any, ...]


def fill(bootstrap: str, now_ms: int) -> None:
    """Make topics and write all kinds of records into them; one topic is deleted again."""
    until(lambda: knows(bootstrap), "a cluster with a controller")
    admin = AdminClient({"bootstrap.servers": bootstrap})
    wait_for(admin.create_topics([NewTopic(name, count, 1, config=dict(c)) for name, (count, c) in TOPICS.items()]))
    for partition, codec in enumerate(CODECS):
        with_codec = {"compression.type": codec, "linger.ms": 50}
        produce(bootstrap, [("codecs", partition, *record) for record in _varied(now_ms, 60)], with_codec)
    produce(bootstrap, [("segments", 0, None, b"%06d" % n + bytes(994), now_ms, None) for n in range(3300)])
    wait_for(admin.delete_records([TopicPartition("segments", 0, 1500)]))
    produce(
        bootstrap,
        [("idempotent.producer", n % 2, b"k%d" % n, b"v%d" % n, now_ms + n, None) for n in range(300)],
        {"enable.idempotence": True, "linger.ms": 5},
    )
    produce(
        bootstrap,
        [("compacted", 0, b"key-%02d" % (n % 40), b"%05d" % n + bytes(995), now_ms + n, None) for n in range(1500)]
        + [("compacted", 0, b"key-01", None, now_ms + 9999, None)],
    )
    produce(bootstrap, [("append-time-1", 0, b"k", b"v%d" % n, now_ms - 99_000, None) for n in range(20)])
    transactions(bootstrap, now_ms)
    commit(bootstrap, "committed by hand", {("codecs", 0): 17, ("codecs", 4): 60, ("segments", 0): 2000})
    consume_as_group(bootstrap, "a group", "idempotent.producer", 300)
    wait_for(admin.delete_topics(["deleted"]))
    wait_for(admin.create_partitions([NewPartitions("empty", 4)]))
    change = ConfigEntry("max.message.bytes", "2000000", incremental_operation=AlterConfigOpType.SET)
    wait_for(
        admin.incremental_alter_configs(
            [ConfigResource(ConfigResource.Type.TOPIC, "empty", incremental_configs=[change])]
        )
    )


def transactions(bootstrap: str, now_ms: int) -> None:
    """Committed, aborted, committed, with records outside of transactions in between."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "payments", "linger.ms": 5})
    producer.init_transactions(TIMEOUT_SECONDS)
    for number, ends_well in enumerate((True, False, True, False, True)):
        producer.begin_transaction()
        for place in range(10):
            producer.produce("transactions", b"%d-%d" % (number, place), b"k", 0, timestamp=now_ms)
        producer.flush(TIMEOUT_SECONDS)
        produce(bootstrap, [("transactions", 0, b"k", b"outside %d" % number, now_ms, None)])
        (producer.commit_transaction if ends_well else producer.abort_transaction)(TIMEOUT_SECONDS)


def open_transaction(bootstrap: str, now_ms: int) -> Producer:
    """A transaction that nobody ends; the producer is returned so that it stays open."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "hanging", "linger.ms": 5, "log_level": 0})
    producer.init_transactions(TIMEOUT_SECONDS)
    producer.begin_transaction()
    for place in range(5):
        producer.produce("transactions", b"hanging %d" % place, b"k", 0, timestamp=now_ms)
    producer.flush(TIMEOUT_SECONDS)
    return producer


def produce(bootstrap: str, records: list[tuple[Any, ...]], options: dict[str, Any] | None = None) -> None:
    """(topic, partition, key, value, timestamp, headers) each."""
    producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 900_000, **(options or {})})
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: object) -> None:
        if error is not None:
            failures.append(error)

    for topic, partition, key, value, timestamp, headers in records:
        producer.produce(
            topic, value, key, partition, timestamp=timestamp, headers=headers or [], on_delivery=delivered
        )
    assert producer.flush(TIMEOUT_SECONDS) == 0
    assert not failures, failures


def _varied(now_ms: int, count: int) -> Iterator[tuple[bytes | None, bytes | None, int, Any]]:
    for n in range(count):
        key = None if n % 7 == 0 else b"key %d" % n
        value = None if n % 11 == 0 else b"" if n % 13 == 0 else b"value %d " % n * (n + 1)
        headers = [("trace", b"\x00\xff%d" % n), ("trace", None), ("läuft", "grün".encode())] if n % 3 == 0 else None
        yield key, value, now_ms - 1000 * n, headers


def read_all(bootstrap: str, *, isolation: str = "read_uncommitted") -> dict[str, dict[int, list[Seen]]]:
    """Every record of every topic of an application, by topic and partition."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topics = admin.list_topics(timeout=TIMEOUT_SECONDS).topics
    wanted = [
        TopicPartition(name, partition, OFFSET_BEGINNING)
        for name in sorted(topics)
        if not name.startswith("__")
        for partition in topics[name].partitions
    ]
    seen: dict[str, dict[int, list[Seen]]] = {}
    for assigned in wanted:
        seen.setdefault(assigned.topic, {})[assigned.partition] = []
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "observer",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": isolation,
            "check.crcs": True,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 20,
        }
    )
    try:
        consumer.assign(wanted)
        missing = {(assigned.topic, assigned.partition) for assigned in wanted}
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while missing:
            assert time.monotonic() < deadline, f"no end of {missing}"
            message = consumer.poll(1.0)
            if message is None:
                continue
            topic, partition, offset, error = message.topic(), message.partition(), message.offset(), message.error()
            assert topic is not None
            assert partition is not None
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, f"{topic}-{partition}: {error}"
                missing.discard((topic, partition))
                continue
            assert offset is not None
            seen[topic][partition].append(
                Seen(
                    offset,
                    message.leader_epoch(),
                    message.timestamp(),
                    message.key(),
                    message.value(),
                    tuple(message.headers() or ()),
                )
            )
    finally:
        consumer.close()
    return seen


def log_ends(bootstrap: str, isolation: str) -> dict[tuple[str, int], tuple[int, int]]:
    """First and next offset of every partition, internal topics included, as readers with that isolation see them."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "observer", "isolation.level": isolation})
    try:
        topics = consumer.list_topics(timeout=TIMEOUT_SECONDS).topics
        return {
            (name, partition): consumer.get_watermark_offsets(TopicPartition(name, partition), TIMEOUT_SECONDS)
            for name in sorted(topics)
            for partition in topics[name].partitions
        }
    finally:
        consumer.close()


def knows(bootstrap: str, topics: Collection[str] = ()) -> bool:
    """Whether the broker knows of a controller, and of these topics with a leader for each partition."""
    cluster = AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=TIMEOUT_SECONDS)
    known = cluster.topics
    return cluster.controller_id >= 0 and all(
        topic in known and all(partition.leader >= 0 for partition in known[topic].partitions.values())
        for topic in topics
    )


def topic_ids(bootstrap: str) -> dict[str, tuple[str, int]]:
    """Topic ID and number of partitions of every topic."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    names = sorted(admin.list_topics(timeout=TIMEOUT_SECONDS).topics)
    found = admin.describe_topics(TopicCollection(names), request_timeout=TIMEOUT_SECONDS)
    return {name: (str(future.result().topic_id), len(future.result().partitions)) for name, future in found.items()}


def topic_configs(bootstrap: str) -> dict[str, dict[str, str]]:
    """What is set on each topic itself."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    names = sorted(admin.list_topics(timeout=TIMEOUT_SECONDS).topics)
    found = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, name) for name in names])
    dynamic_topic_config = 1
    return {
        resource.name: {
            entry.name: entry.value for entry in future.result().values() if entry.source == dynamic_topic_config
        }
        for resource, future in found.items()
    }


def commit(bootstrap: str, group: str, offsets: dict[tuple[str, int], int]) -> None:
    """Commit offsets for a group without members."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
    try:
        consumer.commit(
            offsets=[
                TopicPartition(topic, partition, offset, metadata="by hand")
                for (topic, partition), offset in offsets.items()
            ],
            asynchronous=False,
        )
    finally:
        consumer.close()


def consume_as_group(bootstrap: str, group: str, topic: str, count: int, **options: Any) -> None:
    """Join a group, read that many records and commit."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 20,
            **options,
        }
    )
    try:
        consumer.subscribe([topic])
        deadline = time.monotonic() + TIMEOUT_SECONDS
        got = 0
        while got < count:
            assert time.monotonic() < deadline, f"{group} got {got} of {count}"
            message = consumer.poll(1.0)
            if message is not None and message.error() is None:
                got += 1
        consumer.commit(asynchronous=False)
    finally:
        consumer.close()


def committed_offsets(bootstrap: str) -> dict[str, dict[tuple[str, int], tuple[int, str | None]]]:
    """Offset and metadata that each group has committed."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    listed = admin.list_consumer_groups(request_timeout=TIMEOUT_SECONDS).result()
    committed = {}
    for group in sorted(listing.group_id for listing in listed.valid):
        future = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group]
        places = future.result().topic_partitions
        committed[group] = {
            (place.topic, place.partition): (place.offset, place.metadata) for place in places if place.error is None
        }
    return committed


def wait_for(futures: dict[Any, Any]) -> None:
    for future in futures.values():
        future.result(TIMEOUT_SECONDS)


def until(condition: Callable[[], bool], what: str) -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.1)
