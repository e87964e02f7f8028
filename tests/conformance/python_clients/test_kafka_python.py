"""kafka-python: the classic client in pure Python."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

pytestmark = pytest.mark.timeout(90)

WAIT_SECONDS: Final = 45.0
# Young enough that retention leaves the records alone.
START_MS: Final = int(time.time() * 1000) - 600_000


@contextlib.contextmanager
def closing(client: Any) -> Iterator[Any]:
    try:
        yield client
    finally:
        client.close()


def deliver(bootstrap: str, topic: str, values: list[bytes], **settings: Any) -> list[int]:
    """Produce all values to partition 0; their offsets."""
    with closing(KafkaProducer(bootstrap_servers=bootstrap, **settings)) as producer:
        sent = [producer.send(topic, value, partition=0) for value in values]
        producer.flush(WAIT_SECONDS)
        return [each.get(WAIT_SECONDS).offset for each in sent]


def consumer_of(bootstrap: str, group: str | None, *topics: str, **settings: Any) -> Any:
    settings = {"auto_offset_reset": "earliest", "enable_auto_commit": False, **settings}
    return closing(KafkaConsumer(*topics, bootstrap_servers=bootstrap, group_id=group, **settings))


def take(consumer: Any, count: int) -> list[Any]:
    """Exactly so many records: what one poll returns beyond them would be lost to the caller."""
    taken: list[Any] = []
    deadline = time.monotonic() + WAIT_SECONDS
    while len(taken) < count:
        assert time.monotonic() < deadline, f"only {len(taken)} of {count} records came"
        for records in consumer.poll(200, max_records=count - len(taken)).values():
            taken += records
    return taken


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_there_and_back(bootstrap: str, topic: str, codec: str | None) -> None:
    values = [f"{number} {'castle ' * 30}".encode() for number in range(500)]
    assert deliver(bootstrap, topic, values, compression_type=codec, linger_ms=20) == list(range(500))
    with consumer_of(bootstrap, None, topic) as consumer:
        assert [record.value for record in take(consumer, 500)] == values


@pytest.mark.parametrize(
    "settings", [{"acks": 1}, {"acks": "all"}, {"acks": "all", "enable_idempotence": True}], ids=str
)
def test_every_kind_of_producer(bootstrap: str, topic: str, settings: dict[str, Any]) -> None:
    values = [str(number).encode() for number in range(200)]
    assert deliver(bootstrap, topic, values, **settings) == list(range(200))
    with consumer_of(bootstrap, None, topic) as consumer:
        assert [record.value for record in take(consumer, 200)] == values


def test_keys_headers_nulls_and_timestamps(bootstrap: str, topic: str) -> None:
    with closing(KafkaProducer(bootstrap_servers=bootstrap)) as producer:
        producer.send(topic, b"value", key=b"key", headers=[("trace", b"7")], timestamp_ms=START_MS + 123)
        producer.send(topic, None, key=b"key")
        producer.flush(WAIT_SECONDS)
    with consumer_of(bootstrap, None, topic) as consumer:
        first, second = take(consumer, 2)
    assert (first.key, first.value, list(first.headers)) == (b"key", b"value", [("trace", b"7")])
    assert first.timestamp == START_MS + 123
    assert (second.key, second.value) == (b"key", None)


def test_a_group_resumes_from_its_commit(bootstrap: str, topic: str, group: str) -> None:
    deliver(bootstrap, topic, [str(number).encode() for number in range(10)])
    partition = TopicPartition(topic, 0)
    with consumer_of(bootstrap, group, topic) as consumer:
        take(consumer, 4)
        consumer.commit({partition: OffsetAndMetadata(4, "page 4", -1)})
    with consumer_of(bootstrap, group, topic) as consumer:
        assert consumer.committed(partition) == 4
        assert [record.offset for record in take(consumer, 6)] == [4, 5, 6, 7, 8, 9]


def test_two_members_share_and_one_takes_over(bootstrap: str, topic: str, group: str) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics([NewTopic(topic, 4, 1)])
    settings = {"session_timeout_ms": 10_000, "heartbeat_interval_ms": 500}

    def poll_until(wanted: list[int], *members: Any) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while [len(member.assignment()) for member in members] != wanted:
            assert time.monotonic() < deadline, [member.assignment() for member in members]
            for member in members:
                member.poll(100)

    with consumer_of(bootstrap, group, topic, **settings) as first:
        poll_until([4], first)
        with consumer_of(bootstrap, group, topic, **settings) as second:
            poll_until([2, 2], first, second)
            assert {part.partition for part in first.assignment() | second.assignment()} == {0, 1, 2, 3}
        poll_until([4], first)


def test_offsets_are_found_by_timestamp_and_by_end(bootstrap: str, topic: str) -> None:
    with closing(KafkaProducer(bootstrap_servers=bootstrap)) as producer:
        for number in range(5):
            producer.send(topic, b"x", partition=0, timestamp_ms=START_MS + number * 1000)
        producer.flush(WAIT_SECONDS)
    partition = TopicPartition(topic, 0)
    with consumer_of(bootstrap, None) as consumer:
        found = consumer.offsets_for_times({partition: START_MS + 2500})
        assert (found[partition].offset, found[partition].timestamp) == (3, START_MS + 3000)
        assert consumer.beginning_offsets([partition]) == {partition: 0}
        assert consumer.end_offsets([partition]) == {partition: 5}


def test_administration(bootstrap: str, topic: str, group: str) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics([NewTopic(topic, 2, 1)])
        with pytest.raises(TopicAlreadyExistsError):
            admin.create_topics([NewTopic(topic, 2, 1)])
        assert topic in admin.list_topics()
        (described,) = admin.describe_topics([topic])
        assert len(described["partitions"]) == 2
        assert admin.describe_cluster()["brokers"]

        deliver(bootstrap, topic, [b"a", b"b", b"c"])
        partition = TopicPartition(topic, 0)
        admin.delete_records({partition: 2})
        with consumer_of(bootstrap, group, topic) as consumer:
            take(consumer, 1)
            consumer.commit({partition: OffsetAndMetadata(3, "", -1)})
        assert group in [found["group_id"] for found in admin.list_groups()]
        state = admin.describe_groups([group])[group]["group_state"]
        assert state == "Empty"
        admin.delete_groups([group])
        assert group not in [found["group_id"] for found in admin.list_groups()]
        admin.delete_topics([topic])
        assert topic not in admin.list_topics()
