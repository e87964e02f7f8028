"""The arithmetic of the comparison: medians, percentiles, ratios and promises."""

from __future__ import annotations

import pytest
from benchmarks.compare.rounds import WORKLOADS, chosen, compared
from benchmarks.compare.table import as_markdown
from benchmarks.metrics import Compared, Goal, Metric, flatness, medians, number, percentile
from benchmarks.servers import BenchmarkFailed

MACHINE = {"system": "Linux x86_64", "cores": "2 cores"}


def test_medians_take_each_key_from_the_rounds_that_have_it() -> None:
    assert medians([{"a": 1.0, "b": 5.0}, {"a": 9.0}, {"a": 2.0, "b": 7.0}]) == {"a": 2.0, "b": 6.0}


@pytest.mark.parametrize(("percent", "expected"), [(50, 5), (90, 9), (99, 10), (99.9, 10), (100, 10), (0, 1)])
def test_percentile_is_the_nearest_rank(percent: float, expected: int) -> None:
    assert percentile(range(1, 11), percent) == expected


def test_a_percentile_needs_values() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_flatness_is_the_dearest_size_by_the_smallest() -> None:
    assert flatness({1: 100.0, 5_000: 110.0, 100: 125.0}) == 1.25
    assert flatness({1: 100.0, 100: 90.0}) == 1.0


@pytest.mark.parametrize(
    ("goal", "ratio", "is_met"),
    [
        (Goal(at_most=0.5), 0.5, True),
        (Goal(at_most=0.5), 0.51, False),
        (Goal(at_least=1.3), 1.3, True),
        (Goal(at_least=1.3), 1.29, False),
    ],
)
def test_goals_are_bounds_of_the_ratio(goal: Goal, ratio: float, is_met: bool) -> None:
    line = Compared(Metric("k", "title", "s", goal), ours=ratio * 10, theirs=10.0)
    assert line.is_met is is_met


def test_nothing_is_met_without_a_goal_or_without_the_other_server() -> None:
    assert Compared(Metric("k", "title", "s"), 1.0, 2.0).is_met is None
    alone = Compared(Metric("k", "title", "s", Goal(at_most=1.0)), 1.0, None)
    assert (alone.is_met, alone.ratio) == (None, None)


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.0, "0.00"), (3.14159, "3.14"), (31.4159, "31.4"), (31415.9, "31,416")]
)
def test_numbers_show_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_keys_of_workloads_and_metrics_are_unique() -> None:
    keys = [metric.key for workload in WORKLOADS for metric in workload.metrics]
    assert len(keys) == len(set(keys))
    assert len({workload.key for workload in WORKLOADS}) == len(WORKLOADS)


def test_chosen_workloads_come_in_their_order_after_the_warm_up() -> None:
    assert [workload.key for workload in chosen("consume, produce")] == ["warm-up", "produce", "consume"]


def test_an_unknown_workload_is_named() -> None:
    with pytest.raises(BenchmarkFailed, match=r"--workloads nonsense: expected some of start,warm-up,"):
        chosen("produce,nonsense")


def test_the_table_puts_the_servers_side_by_side() -> None:
    results = {
        "part": "compare",
        "taken_at": "2026-01-01",
        "commit": "abc",
        "machine": MACHINE,
        "settings": {
            "rounds": 3,
            "records": 10,
            "small_records": 20,
            "single_requests": 5,
            "shared_records": 2,
            "latency_seconds": 1,
        },
        "servers": {
            "Kafka 4.3.1": {"median": {"produce_cpu": 10.0, "produce_rate": 100.0}},
            "Barnabas": {"median": {"produce_cpu": 4.0, "produce_rate": 120.0}},
        },
    }
    assert [workload.key for workload, _ in compared(results)] == ["produce"]
    table = as_markdown(results)
    assert "| measured | Barnabas | Kafka 4.3.1 | ratio | goal | met |" in table
    assert "| server CPU (µs/record) | 4.00 | 10.0 | 0.40 | ≤ 0.50 | yes |" in table
    assert "| rate (records/s) | 120 | 100 | 1.20 | ≥ 1.30 | **no** |" in table
    assert "1 of 2 goals are met. Not met: Produce 1 kB, 64 kB batches, acks=1, rate: 1.20 where ≥ 1.30" in table
