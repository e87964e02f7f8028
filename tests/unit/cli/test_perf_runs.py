"""Runs of the performance tools on a client library that delivers when it is told to."""

from __future__ import annotations

import json
import random
import signal
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from barnabas.cli.failures import ToolFailure
from barnabas.cli.perf.consumption import JsonReport as ConsumerJson
from barnabas.cli.perf.consumption import Stretch
from barnabas.cli.perf.consumption import TextReport as ConsumerText
from barnabas.cli.perf.date_format import SimpleDateFormat
from barnabas.cli.perf.e2e_latency import Latencies, Sample, check
from barnabas.cli.perf.interruption import Interruption, interruptible
from barnabas.cli.perf.latencies import Figures
from barnabas.cli.perf.producer_command import ProducerPerfOptions
from barnabas.cli.perf.producer_report import JsonReport, TextReport
from barnabas.cli.perf.producing import Sending

Delivered = Callable[[KafkaError | None, Any], None]


class DeliveredMessage:
    """What the client library's callback gets."""

    def __init__(self, value: bytes, latency: float) -> None:
        self._value, self._latency = value, latency

    def latency(self) -> float:
        return self._latency

    def __len__(self) -> int:
        return len(self._value)


class ScriptedProducer:
    """Holds a few records, delivers them when polled, and refuses what it is told to."""

    def __init__(self, room: int = 7) -> None:
        self.room = room
        self.waiting: deque[tuple[bytes, Delivered]] = deque()
        self.delivered: list[bytes] = []
        self.calls: list[str] = []
        self.refused: dict[bytes, KafkaError] = {}
        self.failing: dict[bytes, KafkaError] = {}
        self.not_ready = 0

    def produce(self, _topic: str, value: bytes, _key: None, _partition: int, callback: Delivered) -> None:
        if len(self.waiting) >= self.room:
            raise BufferError
        if value in self.refused:
            raise KafkaException(self.refused[value])
        self.waiting.append((value, callback))

    def poll(self, _timeout: float) -> int:
        while self.waiting:
            value, callback = self.waiting.popleft()
            error = self.failing.get(value)
            if error is None:
                self.delivered.append(value)
            callback(error, DeliveredMessage(value, 0.0025))
        return 0

    def flush(self, timeout: float) -> int:
        self.poll(timeout)
        return 0

    def init_transactions(self, _timeout: float) -> None:
        if self.not_ready:
            self.not_ready -= 1
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "not yet", retriable=True))
        self.calls.append("init")

    def begin_transaction(self) -> None:
        self.calls.append("begin")

    def commit_transaction(self, timeout: float) -> None:
        self.poll(timeout)
        self.calls.append("commit")


def options(**given: Any) -> ProducerPerfOptions:
    nothing = dict.fromkeys(ProducerPerfOptions.__dataclass_fields__)
    defaults = {"topic": "t", "num_records": 250, "throughput": -1.0, "payload_monotonic": True, "json": True}
    return ProducerPerfOptions(**{**nothing, **defaults, **given})


def run(
    producer: ScriptedProducer, chosen: ProducerPerfOptions, *, transactional: bool = False
) -> tuple[Sending, Interruption]:
    interruption = Interruption()
    report = JsonReport() if chosen.json else TextReport()
    sending = Sending(producer, chosen, chosen.payloads(), report, interruption)  # type: ignore[arg-type]
    sending.run(transactional=transactional)
    sending.print_results()
    return sending, interruption


def test_every_record_is_sent_once_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    producer = ScriptedProducer()
    run(producer, options())
    assert producer.delivered == [b"%d" % number for number in range(250)]
    (result,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (result["kind"], result["records"], result["payload_bytes"]) == ("result", 250, 10 + 180 + 450)
    assert (result["average_latency_ms"], result["max_latency_ms"]) == (2.0, 2)
    assert result["latency_ms"] == {"p50": 2, "p95": 2, "p99": 2, "p99.9": 2}


def test_the_steady_state_leaves_out_what_was_sent_while_warming_up(capsys: pytest.CaptureFixture[str]) -> None:
    run(ScriptedProducer(), options(warmup_records=130))
    whole, steady = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (whole["records"], whole["steady_state"]) == (250, False)
    assert (steady["records"], steady["steady_state"], steady["payload_bytes"]) == (120, True, 360)


def test_records_that_fail_are_told_by_reason_and_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    producer = ScriptedProducer()
    producer.refused = {b"8": KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), b"9": KafkaError(KafkaError._QUEUE_FULL)}
    producer.failing = {b"%d" % number: KafkaError(KafkaError._MSG_TIMED_OUT) for number in range(100, 120)}
    sending, _ = run(producer, options())
    assert sending.failures.count == 22
    printed = capsys.readouterr()
    assert json.loads(printed.out)["records"] == 228
    assert len(printed.err.splitlines()) == 3
    assert all(line.startswith("Error when sending message to topic t: ") for line in printed.err.splitlines())


