"""Lines from standard input to a topic, until the input ends or Ctrl-C; nothing that was typed is dropped silently."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TextIO

from barnabas.cli.connection import check_bootstrap_server, producer_for, reach
from barnabas.cli.console_producer.line_reader import LineReader, LineRecord
from barnabas.cli.failures import ToolFailure, message_of

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Producer

    from barnabas.cli.console_producer.command import ConsoleProducerOptions

POLL_SECONDS: Final = 0.1


class Delivery:
    """Counts the records that were not written, and says why on standard error."""

    def __init__(self) -> None:
        self.failed = 0
        self.last_reason = ""

    def __call__(self, error: KafkaError | None, message: Any) -> None:
        if error is None:
            return
        self.failed += 1
        self.last_reason = f"Error when sending message to topic {message.topic()}: {message_of(error)}"
        print(self.last_reason, file=sys.stderr, flush=True)


def standard_input() -> TextIO:
    """Lines however they end; bytes that are no UTF-8 survive in disguise."""
    return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="surrogateescape", newline=None)


def is_interactive() -> bool:
    """Kafka's tool prompts when a person sits at both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def typed_lines(source: TextIO, *, prompt: bool) -> Iterator[str]:
    while True:
        if prompt:
            print(">", end="", flush=True)
        line = source.readline()
        if not line:
            return
        yield line.removesuffix("\n")


def run(options: ConsoleProducerOptions) -> int:
    servers = check_bootstrap_server(options.bootstrap_server)
    reader = LineReader.configure(options.reader_properties())
    topic = options.topic or ""
    delivery = Delivery()
    producer, watch = producer_for(servers, options.producer_properties(), client_id="console-producer")
    found = reach(producer, servers, watch, topic=topic, timeout_seconds=options.reach_timeout_seconds)
    refuse_unusable(found, topic)
    prompt = is_interactive()
    try:
        for record in reader.records(typed_lines(standard_input(), prompt=prompt)):
            send(producer, topic, record, delivery)
            if options.sync:
                producer.flush()
                if delivery.failed:
                    return 1
    finally:
        producer.flush()
    return 1 if delivery.failed else 0


def refuse_unusable(found: Any, topic: str) -> None:
    """A name that no topic can have will not get better by waiting."""
    from confluent_kafka import KafkaError

    error = found.topics[topic].error if topic in found.topics else None
    if error is not None and error.code() in {KafkaError.TOPIC_EXCEPTION, KafkaError.TOPIC_AUTHORIZATION_FAILED}:
        raise ToolFailure(f"--topic {topic}: {message_of(error)}")


def send(producer: Producer, topic: str, record: LineRecord, delivery: Delivery) -> None:
    """Hand a record over, waiting while the client's memory is full."""
    from confluent_kafka import KafkaException

    while True:
        try:
            producer.produce(
                topic, value=record.value, key=record.key, headers=[*record.headers] or None, on_delivery=delivery
            )
        except BufferError:
            producer.poll(POLL_SECONDS)
        except KafkaException as exception:
            raise ToolFailure(f"Error when sending message to topic {topic}: {message_of(exception.args[0])}") from None
        else:
            producer.poll(0)
            return
