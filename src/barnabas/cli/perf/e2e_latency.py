"""One record at a time from a producer to a consumer and the time it took.

The clock runs from the call that sends a record until the record is acknowledged and consumed. Kafka's tool asks the
broker for it once it is acknowledged; the client library asks in the background all the time, so that what is measured
includes how soon the broker wakes a consumer that waits.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from barnabas.cli.connection import check_bootstrap_server, client_settings, consumer_for, producer_for, reach
from barnabas.cli.console_consumer.consuming import can_be_waited_out
from barnabas.cli.failures import ToolFailure, kafka_error, message_of
from barnabas.cli.output import print_json_line
from barnabas.cli.perf.client_failures import told_in_one_line
from barnabas.cli.perf.e2e_latency_command import NULL_HEADER, EndToEndLatencyOptions
from barnabas.cli.perf.interruption import Interruption, interruptible
from barnabas.cli.perf.java_numbers import fixed
from barnabas.cli.perf.latencies import percentiles

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message, Producer

POLL_TIMEOUT_MS: Final = 60_000
POLL_SECONDS: Final = 0.1
RECORDS_PER_LINE: Final = 1000
PERCENTILES: Final = (0.5, 0.99, 0.999)
NANOSECONDS_PER_MS: Final = 1_000_000
# Nothing may wait for company on its way.
PRODUCER: Final = {"linger.ms": "0", "socket.nagle.disable": "true", "partitioner": "murmur2_random"}
CONSUMER: Final = {
    "auto.offset.reset": "latest",
    "enable.auto.commit": "false",
    "fetch.min.bytes": "1",
    "socket.nagle.disable": "true",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A record to send."""

    value: bytes
    key: bytes | None
    headers: list[tuple[str, bytes | None]]


def make_sample(dice: random.Random, options: EndToEndLatencyOptions) -> Sample:
    """A record of one letter; key and headers have letters of their own."""

    def letters(length: int) -> bytes:
        return bytes([dice.randrange(26) + 65]) * length

    def header() -> tuple[str, bytes | None]:
        name = letters(options.header_key_bytes).decode()
        size = options.header_value_bytes
        return name, None if size == NULL_HEADER else letters(size)

    return Sample(
        letters(options.value_bytes),
        letters(options.key_bytes) if options.key_bytes else None,
        [header() for _ in range(options.headers)],
    )


def check(sent: Sample, messages: list[Message]) -> None:
    """What came must be what was sent, and nothing more."""
    read = messages[0]
    value, key, headers = read.value() or b"", read.key(), read.headers() or []
    if value != sent.value:
        raise ToolFailure(
            f"The message value read [{_shown(value)}] did not match the message value sent [{_shown(sent.value)}]"
        )
    if sent.key is None and key is not None:
        raise ToolFailure(f"Expected null message key but received [{_shown(key)}]")
    if sent.key is not None and key is None:
        raise ToolFailure("Expected message key but received null")
    if key != sent.key:
        raise ToolFailure(
            f"The message key read [{_shown(key)}] did not match the message key sent [{_shown(sent.key)}]"
        )
    if sent.headers and not headers:
        raise ToolFailure("Expected message headers but received none")
    for (name_read, value_read), (name, value_sent) in zip(headers, sent.headers, strict=False):
        if (name_read, value_read) != (name, value_sent):
            raise ToolFailure(
                f"The message header read [{_shown(name_read)}:{_shown(value_read)}] did not match the message header "
                f"sent [{_shown(name)}:{_shown(value_sent)}]"
            )
    if len(headers) != len(sent.headers):
        raise ToolFailure("Header count mismatch between sent and received messages")
    if len(messages) != 1:
        raise ToolFailure(f"Only one result was expected during this test. We found [{len(messages)}]")


def _shown(data: bytes | str | None) -> str:
    if data is None:
        return "null"
    return data if isinstance(data, str) else data.decode("utf-8", "replace")