def test_a_producer_that_is_beyond_help_ends_the_run() -> None:
    producer = ScriptedProducer()
    producer.refused = {b"8": KafkaError(KafkaError._FENCED, "fenced", fatal=True)}
    with pytest.raises(KafkaException):
        run(producer, options())


def test_transactions_begin_before_their_records_and_end_with_the_run() -> None:
    producer = ScriptedProducer()
    producer.not_ready = 2
    run(producer, options(num_records=30, transaction_duration_ms=10**6), transactional=True)
    assert producer.calls == ["init", "begin", "commit"]
    assert len(producer.delivered) == 30


def test_a_stopped_run_prints_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    producer, interruption = ScriptedProducer(), Interruption()

    def stop_soon(value: bytes) -> bytes:
        if value == b"40":
            interruption.signal_number = signal.SIGINT
        return value

    chosen = options(num_records=10**9, json=False)
    sending = Sending(
        producer,  # type: ignore[arg-type]
        chosen,
        map(stop_soon, chosen.payloads()),
        TextReport(),
        interruption,
    )
    sending.run(transactional=False)
    sending.print_results()
    assert interruption.exit_code == 130
    count = len(producer.delivered)
    assert 40 <= count <= 100
    assert capsys.readouterr().out.startswith(f"{count} records sent, ")


def test_the_first_signal_is_a_wish_and_the_second_is_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as interruption:
        assert not interruption
        signal.raise_signal(signal.SIGINT)
        assert interruption
        assert interruption.exit_code == 130
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_producers_lines(capsys: pytest.CaptureFixture[str]) -> None:
    report = TextReport()
    figures = Figures(10, 2_000_000, 2000, 5.0, 0.95367431640625, 2.25, 7)
    report.warming_up(4)
    report.steady()
    report.window(figures, steady=True)
    report.result(figures, [1, 2, 3, 4], steady=False)
    report.result(figures, [1, 2, 3, 4], steady=True)
    rest = "(0.95 MB/sec), 2.25 ms avg latency, 7.00 ms max latency, 1 ms 50th, 2 ms 95th, 3 ms 99th, 4 ms 99.9th."
    assert capsys.readouterr().out.splitlines() == [
        "Warmup first 4 records. Steady state results will print after the complete test summary.",
        "In steady state.",
        "10 records sent, 5.0 records/sec (0.95 MB/sec), 2.3 ms avg latency, 7.0 ms max latency.",
        f"10 records sent, 5.000000 records/sec {rest}",
        f"10 steady state records sent, 5.000000 records/sec {rest}",
    ]


def test_a_consumers_lines(capsys: pytest.CaptureFixture[str]) -> None:
    report = ConsumerText(SimpleDateFormat("'at' S"))
    report.header(detailed=False)
    report.header(detailed=True)
    report.window(Stretch(1_000_000, 1_002_005, 100, 1024 * 1024, 5, 300, 3 * 1024 * 1024))
    report.window(Stretch(1_000_000, 1_002_000, 100, 1024 * 1024, 2000, 300, 3 * 1024 * 1024))
    report.gave_up(20)
    report.result(Stretch(1_000_007, 1_002_007, 100, 1024 * 1024, 1000, 100, 1024 * 1024))
    report.result(Stretch(1_000_007, 1_000_007, 0, 0, 0, 0, 0))
    names = (
        "data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, "
        "fetch.MB.sec, fetch.nMsg.sec"
    )
    assert capsys.readouterr().out.splitlines() == [
        f"start.time, end.time, {names}",
        f"time, threadId, {names}",
        "at 5, 0, 3.0000, 0.4988, 300, 49.8753, 5, 2000, 0.5000, 50.0000",
        "at 0, 0, 3.0000, 0.5000, 300, 50.0000, 2000, 0, 0.0000, 0.0000",
        (
            "WARNING: Exiting before consuming the expected number of records: timeout (20 ms) exceeded. "
            "You can use the --timeout option to increase the timeout."
        ),
        "at 7, at 7, 1.0000, 0.5000, 100, 50.0000, 1000, 1000, 1.0000, 100.0000",
        "at 7, at 7, 0.0000, NaN, 0, NaN, 0, 0, NaN, NaN",
    ]


