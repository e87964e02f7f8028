"""The arithmetic of the performance tools: latencies, rates, pauses, payloads, metrics."""

from __future__ import annotations

import itertools
import math
import random
from pathlib import Path

import pytest

from barnabas.cli.failures import ToolFailure
from barnabas.cli.perf.client_metrics import metrics_of, print_metrics
from barnabas.cli.perf.java_numbers import finite, fixed, per_second, quotient
from barnabas.cli.perf.latencies import LatencyStatistics, percentiles
from barnabas.cli.perf.payloads import chosen_payloads, random_payloads, read_payload_file, rising_numbers
from barnabas.cli.perf.throttle import ThroughputThrottler, records_per_look


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.25, 1, "0.3"),
        (0.125, 2, "0.13"),
        (2.5, 0, "3"),
        (1e-9, 6, "0.000000"),
        (123456789.123456789, 6, "123456789.123457"),
        (math.nan, 2, "NaN"),
        (math.inf, 2, "Infinity"),
        (-math.inf, 2, "-Infinity"),
    ],
)
def test_numbers_are_printed_as_java_prints_them(value: float, digits: int, text: str) -> None:
    assert fixed(value, digits) == text


def test_a_division_by_zero_is_no_error() -> None:
    assert quotient(1, 0) == math.inf
    assert quotient(-1, 0) == -math.inf
    assert math.isnan(quotient(0, 0))
    assert per_second(5, 0) == math.inf
    assert (finite(math.inf), finite(math.nan), finite(1.5)) == (None, None, 1.5)


def test_percentiles_are_the_sample_at_the_fraction() -> None:
    latencies = list(range(1000))
    random.Random(1).shuffle(latencies)
    assert percentiles(latencies, (0.5, 0.95, 0.99, 0.999)) == [500, 950, 990, 999]
    assert percentiles([7], (0.5, 0.999)) == [7, 7]
    assert percentiles([], (0.5, 0.99)) == [0, 0]


@pytest.mark.parametrize(
    ("expected", "sampling"),
    [(1, 1), (500_000, 1), (999_999, 1), (1_000_000, 2), (100_000_000, 200)],
)
def test_at_most_half_a_million_latencies_are_kept(expected: int, sampling: int) -> None:
    assert LatencyStatistics(expected, 5000, 0).sampling == sampling


def test_samples_are_every_nth_record_however_the_batches_fall() -> None:
    latencies = [random.Random(2).randrange(1000) for _ in range(10_000)]
    expected = percentiles(latencies[::3], (0.5, 0.95, 0.99, 0.999))
    dice = random.Random(3)
    statistics = LatencyStatistics(1_500_000, 5000, 0)
    remaining = latencies
    while remaining:
        size = dice.randrange(1, 8)
        statistics.record(remaining[:size], size, 0)
        remaining = remaining[size:]
    assert statistics.percentiles() == expected


def test_a_window_ends_with_the_first_batch_after_its_time() -> None:
    statistics = LatencyStatistics(100, 1000, 5_000)
    assert not statistics.record([10, 20], 200, 5_500)
    assert statistics.window.records == statistics.total.records == 2
    assert not statistics.record([], 0, 9_000), "nothing came, so there is nothing to say"
    assert statistics.record([60], 100, 6_000)
    window = statistics.close_window(6_000)
    assert (window.records, window.payload_bytes, window.elapsed_ms) == (3, 300, 1000)
    assert (window.records_per_second, window.average_latency_ms, window.max_latency_ms) == (3.0, 30.0, 60)
    assert not statistics.record([4], 1024 * 1024 - 300, 6_500)
    assert not statistics.is_first_window
    total = statistics.total.figures(7_000)
    assert (total.records, total.elapsed_ms, total.megabytes_per_second) == (4, 2000, 0.5)
    assert (total.average_latency_ms, total.max_latency_ms) == (23.5, 60)
    second = statistics.close_window(7_000)
    assert (second.records, second.elapsed_ms, second.max_latency_ms) == (1, 1000, 4)


def test_nothing_sent_has_no_average() -> None:
    figures = LatencyStatistics(10, 5000, 0).total.figures(0)
    assert math.isnan(figures.average_latency_ms)
    assert math.isnan(figures.records_per_second)


def send(throttler: ThroughputThrottler, records: int, at_once: int, cost_ms: float) -> float:
    """The milliseconds that so many records take when handing them over costs `cost_ms` each."""
    now, sent = 0.0, 0
    while sent < records:
        now += at_once * cost_ms
        now += 1000 * throttler.pause_seconds(sent, at_once, int(now))
        sent += at_once
    return now


@pytest.mark.parametrize(("target", "at_once"), [(50, 1), (1_150, 1), (23_000, 1), (23_000, 23), (100_000, 100)])
def test_the_throttle_keeps_to_its_rate(target: float, at_once: int) -> None:
    took_ms = send(ThroughputThrottler(target, 0), records=int(target * 10), at_once=at_once, cost_ms=0.001)
    assert took_ms == pytest.approx(10_000, rel=0.01)


def test_no_pause_below_the_target_or_without_one() -> None:
    assert send(ThroughputThrottler(1000, 0), records=500, at_once=1, cost_ms=2.0) == 1000
    assert send(ThroughputThrottler(-1, 0), records=500, at_once=1, cost_ms=0.0) == 0
    assert send(ThroughputThrottler(-0.5, 0), records=500, at_once=1, cost_ms=0.0) == 0


def test_a_target_of_nothing_waits_for_ever() -> None:
    throttler = ThroughputThrottler(0, 0)
    assert throttler.pause_seconds(0, 1, 5) == 0.0
    assert throttler.pause_seconds(1, 1, 5) == math.inf


