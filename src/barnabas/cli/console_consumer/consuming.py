"""Records from a topic to standard output, until enough have come, none come any more, or somebody says stop.

However it ends, the count goes to standard error, and offsets are committed for the records that were printed and no
others.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from barnabas.cli.connection import check_bootstrap_server, consumer_for, reach
from barnabas.cli.console_consumer.deserializers import UnreadableBytes
from barnabas.cli.console_consumer.formatter import ConsumedRecord
from barnabas.cli.failures import InvalidUsage, ToolFailure, message_of
from barnabas.cli.topic_filter import INTERNAL_TOPICS

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError

    from barnabas.cli.console_consumer.command import ConsoleConsumerOptions

POLL_SECONDS: Final = 0.1
DRAINED_AT_ONCE: Final = 500


class Formatter(Protocol):
    def format(self, record: ConsumedRecord) -> bytes: ...


class Stopped(Exception):
    """A signal asked the tool to end."""

    def __init__(self, signal_number: int) -> None:
        super().__init__()
        self.signal_number = signal_number


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Within, Ctrl-C and termination raise Stopped; the client can then leave its group in good order."""

    def stop(number: int, _frame: Any) -> None:
        raise Stopped(number)

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def record_of(message: Any) -> ConsumedRecord:
    timestamp_type, timestamp_ms = message.timestamp()
    return ConsumedRecord(
        message.topic(),
        message.partition(),
        message.offset(),
        timestamp_type,
        timestamp_ms,
        message.key(),
        message.value(),
        message.headers() or [],
    )


def run(options: ConsoleConsumerOptions) -> int:
    servers = check_bootstrap_server(options.bootstrap_server)
    formatter, properties = options.make_formatter(), options.consumer_properties()
    start = options.start()
    consumer, watch = consumer_for(
        servers,
        properties | {"topic.blacklist": ",".join(f"^{name}$" for name in sorted(INTERNAL_TOPICS))}
        if options.topic_pattern is not None
        else properties,
        client_id="console-consumer",
    )
    printed = Printer(options, formatter)
    code = 0
    try:
        with stopped_by_signals():
            found = reach(consumer, servers, watch, topic=options.topic)
            begin(consumer, options, start, found)
            printed.print_all(consumer)
    except Stopped as stopped:
        code = 128 + stopped.signal_number
    except BrokenPipeError:
        print("Unable to write to standard out, closing consumer.", file=sys.stderr)
        sys.stdout = None
    except UnreadableBytes as error:
        raise ToolFailure(f"a record could not be printed: {error}") from None
    finally:
        consumer.close()
        if printed.reading:
            print(f"Processed a total of {printed.count} messages", file=sys.stderr, flush=True)
    if options.enable_systest_events:
        print("shutdown_complete", flush=True)
    return code


def begin(consumer: Consumer, options: ConsoleConsumerOptions, start: int | str, found: Any) -> None:
    """Join the group for the topics, or take one partition outside any group."""
    from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, KafkaError, TopicPartition

    if options.topic_pattern is not None:
        consumer.subscribe([f"^({options.topic_pattern})$"])
        return
    topic = options.topic or ""
    error = found.topics[topic].error if topic in found.topics else None
    if error is not None and error.code() in {KafkaError.TOPIC_EXCEPTION, KafkaError.TOPIC_AUTHORIZATION_FAILED}:
        raise InvalidUsage(f"--topic {topic}: {message_of(error)}")
    if options.partition is None:
        consumer.subscribe([topic])
        return
    offset = {"earliest": OFFSET_BEGINNING, "latest": OFFSET_END}[start] if isinstance(start, str) else start
    consumer.assign([TopicPartition(topic, options.partition, offset)])


class Printer:
    """Prints and counts."""

    def __init__(self, options: ConsoleConsumerOptions, formatter: Formatter) -> None:
        self._options = options
        self._formatter = formatter
        self.count = 0
        self.reading = False

    def _wanted(self) -> int:
        most = self._options.max_messages
        return DRAINED_AT_ONCE if most is None or most == -1 else min(DRAINED_AT_ONCE, most - self.count)

    def print_all(self, consumer: Consumer) -> None:
        """Until --max-messages are printed or --timeout-ms have passed without one."""
        timeout_ms = self._options.timeout_ms
        patience = timeout_ms / 1000 if timeout_ms is not None and timeout_ms >= 0 else float("inf")
        self.reading = True
        last_record = time.monotonic()
        while self._wanted() > 0:
            first = consumer.poll(POLL_SECONDS)
            if first is None:
                if time.monotonic() - last_record > patience:
                    return
                continue
            # Never more than will be printed: what the library hands over counts as consumed in the group's offsets.
            more = self._wanted() - 1
            messages = [first, *(consumer.consume(more, timeout=0) if more else [])]
            if self._print([message for message in messages if self._is_record(message)]):
                last_record = time.monotonic()

    def _is_record(self, message: Any) -> bool:
        error: KafkaError | None = message.error()
        if error is None:
            return True
        if not can_be_waited_out(error):
            raise ToolFailure(f"Error processing message, terminating consumer process: {message_of(error)}")
        return False

    def _print(self, messages: list[Any]) -> bool:
        for message in messages:
            self.count += 1
            try:
                line = self._formatter.format(record_of(message))
            except UnreadableBytes as error:
                if not self._options.skip_message_on_error:
                    raise
                print(f"Error processing message, skipping this message: {error}", file=sys.stderr)
                continue
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        return bool(messages)


def can_be_waited_out(error: KafkaError) -> bool:
    """A topic may still be created, an offset reset, a leader elected."""
    from confluent_kafka import KafkaError

    return bool(
        error.retriable()
        or error.code()
        in {
            KafkaError.UNKNOWN_TOPIC_OR_PART,
            KafkaError.LEADER_NOT_AVAILABLE,
            KafkaError.OFFSET_OUT_OF_RANGE,
            KafkaError._PARTITION_EOF,
            KafkaError._UNKNOWN_PARTITION,
            KafkaError._UNKNOWN_TOPIC,
            KafkaError._TRANSPORT,
            KafkaError._ALL_BROKERS_DOWN,
            KafkaError._TIMED_OUT,
            KafkaError._AUTO_OFFSET_RESET,
        }
    )
