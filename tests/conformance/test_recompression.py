"""Topics with a codec of their own, fed by real clients in other codecs.

Apache Kafka's DumpLogSegments says in which codec each batch stands in the files, and that its CRC and its records are
sound; both clients read back what they sent, in its order. Idempotent producers with several requests on their way, and
batches large enough to be compressed in a thread, would end with an error if one request overtook another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from conformance.broker import RunningBroker, started_broker
from conformance.command_line import JavaTools, succeed
from conformance.test_dump_log import COMPLAINTS, dump

pytestmark = [pytest.mark.jvm, pytest.mark.timeout(300)]

STORED_IN: Final = {"uncompressed": "none", "gzip": "gzip", "snappy": "snappy", "lz4": "lz4", "zstd": "zstd"}
SENT_IN: Final = ("none", "gzip", "snappy", "lz4", "zstd")
RECORDS_OF_A_PRODUCER: Final = 400
WAIT_SECONDS: Final = 45.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """A broker of its own, whose files are read while it runs."""
    with started_broker(tmp_path_factory.mktemp("recompression")) as running:
        yield running


def create(broker: RunningBroker, topic: str, codec: str) -> None:
    new = NewTopic(topic, 1, 1, config={"compression.type": codec, "compression.zstd.level": "7"})
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for made in admin.create_topics([new]).values():
        made.result(WAIT_SECONDS)


def text(codec: str, number: int) -> bytes:
    """Something that can be compressed, 3 to 6 kB."""
    return f"{codec} {number} ".encode() * (300 + number % 300)


def feed(broker: RunningBroker, topic: str, codec: str) -> None:
    """Batches of up to a megabyte, five requests on their way at any time."""
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            failures.append(error)

    producer = Producer(
        {
            "bootstrap.servers": broker.bootstrap,
            "compression.type": codec,
            "enable.idempotence": True,
            "batch.size": 1_000_000,
            "message.max.bytes": 1_000_000,
            "linger.ms": 5,
        }
    )
    for number in range(RECORDS_OF_A_PRODUCER):
        producer.produce(topic, text(codec, number), key=codec, partition=0, on_delivery=delivered)
        producer.poll(0)
    assert producer.flush(WAIT_SECONDS) == 0
    assert failures == []


def read_back(broker: RunningBroker, topic: str, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values: list[bytes] = []
    try:
        while len(values) < count:
            messages = consumer.consume(min(500, count - len(values)), WAIT_SECONDS)
            assert messages, f"{len(values)} of {count} records came"
            for message in messages:
                assert message.error() is None
                values.append(message.value() or b"")
    finally:
        consumer.close()
    return values


def codecs_in_the_files(broker: RunningBroker, topic: str) -> Counter[str]:
    assert broker.data is not None
    files = sorted((Path(broker.data) / f"{topic}-0").glob("*.log"))
    output = dump(*files)
    assert [line for line in output.splitlines() if line.startswith("baseOffset") and COMPLAINTS.search(line)] == []
    return Counter(re.findall(r"^baseOffset: .*? compresscodec: (\w+) .*isvalid: true", output, re.MULTILINE))


@pytest.mark.parametrize("codec", STORED_IN)
def test_what_librdkafka_sends_is_stored_in_the_topics_codec(broker: RunningBroker, codec: str) -> None:
    topic = f"in-{codec}"
    create(broker, topic, codec)
    for sent_in in SENT_IN:
        feed(broker, topic, sent_in)
    expected = [text(sent_in, number) for sent_in in SENT_IN for number in range(RECORDS_OF_A_PRODUCER)]
    assert read_back(broker, topic, len(expected)) == expected
    assert codecs_in_the_files(broker, topic).keys() == {STORED_IN[codec]}


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_javas_clients_write_and_read_such_a_topic(broker: RunningBroker, codec: str) -> None:
    topic = f"java-{codec}"
    create(broker, topic, codec)
    java = JavaTools("4.1.1")
    values = [f"line {number} " * 50 for number in range(2000)]
    succeed(
        java.command("kafka-console-producer"),
        *("--bootstrap-server", broker.bootstrap, "--topic", topic, "--compression-codec", "gzip"),
        *("--batch-size", "500000", "--timeout", "50"),
        stdin="\n".join(values) + "\n",
    )
    read = succeed(
        java.command("kafka-console-consumer"),
        *("--bootstrap-server", broker.bootstrap, "--topic", topic, "--from-beginning"),
        *("--max-messages", str(len(values))),
    )
    assert read.lines() == values
    assert codecs_in_the_files(broker, topic).keys() == {STORED_IN[codec]}