@pytest.mark.parametrize(
    ("target", "at_once"), [(-1, 100), (0, 1), (10, 1), (1_999, 1), (23_000, 23), (1_000_000, 100)]
)
def test_a_look_at_the_clock_each_millisecond(target: float, at_once: int) -> None:
    assert records_per_look(target, 100) == at_once


@pytest.mark.parametrize("size", [1, 100, 1000, 70_000, 20_000_000])
def test_random_payloads_are_letters_of_the_right_size(size: int) -> None:
    payloads = list(itertools.islice(random_payloads(size), 5))
    assert {len(payload) for payload in payloads} == {size}
    assert all(payload.isalpha() and payload.isupper() for payload in payloads)
    again = list(itertools.islice(random_payloads(size), 5))
    assert payloads == again, "runs can be compared"


def test_a_batch_of_random_payloads_holds_none_twice() -> None:
    payloads = list(itertools.islice(random_payloads(1000), 16_000))
    assert len(set(payloads)) == 16_000


def test_numbers_rise() -> None:
    assert list(itertools.islice(rising_numbers(), 11))[-2:] == [b"9", b"10"]


@pytest.mark.parametrize(
    ("text", "delimiter", "payloads"),
    [
        ("a\nb\n", "\n", [b"a", b"b"]),
        ("a\n\nb\n\n", "\n", [b"a", b"", b"b"]),
        ("a, b ,c", r"\s*(,)\s*", [b"a", b"b", b"c"]),
        ("ab", "", [b"a", b"b"]),
        ("Grüße", ";", ["Grüße".encode()]),
    ],
)
def test_a_file_of_payloads(tmp_path: Path, text: str, delimiter: str, payloads: list[bytes]) -> None:
    file = tmp_path / "payloads"
    file.write_text(text, encoding="utf-8")
    assert read_payload_file(str(file), delimiter) == payloads
    assert set(itertools.islice(chosen_payloads(payloads), 5000)) == set(payloads)


@pytest.mark.parametrize(
    ("text", "delimiter", "reason"),
    [
        (None, "\n", "File does not exist or empty file provided."),
        ("", "\n", "File does not exist or empty file provided."),
        ("\n\n", "\n", "no payload was found between the delimiters"),
        ("a", "(", "--payload-delimiter [(]: a regular expression was expected"),
    ],
)
def test_a_file_without_payloads(tmp_path: Path, text: str | None, delimiter: str, reason: str) -> None:
    file = tmp_path / "payloads"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ToolFailure, match=reason):
        read_payload_file(str(file), delimiter)


BROKER = {
    "nodeid": 1,
    "state": "UP",
    "connects": 1,
    "tx": 10,
    "rx": 9,
    "txbytes": 1000,
    "rxbytes": 900,
    "txretries": 0,
    "int_latency": {"cnt": 2, "sum": 6000, "avg": 3000, "max": 4000},
    "rtt": {"cnt": 2, "sum": 3000, "avg": 1500, "max": 2000},
    "throttle": {"cnt": 0, "sum": 0, "avg": 0, "max": 0},
}
PARTITION = {"partition": 0, "txmsgs": 3, "txbytes": 30, "rxmsgs": 5, "rxbytes": 50, "consumer_lag": 7}
STATISTICS = {
    "client_id": "me",
    "tx": 12,
    "rx": 11,
    "tx_bytes": 1200,
    "rx_bytes": 1100,
    "txmsgs": 3,
    "rxmsgs": 5,
    "rxmsg_bytes": 50,
    "brokers": {"bootstrap": {**BROKER, "nodeid": -1}, "b": BROKER},
    "topics": {
        "t": {
            "topic": "t",
            "metadata_age": 1500,
            "batchsize": {"cnt": 4, "sum": 40, "max": 15},
            "batchcnt": {"cnt": 4, "sum": 8, "max": 3},
            "partitions": {"0": PARTITION, "-1": {**PARTITION, "partition": -1}},
        }
    },
    "cgrp": {"assignment_size": 1, "rebalance_cnt": 2},
}


def test_a_producers_metrics_have_kafkas_names() -> None:
    metrics = metrics_of({**STATISTICS, "type": "producer"})
    assert metrics["producer-metrics:record-send-total:{client-id=me}"] == 3
    assert metrics["producer-metrics:request-latency-max:{client-id=me}"] == 2.0
    assert metrics["producer-metrics:record-queue-time-avg:{client-id=me}"] == 3.0
    assert metrics["producer-metrics:batch-size-avg:{client-id=me}"] == 10
    assert metrics["producer-node-metrics:request-total:{client-id=me, node-id=node-1}"] == 10
    assert metrics["producer-topic-metrics:record-send-total:{client-id=me, topic=t}"] == 3
    assert not any("node--1" in name for name in metrics)


def test_a_consumers_metrics_have_kafkas_names(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = metrics_of({**STATISTICS, "type": "consumer"})
    assert metrics["consumer-fetch-manager-metrics:records-consumed-total:{client-id=me}"] == 5
    assert metrics["consumer-fetch-manager-metrics:records-lag-max:{client-id=me, topic=t}"] == 7
    assert metrics["consumer-coordinator-metrics:rebalance-total:{client-id=me}"] == 2
    print_metrics({"group:b:{}": 1.5, "group:a-longer:{}": 2}, as_json=False)
    assert capsys.readouterr().out == (
        "\nMetric Name         Value\ngroup:a-longer:{} : 2.000\ngroup:b:{}        : 1.500\n"
    )
