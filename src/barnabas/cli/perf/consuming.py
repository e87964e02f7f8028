"""Records from a topic, as many as are wanted and as fast as they come, counted and forgotten.

A record costs the client library's message and three calls in C: whole batches are asked for their errors, sizes and
keys, and no line of Python runs for a single record.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from barnabas.cli.connection import check_bootstrap_server, reach
from barnabas.cli.console_consumer.consuming import can_be_waited_out
from barnabas.cli.failures import InvalidUsage, ToolFailure, message_of
from barnabas.cli.perf.client_failures import told_in_one_line
from barnabas.cli.perf.client_metrics import measured_consumer_for, print_metrics
from barnabas.cli.perf.consumer_command import DEFAULT_MAX_POLL_RECORDS
from barnabas.cli.perf.consumption import ConsumerReport, JsonReport, Stretch, TextReport
from barnabas.cli.perf.interruption import Interruption, interruptible
from barnabas.cli.topic_filter import INTERNAL_TOPICS

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError

    from barnabas.cli.perf.consumer_command import ConsumerPerfOptions

POLL_SECONDS: Final = 0.1


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def run(options: ConsumerPerfOptions) -> int:
    servers = check_bootstrap_server(options.servers)
    properties = options.consumer_properties()
    at_once = _max_poll_records(properties)
    report = JsonReport() if options.json else TextReport(options.make_date_format())
    consumer, watch, metrics = measured_consumer_for(servers, properties, measured=options.print_metrics)
    measured = {}
    with interruptible() as interruption, told_in_one_line("consumer"):
        try:
            found = reach(consumer, servers, watch)
            if not options.hide_header:
                report.header(detailed=options.show_detailed_stats)
            reading = Reading(consumer, options, report, at_once)
            reading.run(_topics(options, found.topics), interruption)
            if options.print_metrics:
                measured = metrics.latest(consumer)
        finally:
            consumer.close()
        reading.print_result(interrupted=bool(interruption))
    if options.print_metrics:
        print_metrics(measured, as_json=options.json)
    return interruption.exit_code


def _max_poll_records(properties: dict[str, str]) -> int:
    """librdkafka hands over as many records as are asked for, so this property is kept here."""
    given = properties.get("max.poll.records", str(DEFAULT_MAX_POLL_RECORDS))
    if not given.isdecimal() or not int(given):
        raise InvalidUsage(f"max.poll.records={given}: a whole number of at least 1 was expected")
    return min(int(given), 1_000_000)


def _topics(options: ConsumerPerfOptions, known: Iterable[str]) -> list[str]:
    """The topics to read. A pattern is Java's, which is nearer to Python's than to the client library's."""
    if options.include is None:
        return [options.topic or ""]
    pattern = re.compile(options.include)
    return sorted(name for name in known if name not in INTERNAL_TOPICS and pattern.fullmatch(name))


class Reading:
    """One run."""

    def __init__(self, consumer: Consumer, options: ConsumerPerfOptions, report: ConsumerReport, at_once: int) -> None:
        self._consumer = consumer
        self._options = options
        self._report = report
        self._at_once = at_once
        self._records = 0
        self._bytes = 0
        self._start_ms = self._join_start_ms = self._end_ms = now_ms()
        self._rebalance_ms = 0
        # The same figures as they were when the last line was due.
        self._last_ms = self._start_ms
        self._last_records = self._last_bytes = self._last_rebalance_ms = 0

    def _assigned(self, _consumer: Any, _partitions: Any) -> None:
        self._rebalance_ms += now_ms() - self._join_start_ms

    def _revoked(self, _consumer: Any, _partitions: Any) -> None:
        self._join_start_ms = now_ms()

    def run(self, topics: list[str], interruption: Interruption) -> None:
        """Until all records have come, none has come for too long, or somebody says stop."""
        wanted, timeout_ms = self._options.wanted_records, self._options.timeout_ms
        if topics:
            self._consumer.subscribe(topics, on_assign=self._assigned, on_revoke=self._revoked)
        now = last_consumed_ms = self._last_ms = now_ms()
        while self._records < wanted and now - last_consumed_ms <= timeout_ms and not interruption:
            first = self._consumer.poll(POLL_SECONDS)
            now = now_ms()
            if first is None:
                continue
            # Asked for more than there is, `consume` would wait for it, so it may not wait at all.
            messages = [first, *self._consumer.consume(self._at_once - 1, timeout=0)] if self._at_once > 1 else [first]
            if self._count(messages):
                last_consumed_ms = now
                if now - self._last_ms >= self._options.reporting_interval_ms:
                    self._close_window(now)
        self._end_ms = now_ms()
        if self._records < wanted and not interruption:
            self._report.gave_up(timeout_ms)

    def _count(self, messages: list[Any]) -> bool:
        """Count the records among these; an error that will not pass ends the run."""
        from confluent_kafka import Message

        errors = [error for error in map(Message.error, messages) if error is not None]
        if errors:
            messages = [message for message in messages if message.error() is None]
            for error in errors:
                self._refuse(error)
        self._records += len(messages)
        self._bytes += sum(map(len, messages))
        self._bytes += sum(map(len, filter(None, map(Message.key, messages))))
        return bool(messages)

    def _refuse(self, error: KafkaError) -> None:
        if not can_be_waited_out(error):
            raise ToolFailure(f"The consumer failed: {message_of(error)}")

    def _close_window(self, now: int) -> None:
        if self._options.show_detailed_stats or self._options.json:
            self._report.window(
                Stretch(
                    self._last_ms,
                    now,
                    self._records - self._last_records,
                    self._bytes - self._last_bytes,
                    self._rebalance_ms - self._last_rebalance_ms,
                    self._records,
                    self._bytes,
                )
            )
        self._last_ms, self._last_records, self._last_bytes = now, self._records, self._bytes
        self._last_rebalance_ms = self._rebalance_ms

    def print_result(self, *, interrupted: bool) -> None:
        """The one line of a run without details; with details, the window that was cut short."""
        if self._options.show_detailed_stats and not self._options.json:
            if interrupted and self._records > self._last_records:
                self._close_window(self._end_ms)
            return
        self._report.result(
            Stretch(
                self._start_ms,
                self._end_ms,
                self._records,
                self._bytes,
                self._rebalance_ms,
                self._records,
                self._bytes,
            )
        )
