"""The shape of the day's load, what its run yields, and the picture of it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from benchmarks.day.plot import PANELS, as_svg, ticks
from benchmarks.day.run import COLUMNS, sampled, write_csv
from benchmarks.day.shape import MEAN_PER_SECOND, PEAK_PER_SECOND, Peak, day_shape, peak_for
from benchmarks.day.table import as_markdown
from benchmarks.servers import BenchmarkFailed
from benchmarks.timed_load import parse

OUTPUT = """started
second 0 10 9 8
second 1 30 30 31
latency 0 10 1500 2500 3000
latency 1 20 1000 9000 9500
total 30 1200 9000 9400 9500
late 80 120
check 30 30 0 30 0
"""


@pytest.mark.parametrize("seconds", [40, 60, 100, 333, 600, 3600])
def test_the_mean_is_exact_and_the_peak_is_reached(seconds: int) -> None:
    rates = day_shape(seconds)
    assert len(rates) == seconds
    assert sum(rates) == MEAN_PER_SECOND * seconds
    assert max(rates) == PEAK_PER_SECOND
    assert min(rates) > 0


def test_ten_minutes_have_three_peaks_with_ramps() -> None:
    form, count = peak_for(600)
    assert (form, count) == (Peak(ramp_seconds=3, hold_seconds=3), 3)
    assert form.rates(20) == [5, 10, 15, 20, 20, 20, 15, 10, 5]
    rates = day_shape(600)
    assert rates.count(PEAK_PER_SECOND) == 9
    starts = [second for second in range(1, 600) if rates[second] == PEAK_PER_SECOND > rates[second - 1]]
    assert len(starts) == 3


def test_the_base_goes_up_and_down() -> None:
    rates = day_shape(600)
    base = [rate for rate in rates if rate < MEAN_PER_SECOND]
    assert max(base) > 2 * min(base)


def test_a_run_can_be_too_short() -> None:
    with pytest.raises(ValueError, match="20 s is too short"):
        day_shape(20)


def test_the_output_of_the_client_is_read() -> None:
    outcome = parse(OUTPUT.splitlines())
    outcome.check()
    assert outcome.seconds == [(10, 9, 8), (30, 30, 31)]
    assert (outcome.total.p50_ms, outcome.total.p99_ms, outcome.total.p999_ms) == (1.2, 9.0, 9.4)
    assert outcome.late_p99_ms == 0.08


@pytest.mark.parametrize(
    "check",
    ["30 29 1 29 0", "30 30 0 29 0", "30 30 0 31 1", "30 30 0 30 1"],
    ids=["not sent", "lost", "twice", "out of order"],
)
def test_a_record_lost_or_misplaced_fails_the_run(check: str) -> None:
    outcome = parse([*OUTPUT.splitlines()[:-1], f"check {check}"])
    with pytest.raises(BenchmarkFailed, match="30 records were sent"):
        outcome.check()


def test_an_unfinished_run_fails() -> None:
    with pytest.raises(BenchmarkFailed):
        parse(["started"]).check()


def test_an_unknown_line_is_named() -> None:
    with pytest.raises(BenchmarkFailed, match="unknown line: Exception in thread"):
        parse(["Exception in thread main"])


def test_a_sample_for_each_second() -> None:
    lines = sampled(parse(OUTPUT.splitlines()), [(1.0, 40.0), (1.25, 41.0), (1.75, 42.0)])
    assert lines == [[0, 10, 1, 1.5, 2.5, 3.0, 25.0, 41.0], [1, 20, 0, 1.0, 9.0, 9.5, 50.0, 42.0]]


@pytest.fixture
def results() -> dict[str, Any]:
    lines = sampled(parse(OUTPUT.splitlines()), [(1.0, 40.0), (1.25, 41.0), (1.75, 42.0)])
    latency = {"count": 30, "p50_ms": 1.2, "p99_ms": 9.0, "max_ms": 9.5, "p999_ms": 9.4}
    summary = {
        "sent": 30,
        "received": 30,
        "lag_max": 1,
        "cpu_percent_mean": 37.5,
        "memory_max_mb": 42.0,
        "latency": latency,
    }
    return {
        "part": "workload",
        "taken_at": "2026-01-01",
        "commit": "abc",
        "machine": {"cores": "2 cores"},
        "settings": {"seconds": 2, "partitions": 6, "warm_up_seconds": 0, "min_bytes": 500, "max_bytes": 2000},
        "servers": {"A & B": {"summary": summary, "columns": list(COLUMNS), "samples": lines}},
    }


def test_the_picture_is_well_formed_and_stays_in_its_frame(results: dict[str, Any]) -> None:
    root = ET.fromstring(as_svg(results))
    space = "{http://www.w3.org/2000/svg}"
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    lines = root.findall(f"{space}polyline")
    assert len(lines) == sum(len(panel.columns) for panel in PANELS)
    for line in lines:
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert len(points) == 2
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    assert "A & B" in [text.text for text in root.findall(f"{space}text")]


@pytest.mark.parametrize("largest", [0, 0.4, 1, 7, 99, 101, 2_500, 23_000, 1e6])
def test_ticks_cover_the_largest_value_with_few_lines(largest: float) -> None:
    for is_logarithmic in (False, True):
        marks = ticks(largest, is_logarithmic)
        assert marks == sorted(marks)
        assert marks[-1] >= largest
        assert 2 <= len(marks) <= 9


def test_the_samples_as_csv(results: dict[str, Any], tmp_path: Path) -> None:
    write_csv(tmp_path / "day.csv", results)
    with (tmp_path / "day.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rate"] for row in rows] == ["10", "20"]
    assert rows[0]["server"] == "A & B"


def test_the_table_has_a_column_for_each_server(results: dict[str, Any]) -> None:
    table = as_markdown(results)
    assert table.startswith("| measured | A & B |\n")
    assert "| p99, ms | 9.00 |" in table
    assert "| highest rate in a second, records/s | 20 |" in table
