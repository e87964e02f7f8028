"""confluent-kafka (librdkafka): producers and consumers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_CREATE_TIME,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic

pytestmark = pytest.mark.timeout(90)

CODECS: Final = ("none", "gzip", "snappy", "lz4", "zstd")
POLL_SECONDS: Final = 0.2
WAIT_SECONDS: Final = 45.0
# Young enough that retention leaves the records alone.
START_MS: Final = int(time.time() * 1000) - 600_000


def deliver(bootstrap: str, topic: str, values: list[bytes], **settings: Any) -> list[Message]:
    """Produce all values; what the broker acknowledged, in order of acknowledgement."""
    delivered: list[Message] = []

    def on_delivery(error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        delivered.append(message)

    producer = Producer({"bootstrap.servers": bootstrap, **{k.replace("_", "."): v for k, v in settings.items()}})
    for value in values:
        producer.produce(topic, value, partition=0, on_delivery=on_delivery)
        producer.poll(0)
    assert producer.flush(WAIT_SECONDS) == 0
    return delivered


@contextlib.contextmanager
def consumer_of(bootstrap: str, group: str, topics: list[str], **settings: Any) -> Iterator[Consumer]:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **{key.replace("_", "."): value for key, value in settings.items()},
        }
    )
    if topics:
        consumer.subscribe(topics)
    try:
        yield consumer
    finally:
        consumer.close()


def poll_until(condition: Callable[[], bool], *consumers: Consumer) -> list[Message]:
    """Poll every consumer in turn until the condition holds; the messages that came meanwhile."""
    messages: list[Message] = []
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        for consumer in consumers:
            message = consumer.poll(POLL_SECONDS)
            if message is not None:
                assert message.error() is None, message.error()
                messages.append(message)
    return messages


def take(consumer: Consumer, count: int) -> list[Message]:
    messages: list[Message] = []
    deadline = time.monotonic() + WAIT_SECONDS
    while len(messages) < count:
        assert time.monotonic() < deadline, f"only {len(messages)} of {count} messages came"
        messages += consumer.consume(count - len(messages), POLL_SECONDS)
    assert [message.error() for message in messages if message.error()] == []
    return messages


def create_topic(bootstrap: str, topic: str, partitions: int) -> None:
    # The client must outlive the wait for its future.
    admin = AdminClient({"bootstrap.servers": bootstrap})
    (created,) = admin.create_topics([NewTopic(topic, partitions, 1)]).values()
    created.result(WAIT_SECONDS)


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_there_and_back(bootstrap: str, topic: str, group: str, codec: str) -> None:
    values = [f"{number} {'castle ' * 30}".encode() for number in range(1000)]
    delivered = deliver(bootstrap, topic, values, compression_type=codec, linger_ms=20)
    assert [message.offset() for message in delivered] == list(range(1000))
    with consumer_of(bootstrap, group, [topic]) as consumer:
        messages = take(consumer, 1000)
    assert [message.value() for message in messages] == values
    assert [message.offset() for message in messages] == list(range(1000))


@pytest.mark.parametrize("acks", ["0", "1", "all"])
def test_every_kind_of_acknowledgement(bootstrap: str, topic: str, group: str, acks: str) -> None:
    deliver(bootstrap, topic, [b"a", b"b"], acks=acks)
    with consumer_of(bootstrap, group, [topic]) as consumer:
        assert [message.value() for message in take(consumer, 2)] == [b"a", b"b"]


def test_an_idempotent_producer_writes_once_in_order(bootstrap: str, topic: str, group: str) -> None:
    values = [str(number).encode() for number in range(5000)]
    delivered = deliver(bootstrap, topic, values, enable_idempotence=True, batch_num_messages=50)
    assert [message.value() for message in delivered] == values
    assert [message.offset() for message in delivered] == list(range(5000))
    with consumer_of(bootstrap, group, [topic]) as consumer:
        assert [message.value() for message in take(consumer, 5000)] == values


def test_keys_headers_nulls_and_timestamps(bootstrap: str, topic: str, group: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    headers: list[tuple[str, str | bytes | None]] = [
        ("trace", b"7"),
        ("trace", b"\x00\xff"),
        ("empty", b""),
        ("null", None),
    ]
    producer.produce(topic, b"value", key=b"key", headers=headers, timestamp=START_MS + 123)
    producer.produce(topic, None, key=b"", headers=[])
    assert producer.flush(WAIT_SECONDS) == 0
    with consumer_of(bootstrap, group, [topic]) as consumer:
        first, second = take(consumer, 2)
    assert (first.key(), first.value(), first.headers()) == (b"key", b"value", headers)
    assert first.timestamp() == (TIMESTAMP_CREATE_TIME, START_MS + 123)
    assert (second.key(), second.value()) == (b"", None)


def test_a_message_too_large_is_refused_alone(bootstrap: str, topic: str) -> None:
    errors: list[KafkaError | None] = []
    producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 8_000_000, "linger.ms": 0})
    for value in (b"small", b"x" * 3_000_000, b"small"):
        producer.produce(topic, value, on_delivery=lambda error, _message: errors.append(error))
        assert producer.flush(WAIT_SECONDS) == 0
    assert [error.code() if error else None for error in errors] == [None, KafkaError.MSG_SIZE_TOO_LARGE, None]


def test_offsets_are_found_by_timestamp(bootstrap: str, topic: str, group: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    start_ms = int(time.time() * 1000) - 100_000
    for number in range(10):
        producer.produce(topic, str(number).encode(), partition=0, timestamp=start_ms + number * 1000)
    assert producer.flush(WAIT_SECONDS) == 0
    with consumer_of(bootstrap, group, []) as consumer:
        asked = [TopicPartition(topic, 0, start_ms + 3500), TopicPartition(topic, 0, start_ms + 3_600_000)]
        found = [consumer.offsets_for_times([each], timeout=WAIT_SECONDS)[0].offset for each in asked]
        assert found == [4, -1]
        assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=WAIT_SECONDS) == (0, 10)


def test_seek_pause_and_resume(bootstrap: str, topic: str, group: str) -> None:
    deliver(bootstrap, topic, [str(number).encode() for number in range(10)])
    with consumer_of(bootstrap, group, []) as consumer:
        partition = TopicPartition(topic, 0, OFFSET_BEGINNING)
        consumer.assign([partition])
        assert [message.offset() for message in take(consumer, 3)] == [0, 1, 2]
        consumer.seek(TopicPartition(topic, 0, 7))
        assert [message.offset() for message in take(consumer, 3)] == [7, 8, 9]
        consumer.pause([partition])
        deliver(bootstrap, topic, [b"late"])
        assert consumer.poll(POLL_SECONDS) is None
        consumer.resume([partition])
        assert take(consumer, 1)[0].value() == b"late"


def test_a_group_resumes_from_its_commit(bootstrap: str, topic: str, group: str) -> None:
    deliver(bootstrap, topic, [str(number).encode() for number in range(10)])
    with consumer_of(bootstrap, group, [topic]) as consumer:
        take(consumer, 4)
        consumer.commit(offsets=[TopicPartition(topic, 0, 4, metadata="page 4")], asynchronous=False)
    with consumer_of(bootstrap, group, [topic]) as consumer:
        (committed,) = consumer.committed([TopicPartition(topic, 0)], timeout=WAIT_SECONDS)
        assert (committed.offset, committed.metadata) == (4, "page 4")
        assert [message.offset() for message in take(consumer, 6)] == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_two_members_share_and_one_takes_over(bootstrap: str, topic: str, group: str, strategy: str) -> None:
    create_topic(bootstrap, topic, 4)
    settings = {"partition_assignment_strategy": strategy, "session_timeout_ms": 10_000}
    with consumer_of(bootstrap, group, [topic], **settings) as first:
        poll_until(lambda: len(first.assignment()) == 4, first)
        with consumer_of(bootstrap, group, [topic], **settings) as second:
            poll_until(lambda: len(first.assignment()) == len(second.assignment()) == 2, first, second)
            held = {part.partition for member in (first, second) for part in member.assignment()}
            assert held == {0, 1, 2, 3}
        poll_until(lambda: len(first.assignment()) == 4, first)


def test_a_static_member_returns_to_its_partitions(bootstrap: str, topic: str, group: str) -> None:
    """KIP-345: closing does not leave; the same instance gets the same partitions and the other member never stops."""
    create_topic(bootstrap, topic, 4)
    revocations: list[int] = []
    settings = {"session_timeout_ms": 30_000}
    with consumer_of(bootstrap, group, [], group_instance_id="stays", **settings) as stays:
        stays.subscribe([topic], on_revoke=lambda _consumer, partitions: revocations.append(len(partitions)))
        with consumer_of(bootstrap, group, [topic], group_instance_id="restarts", **settings) as restarts:
            poll_until(lambda: len(stays.assignment()) == len(restarts.assignment()) == 2, stays, restarts)
            before = {part.partition for part in restarts.assignment()}
        revocations.clear()
        with consumer_of(bootstrap, group, [topic], group_instance_id="restarts", **settings) as restarts:
            poll_until(lambda: len(restarts.assignment()) == 2, restarts, stays)
            assert {part.partition for part in restarts.assignment()} == before
            assert len(stays.assignment()) == 2
        assert revocations == []


def test_two_processes_with_one_static_identity_are_fenced(bootstrap: str, topic: str, group: str) -> None:
    create_topic(bootstrap, topic, 1)
    with consumer_of(bootstrap, group, [topic], group_instance_id="one") as first:
        poll_until(lambda: len(first.assignment()) == 1, first)
        with consumer_of(bootstrap, group, [topic], group_instance_id="one") as second:
            poll_until(lambda: len(second.assignment()) == 1, second)
            deadline = time.monotonic() + WAIT_SECONDS
            fenced = None
            while fenced is None and time.monotonic() < deadline:
                try:
                    message = first.poll(POLL_SECONDS)
                except KafkaException as error:
                    fenced = error.args[0]
                else:
                    fenced = message.error() if message is not None else None
            assert fenced is not None
            assert fenced.code() in {KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID}


def test_a_consumer_does_not_create_the_topic_it_asks_for(bootstrap: str, topic: str, group: str) -> None:
    with consumer_of(bootstrap, group, [topic], allow_auto_create_topics=False) as consumer:
        deadline = time.monotonic() + WAIT_SECONDS
        message = None
        while message is None and time.monotonic() < deadline:
            message = consumer.poll(POLL_SECONDS)
        assert message is not None
        error = message.error()
        assert error is not None
        assert error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    assert topic not in AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=WAIT_SECONDS).topics
