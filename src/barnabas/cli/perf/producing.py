"""Records to a topic as fast as they go, or as fast as they may, and how long each took.

Between two looks at the clock the loop does nothing but hand over records, so the cost of a record is that of the
client library's `produce` and of one small callback.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from barnabas.cli.connection import check_bootstrap_server, reach
from barnabas.cli.console_producer.sending import refuse_unusable
from barnabas.cli.failures import InvalidUsage, ToolFailure, kafka_error
from barnabas.cli.perf.client_failures import told_in_one_line
from barnabas.cli.perf.client_metrics import measured_producer_for, print_metrics
from barnabas.cli.perf.deliveries import Callback, Deliveries, Failures, Stage
from barnabas.cli.perf.interruption import Interruption, interruptible
from barnabas.cli.perf.latencies import LatencyStatistics
from barnabas.cli.perf.producer_command import with_defaults
from barnabas.cli.perf.producer_report import JsonReport, ProducerReport, TextReport
from barnabas.cli.perf.throttle import ThroughputThrottler, records_per_look

if TYPE_CHECKING:
    from confluent_kafka import Producer

    from barnabas.cli.perf.producer_command import ProducerPerfOptions

MOST_RECORDS_PER_LOOK: Final = 100
POLL_SECONDS: Final = 0.1
TRANSACTION_TIMEOUT_SECONDS: Final = 60.0
TRANSACTION_STEP_SECONDS: Final = 1.0
# How long an interrupted run waits for what it has sent.
LAST_WAIT_SECONDS: Final = 5.0


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def run(options: ProducerPerfOptions) -> int:
    properties = options.producer_properties()
    transactional = "transactional.id" in properties
    settings = with_defaults(properties)
    if "bootstrap.servers" not in properties:
        raise InvalidUsage('Missing required configuration "bootstrap.servers" which has no default value.')
    servers = check_bootstrap_server(properties["bootstrap.servers"])
    payloads = options.payloads()
    idempotent = settings["enable.idempotence"].lower() == "true"
    producer, watch, metrics = measured_producer_for(servers, settings, measured=options.print_metrics or idempotent)
    refuse_unusable(reach(producer, servers, watch, topic=options.topic), options.topic)
    if idempotent and not transactional:
        metrics.wait_for_producer_id(producer)
    report = JsonReport() if options.json else TextReport()
    with interruptible() as interruption:
        sending = Sending(producer, options, payloads, report, interruption)
        with told_in_one_line("producer"):
            sending.run(transactional=transactional)
        sending.print_results()
        if options.print_metrics:
            print_metrics(metrics.latest(producer), as_json=options.json)
    return interruption.exit_code or int(sending.failures.count > 0)


class Sending:
    """One run."""

    def __init__(
        self,
        producer: Producer,
        options: ProducerPerfOptions,
        payloads: Iterator[bytes],
        report: ProducerReport,
        interruption: Interruption,
    ) -> None:
        self._producer = producer
        self._options = options
        self._payloads = payloads
        self._report = report
        self._interruption = interruption
        self.failures = Failures(options.topic)
        if options.warmup:
            report.warming_up(options.warmup)
        self._whole = self._stage(options.num_records, is_steady=False)
        self._steady: Stage | None = None
        self._early = Deliveries(self.failures)
        self._late = Deliveries(self.failures)
        self._transaction_start_ms: int | None = None

    def _stage(self, records: int, *, is_steady: bool) -> Stage:
        statistics = LatencyStatistics(records, self._options.reporting_interval_ms, now_ms())
        return Stage(statistics, self._report, is_steady=is_steady)

    def run(self, *, transactional: bool) -> None:
        """Send everything, and wait until all of it has an answer."""
        if transactional:
            self._patiently(self._producer.init_transactions, "InitProducerId")
        throughput, warmup = self._options.throughput, self._options.warmup
        throttler = ThroughputThrottler(throughput, now_ms())
        at_once = records_per_look(throughput, MOST_RECORDS_PER_LOOK)
        callback, sent = self._early.callback, 0
        while sent < self._options.num_records and not self._interruption:
            if transactional and self._transaction_start_ms is None:
                self._producer.begin_transaction()
                self._transaction_start_ms = now_ms()
            if warmup and sent == warmup:
                callback = self._late.callback
                self._whole.is_quiet = True
                self._steady = self._stage(self._options.num_records - warmup, is_steady=True)
            end = warmup if sent < warmup else self._options.num_records
            count = min(at_once, end - sent)
            self._send(itertools.islice(self._payloads, count), callback)
            self._producer.poll(0)
            now = now_ms()
            self._count(now)
            self._commit_if_due(now)
            self._pause(throttler.pause_seconds(sent, count, now))
            sent += count
        self._finish()

    def _send(self, payloads: Iterator[bytes], callback: Callback) -> None:
        """The hot loop. Arguments are given by position: by name they cost a third more."""
        topic, produce = self._options.topic, self._producer.produce
        for payload in payloads:
            try:
                produce(topic, payload, None, -1, callback)
            except BufferError:
                self._send_when_there_is_room(payload, callback)
            except Exception as exception:
                self._refused(exception)

    def _send_when_there_is_room(self, payload: bytes, callback: Callback) -> None:
        while not self._interruption:
            self._producer.poll(POLL_SECONDS)
            self._count(now_ms())
            try:
                self._producer.produce(self._options.topic, payload, None, -1, callback)
            except BufferError:
                continue
            except Exception as exception:
                self._refused(exception)
            return

    def _refused(self, exception: Exception) -> None:
        """A record the client library does not take, such as one that is too large, counts as one that failed."""
        from confluent_kafka import KafkaException

        if not isinstance(exception, KafkaException) or kafka_error(exception).fatal():
            raise exception
        self.failures.add(kafka_error(exception))

    def _count(self, now: int) -> None:
        """Take what has been delivered into the statistics."""
        latencies_ms, payload_bytes = self._early.take()
        self._whole.record(latencies_ms, payload_bytes, now)
        if self._steady is not None:
            latencies_ms, payload_bytes = self._late.take()
            self._whole.record(latencies_ms, payload_bytes, now)
            self._steady.record(latencies_ms, payload_bytes, now)

    def _patiently(self, call: Callable[[float], None], awaited: str) -> None:
        """A call that may have to be made again, in steps short enough for Ctrl-C."""
        from confluent_kafka import KafkaException

        deadline = time.monotonic() + TRANSACTION_TIMEOUT_SECONDS
        while True:
            try:
                return call(TRANSACTION_STEP_SECONDS)
            except KafkaException as exception:
                if not kafka_error(exception).retriable():
                    raise
                if self._interruption or time.monotonic() > deadline:
                    waited_ms = int(TRANSACTION_TIMEOUT_SECONDS * 1000)
                    raise ToolFailure(f"Timeout expired after {waited_ms}ms while awaiting {awaited}") from None

    def _commit_if_due(self, now: int) -> None:
        start_ms = self._transaction_start_ms
        if start_ms is not None and now - start_ms >= self._options.transaction_ms:
            self._commit()

    def _commit(self) -> None:
        self._patiently(self._producer.commit_transaction, "EndTxn(true)")
        self._transaction_start_ms = None
        self._count(now_ms())

    def _pause(self, seconds: float) -> None:
        """Wait, and hear meanwhile of what is delivered: its latency ends when it is heard of."""
        if not seconds:
            return
        deadline = time.monotonic() + seconds
        while not self._interruption and (remaining := deadline - time.monotonic()) > 0:
            if remaining >= 0.001:
                self._producer.poll(min(remaining, POLL_SECONDS))
            else:
                # The library waits whole milliseconds.
                time.sleep(remaining)
                self._producer.poll(0)
        self._count(now_ms())

    def _finish(self) -> None:
        if self._transaction_start_ms is not None:
            self._commit()
        deadline = time.monotonic() + LAST_WAIT_SECONDS
        while self._producer.flush(POLL_SECONDS):
            self._count(now_ms())
            if self._interruption and time.monotonic() > deadline:
                self._producer.purge()
        self._count(now_ms())

    def print_results(self) -> None:
        self._whole.print_result(now_ms())
        if self._steady is not None:
            self._steady.print_result(now_ms())