def test_a_consumers_json(capsys: pytest.CaptureFixture[str]) -> None:
    report = ConsumerJson()
    report.header(detailed=True)
    report.window(Stretch(0, 1000, 10, 1024, 0, 20, 2048))
    report.gave_up(20)
    report.result(Stretch(0, 0, 20, 2048, 0, 20, 2048))
    window, result = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (window["kind"], window["records_per_second"], window["total_records"]) == ("window", 10.0, 20)
    assert (result["kind"], result["records_per_second"], result["timed_out"]) == ("result", None, True)


class ReadMessage:
    """A consumed message of the client library."""

    def __init__(self, value: bytes | None, key: bytes | None, headers: list[tuple[str, bytes | None]] | None) -> None:
        self._parts = value, key, headers

    def value(self) -> bytes | None:
        return self._parts[0]

    def key(self) -> bytes | None:
        return self._parts[1]

    def headers(self) -> list[tuple[str, bytes | None]] | None:
        return self._parts[2]


SENT = Sample(b"v", b"k", [("h", None)])


@pytest.mark.parametrize(
    ("sent", "read", "complaint"),
    [
        (SENT, ReadMessage(b"w", b"k", []), "The message value read [w] did not match the message value sent [v]"),
        (SENT, ReadMessage(b"v", b"l", []), "The message key read [l] did not match the message key sent [k]"),
        (SENT, ReadMessage(b"v", None, []), "Expected message key but received null"),
        (Sample(b"v", None, []), ReadMessage(b"v", b"k", None), "Expected null message key but received [k]"),
        (SENT, ReadMessage(b"v", b"k", None), "Expected message headers but received none"),
        (
            SENT,
            ReadMessage(b"v", b"k", [("h", b"1")]),
            "The message header read [h:1] did not match the message header sent [h:null]",
        ),
        (
            SENT,
            ReadMessage(b"v", b"k", [("h", None), ("i", None)]),
            "Header count mismatch between sent and received messages",
        ),
    ],
)
def test_a_record_that_is_not_the_one_that_was_sent(sent: Sample, read: Any, complaint: str) -> None:
    with pytest.raises(ToolFailure) as failure:
        check(sent, [read])
    assert failure.value.text == complaint


def test_one_record_and_no_more() -> None:
    same: Any = ReadMessage(b"v", b"k", [("h", None)])
    check(SENT, [same])
    check(Sample(b"", None, []), [ReadMessage(None, None, None)])  # type: ignore[list-item]
    with pytest.raises(ToolFailure, match=r"Only one result was expected during this test. We found \[2\]"):
        check(SENT, [same, same])


def test_the_lines_of_the_latency_tool(capsys: pytest.CaptureFixture[str]) -> None:
    latencies = Latencies(as_json=False)
    durations = list(range(1001))
    random.Random(1).shuffle(durations)
    for duration_ms in durations:
        latencies.add(duration_ms * 1_000_000 + 500_000)
    latencies.print_result()
    assert capsys.readouterr().out.splitlines() == [
        f"0\t{durations[0]}.5",
        f"1000\t{durations[1000]}.5",
        "Avg latency: 500.5000 ms",
        "Percentiles: 50th = 500, 99th = 990, 99.9th = 999",
    ]
    Latencies(as_json=True).print_result()
    assert json.loads(capsys.readouterr().out) == {
        "kind": "result",
        "records": 0,
        "average_latency_ms": None,
        "latency_ms": {"p50": 0, "p99": 0, "p99.9": 0},
    }
