"""confluent-kafka (librdkafka) with `group.protocol=consumer` (KIP-848), against us and against Apache Kafka.

A second member takes its share, a member that crashes loses its partitions, a static one comes back to its own, and a
pattern finds a topic that is created later. What was committed is where the next one goes on.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from confluent_kafka import Consumer, ConsumerGroupState, ConsumerGroupType, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from conformance.broker import RunningBroker
from conformance.oracle.kafka_broker import free_ports, kafka_broker

pytestmark = pytest.mark.timeout(180)

WAIT_SECONDS: Final = 60.0
PARTITIONS: Final = 4


@pytest.fixture(scope="module", params=["ours", pytest.param("kafka", marks=[pytest.mark.jvm, pytest.mark.slow])])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where clients find a broker of ours, or Apache Kafka 4.1.1."""
    if request.param == "ours":
        broker: RunningBroker = request.getfixturevalue("broker")
        yield broker.bootstrap
        return
    folder = tmp_path_factory.mktemp("consumer-protocol")
    port, controller_port = free_ports(2)
    properties = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(folder / "kafka-logs"),
        "offsets.topic.replication.factor": "1",
    }
    with kafka_broker("4.1.1", folder, properties):
        yield f"127.0.0.1:{port}"


def create(server: str, *topics: str) -> AdminClient:
    admin = AdminClient({"bootstrap.servers": server})
    for created in admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics]).values():
        created.result(WAIT_SECONDS)
    return admin


def produce(server: str, topic: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": server})
    for number in range(count):
        producer.produce(topic, str(number), partition=number % PARTITIONS)
    assert producer.flush(WAIT_SECONDS) == 0


@contextlib.contextmanager
def member(server: str, group: str, topic: str, **settings: Any) -> Iterator[Consumer]:
    consumer = Consumer(
        {
            "bootstrap.servers": server,
            "group.id": group,
            "group.protocol": "consumer",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "topic.metadata.refresh.interval.ms": 1_000,
            **{key.replace("_", "."): value for key, value in settings.items()},
        }
    )
    consumer.subscribe([topic])
    try:
        yield consumer
    finally:
        consumer.close()


def poll_until(condition: Callable[[], bool], *consumers: Consumer) -> None:
    """Poll all in turn until the condition holds; there is nothing to read meanwhile."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        for consumer in consumers:
            message = consumer.poll(0.1)
            assert message is None, message.error() or message.value()


def consume(count: int, *consumers: Consumer) -> list[str]:
    """The values of as many records, from all of them in turn."""
    values: list[str] = []
    deadline = time.monotonic() + WAIT_SECONDS
    while len(values) < count and time.monotonic() < deadline:
        for consumer in consumers:
            values += [(message.value() or b"").decode() for message in consumer.consume(count, 0.2)]
    return values


def partitions(consumer: Consumer) -> list[int]:
    return sorted(partition.partition for partition in consumer.assignment())


def test_a_second_member_takes_its_share_and_goes_on_where_the_first_was(server: str, topic: str, group: str) -> None:
    admin = create(server, topic)
    produce(server, topic, 40)
    with member(server, group, topic) as first:
        read = consume(40, first)
        assert sorted(read, key=int) == [str(number) for number in range(40)]
        first.commit(asynchronous=False)
        with member(server, group, topic) as second:
            poll_until(lambda: len(partitions(first)) == len(partitions(second)) == PARTITIONS // 2, first, second)
            assert sorted(partitions(first) + partitions(second)) == list(range(PARTITIONS))
            described = admin.describe_consumer_groups([group])[group].result(WAIT_SECONDS)
            assert (described.state, described.type) == (ConsumerGroupState.STABLE, ConsumerGroupType.CONSUMER)
            assert sorted(len(one.assignment.topic_partitions) for one in described.members) == [2, 2]
            produce(server, topic, 8)
            again = consume(8, first, second)
            assert sorted(again, key=int) == [str(number) for number in range(8)]
            first.commit(asynchronous=False)
            second.commit(asynchronous=False)
        poll_until(lambda: len(partitions(first)) == PARTITIONS, first)


def test_a_static_member_comes_back_to_its_partitions(server: str, topic: str, group: str) -> None:
    create(server, topic)
    with member(server, group, topic, group_instance_id="one") as first:
        with member(server, group, topic, group_instance_id="two") as second:
            poll_until(lambda: len(partitions(first)) == len(partitions(second)) == PARTITIONS // 2, first, second)
            had, others = partitions(second), partitions(first)
        with member(server, group, topic, group_instance_id="two") as back:
            poll_until(lambda: bool(partitions(back)), first, back)
            assert partitions(back) == had
            assert partitions(first) == others


def test_a_pattern_finds_a_topic_that_is_created_later(server: str, topic: str, group: str) -> None:
    create(server, topic)
    with member(server, group, f"^{topic}.*") as consumer:
        poll_until(lambda: len(consumer.assignment()) == PARTITIONS, consumer)
        create(server, f"{topic}-later")
        poll_until(lambda: len(consumer.assignment()) == 2 * PARTITIONS, consumer)
        assert {partition.topic for partition in consumer.assignment()} == {topic, f"{topic}-later"}
