"""Payload, raw requests, the growth's table, the page and the files of results."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from benchmarks.growth.cost import COUNTS, series
from benchmarks.growth.run import chosen
from benchmarks.growth.start_up import CASES
from benchmarks.growth.table import as_markdown
from benchmarks.page import END, differences, filled, opening, place
from benchmarks.payload import json_line, write_payload
from benchmarks.profiling import Stats, dearest, function_name
from benchmarks.raw_client import PRODUCE_VERSION, produce_request
from benchmarks.results import load, write
from benchmarks.servers import BenchmarkFailed

from barnabas.protocol.messages.produce import PRODUCE
from barnabas.protocol.wire import read_request_header


def growth(costs: dict[str, float], idle_percent: float) -> dict[str, Any]:
    medians = {
        count: {"cpu_us_per_request": cost, "memory_mb": 40.0, "create_topic_seconds": 0.1}
        for count, cost in costs.items()
    }
    start = {
        "title": "10 GB",
        "clean_ready_seconds": 0.5,
        "clean_read_mb": 5.0,
        "killed_ready_seconds": 7.0,
        "stop_seconds": 1.5,
    }
    return {
        "part": "growth",
        "taken_at": "2026-01-01",
        "commit": "abc",
        "machine": {"cores": "2 cores"},
        "settings": {"rounds": 1, "seconds": 10},
        "servers": {
            "Barnabas": {
                "partitions": {"median": medians, "rounds": {}},
                "start": {"10-gb": start},
                "idle": {"cpu_percent": idle_percent, "partitions": 1000, "seconds": 40},
            }
        },
    }


def test_lines_are_json_of_exactly_the_size_and_the_same_in_every_run(tmp_path: Path) -> None:
    first = write_payload(tmp_path / "a").read_bytes()
    assert first == write_payload(tmp_path / "b").read_bytes()
    lines = first.split(b"\n")
    assert {len(line) for line in lines} == {1000}
    assert len({json.loads(line)["order_id"] for line in lines}) == len(lines)


def test_an_order_does_not_fit_into_few_bytes() -> None:
    with pytest.raises(ValueError, match="more than 10"):
        json_line(random.Random(1), 10)


def test_a_produce_request_is_one_whole_frame() -> None:
    frame = produce_request("growth", 7, records=3, record_bytes=100, now_ms=1_700_000_000_000).frame
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    header, offset = read_request_header(frame[4:])
    body = PRODUCE.request_codec(PRODUCE_VERSION).decode(frame[4:], offset)
    assert header.api_version == PRODUCE_VERSION
    assert (body.acks, body.topic_data[0].name, body.topic_data[0].partition_data[0].index) == (1, "growth", 7)


def test_one_thing_grows_at_a_time() -> None:
    assert list(series("partitions")) == list(series("connections")) == list(COUNTS)
    assert len({step.connections for step in series("partitions").values()}) == 1
    assert len({step.partitions for step in series("connections").values()}) == 1


def test_ten_gigabytes_are_ten_gigabytes() -> None:
    case = next(case for case in CASES if case.log_bytes)
    assert case.batches() * 900_000 * case.partitions == pytest.approx(10e9, rel=0.01)


def test_parts_of_the_growth_are_chosen_by_name() -> None:
    assert chosen("idle, partitions") == ["idle", "partitions"]
    with pytest.raises(BenchmarkFailed, match="--workloads size: expected some of partitions,"):
        chosen("size")


def test_flat_costs_meet_the_goal() -> None:
    table = as_markdown(growth({"1": 100.0, "5000": 119.0}, idle_percent=0.5))
    assert "| 5,000 | Barnabas | 119 | 40.0 | 0.10 |" in table
    assert "1.19 times the smallest; goal ≤ 1.2: met." in table
    assert "| 10 GB | Barnabas | 0.50 | 5.00 | 7.00 | – | 1.50 |" in table
    assert "0.50 % of a core (over 40 s); goal < 1 %: met." in table


def test_growing_costs_do_not() -> None:
    table = as_markdown(growth({"1": 100.0, "5000": 121.0}, idle_percent=1.0))
    assert "1.21 times the smallest; goal ≤ 1.2: **not met**." in table
    assert "goal < 1 %: **not met**." in table


def test_the_page_is_filled_in_its_places_only() -> None:
    page = f"# Title\n\n{opening('compare')}\nother\n{END}\n\n{opening('growth')}\n{END}\n\nprose\n"
    results = growth({"1": 100.0, "5000": 119.0}, idle_percent=0.5)
    once = filled(page, results)
    assert place(once, "growth") == as_markdown(results)
    assert place(once, "compare") == "other"
    assert once.startswith("# Title\n")
    assert once.endswith(f"{END}\n\nprose\n")
    assert filled(once, results) == once


def test_a_page_that_shows_other_figures_is_found_out() -> None:
    empty = "".join(f"{opening(part)}\n{END}\n" for part in ("compare", "growth", "workload", "profile"))
    results = growth({"1": 100.0, "5000": 119.0}, idle_percent=0.5)
    assert differences(empty, []) == []
    assert differences(empty, [results]) == ["growth"]
    assert differences(filled(empty, results), [results]) == []
    assert differences(filled(empty, results).replace("119", "101"), [results]) == ["growth"]
    assert differences(filled(empty, results), []) == ["growth"]


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(BenchmarkFailed, match="no place for growth"):
        filled("# Title\n", growth({"1": 1.0}, idle_percent=0.0))


def test_results_survive_their_file(tmp_path: Path) -> None:
    results = growth({"1": 100.0}, idle_percent=0.5)
    write(tmp_path / "new" / "growth.json", results)
    assert load(tmp_path / "new" / "growth.json") == results


@pytest.mark.parametrize("text", ["", "[]", '{"part": "cost"}', "{"])
def test_a_file_of_something_else_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(BenchmarkFailed, match=r"wrong\.json: "):
        load(path)


def test_the_profile_names_functions_as_the_rooms_do() -> None:
    stats: Stats = {
        ("/home/x/src/barnabas/storage/partition_log.py", 10, "append"): (5, 5, 3.0, 4.0, {}),
        ("~", 0, "<built-in method posix.writev>"): (5, 5, 1.0, 1.0, {}),
        ("/usr/lib/python3.11/asyncio/events.py", 3, "_run"): (9, 9, 0.0, 5.0, {}),
    }
    found = dearest(stats, top=2)
    assert found["seconds"] == 4.0
    assert [(line["function"], line["share"]) for line in found["functions"]] == [
        ("storage/partition_log.py: append", 0.75),
        ("built-in method posix.writev", 0.25),
    ]
    assert function_name(("/usr/lib/python3.11/asyncio/events.py", 3, "_run")) == "events.py: _run"