@dataclass(slots=True)
class Latencies:
    """The times so far and the lines about them."""

    as_json: bool
    total_ns: int = 0
    each_ms: list[int] = field(default_factory=list)

    def add(self, elapsed_ns: int) -> None:
        number = len(self.each_ms)
        self.total_ns += elapsed_ns
        self.each_ms.append(elapsed_ns // NANOSECONDS_PER_MS)
        if number % RECORDS_PER_LINE == 0:
            elapsed_ms = elapsed_ns / 1000 / 1000
            if self.as_json:
                print_json_line({"kind": "window", "record": number, "latency_ms": elapsed_ms})
            else:
                print(f"{number}\t{elapsed_ms}")
            sys.stdout.flush()

    def print_result(self) -> None:
        count = len(self.each_ms)
        average_ms = self.total_ns / count / NANOSECONDS_PER_MS if count else None
        p50, p99, p999 = percentiles(self.each_ms, PERCENTILES)
        if self.as_json:
            latency_ms = {"p50": p50, "p99": p99, "p99.9": p999}
            print_json_line(
                {"kind": "result", "records": count, "average_latency_ms": average_ms, "latency_ms": latency_ms}
            )
        else:
            print(f"Avg latency: {'NaN' if average_ms is None else fixed(average_ms, 4)} ms")
            print(f"Percentiles: 50th = {p50}, 99th = {p99}, 99.9th = {p999}")
        sys.stdout.flush()


def run(options: EndToEndLatencyOptions) -> int:
    servers = check_bootstrap_server(options.bootstrap_server)
    properties, topic = options.client_properties(), options.topic or ""
    group = {"group.id": f"test-group-{time.time_ns() // NANOSECONDS_PER_MS}"}
    consumer, watch = consumer_for(servers, {**properties, **CONSUMER, **group}, client_id="e2e-latency-consumer")
    producer, _ = producer_for(
        servers, {**properties, **PRODUCER, "acks": options.producer_acks or ""}, client_id="e2e-latency-producer"
    )
    latencies = Latencies(options.json)
    with interruptible() as interruption, told_in_one_line("client"):
        try:
            if topic not in reach(consumer, servers, watch).topics:
                create_topic(servers, properties, topic, quiet=options.json)
            stand_at_end(consumer, topic)
            reach(producer, servers, watch, topic=topic)
            dice = random.Random(0)  # noqa: S311
            while len(latencies.each_ms) < options.records and not interruption:
                sample = make_sample(dice, options)
                start_ns = time.perf_counter_ns()
                send(producer, topic, sample, interruption)
                messages = receive(consumer, interruption)
                elapsed_ns = time.perf_counter_ns() - start_ns
                if interruption:
                    break
                check(sample, messages)
                latencies.add(elapsed_ns)
        finally:
            consumer.close()
    latencies.print_result()
    return interruption.exit_code


def send(producer: Producer, topic: str, sample: Sample, interruption: Interruption) -> None:
    """Until the record is acknowledged."""
    answers: list[Any] = []
    producer.produce(
        topic,
        sample.value,
        sample.key,
        on_delivery=lambda error, _message: answers.append(error),
        headers=[*sample.headers] or None,
    )
    while not answers and not interruption:
        producer.poll(POLL_SECONDS)
    if answers and answers[0] is not None:
        raise ToolFailure(f"Error when sending message to topic {topic}: {message_of(answers[0])}")


def receive(consumer: Consumer, interruption: Interruption) -> list[Message]:
    """The next record, and any that came with it though none should."""
    deadline = time.monotonic() + POLL_TIMEOUT_MS / 1000
    while not interruption:
        message = consumer.poll(POLL_SECONDS)
        if message is not None:
            error = message.error()
            if error is None:
                return [message, *consumer.consume(RECORDS_PER_LINE, timeout=0)]
            if not can_be_waited_out(error):
                raise ToolFailure(f"The consumer failed: {message_of(error)}")
        if time.monotonic() > deadline:
            raise ToolFailure(f"poll() timed out before finding a result (timeout:[{POLL_TIMEOUT_MS}ms])")
    return []


def create_topic(servers: str, properties: dict[str, str], topic: str, *, quiet: bool) -> None:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient, NewTopic

    notices = sys.stderr if quiet else sys.stdout
    print(
        f'Topic "{topic}" does not exist. Will create topic with 1 partition(s) and replication factor = 1',
        file=notices,
        flush=True,
    )
    admin = AdminClient({**client_settings(servers, properties, "e2e-latency-admin")})
    try:
        admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
    except KafkaException as exception:
        print(f"Creation of topic {topic} failed", file=notices, flush=True)
        raise ToolFailure(message_of(kafka_error(exception))) from None


def stand_at_end(consumer: Consumer, topic: str) -> None:
    """Take every partition of the topic, outside any group, from what comes next."""
    from confluent_kafka import TopicPartition

    deadline = time.monotonic() + POLL_TIMEOUT_MS / 1000
    partitions: list[int] = []
    while not partitions:
        # A topic that was just made may take a moment to be known.
        found = consumer.list_topics(topic, timeout=POLL_TIMEOUT_MS / 1000).topics[topic]
        partitions = sorted(found.partitions)
        if not partitions and time.monotonic() > deadline:
            raise ToolFailure(f"--topic {topic}: no partition of it was found")
    ends = {number: consumer.get_watermark_offsets(TopicPartition(topic, number))[1] for number in partitions}
    consumer.assign([TopicPartition(topic, number, end) for number, end in ends.items()])
