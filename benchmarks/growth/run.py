"""All that grows, for each server that was asked for."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from benchmarks.growth.cost import COUNTS, measure_cost, series
from benchmarks.growth.idle import PARTITIONS, measure_idle
from benchmarks.growth.start_up import CASES, QUICK_CASES, Case, measure_start_up
from benchmarks.metrics import medians
from benchmarks.results import document
from benchmarks.servers import BenchmarkFailed, RunningServer, Server, running

PARTS: Final = ("partitions", "connections", "start", "idle")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How far it grows, and how long is measured."""

    counts: tuple[int, ...]
    seconds: int
    cases: tuple[Case, ...]
    idle_partitions: int
    idle_seconds: int


FULL: Final = Sizes(COUNTS, 8, CASES, PARTITIONS, 40)
QUICK: Final = Sizes((1, 20, 50), 1, QUICK_CASES, 50, 3)


def chosen(names: str | None) -> list[str]:
    """The parts of a list such as `partitions,idle`; all without a list. BenchmarkFailed names an unknown one."""
    wanted = list(PARTS) if names is None else [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in PARTS:
            raise BenchmarkFailed(f"--workloads {name}: expected some of {','.join(PARTS)}")
    return wanted


def run_growth(
    servers: Sequence[Server],
    parts: Sequence[str],
    sizes: Sizes,
    rounds: int,
    folder: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Measure; return the document of results. Costs are medians of several rounds, starts and idling are one run."""
    figures: dict[str, Any] = {}
    for server in servers:
        found: dict[str, Any] = {}
        for kind in ("partitions", "connections"):
            if kind in parts:
                found[kind] = _costs(server, kind, sizes, rounds, folder, progress)
        if "start" in parts:
            found["start"] = _starts(server, sizes, folder, progress)
        if "idle" in parts:
            found["idle"] = _idle(server, sizes, folder, progress)
        figures[server.name] = found
    settings = {"rounds": rounds, "seconds": sizes.seconds}
    return document("growth", settings, {"servers": figures})


def _costs(
    server: Server, kind: str, sizes: Sizes, rounds: int, folder: Path | None, progress: Progress
) -> dict[str, Any]:
    """Round by round through all sizes, so that a disturbance doesn't hit one size alone."""
    steps = series(kind, sizes.counts)
    results: dict[int, list[dict[str, float]]] = {count: [] for count in steps}
    task = progress.add_task(kind, total=rounds * len(steps))
    for number in range(rounds):
        for count, step in steps.items():
            label = f"{server.name}, round {number + 1}: {count:,} {kind}"

            def tell(what: str, label: str = label) -> None:
                progress.update(task, description=f"{label}, {what}")

            tell("starting")
            with _fresh(server, folder) as started:
                results[count].append(measure_cost(started, step, sizes.seconds, tell))
            progress.advance(task)
    return {
        "median": {str(count): medians(values) for count, values in results.items()},
        "rounds": {str(count): values for count, values in results.items()},
    }


def _starts(server: Server, sizes: Sizes, folder: Path | None, progress: Progress) -> dict[str, Any]:
    task = progress.add_task("start", total=len(sizes.cases))
    found = {}
    for case in sizes.cases:

        def tell(what: str, case: Case = case) -> None:
            progress.update(task, description=f"{server.name}, {case.title}: {what}")

        with tempfile.TemporaryDirectory(prefix="barnabas-bench-", dir=folder) as scratch:
            found[case.key] = measure_start_up(server, case, Path(scratch), tell) | {"title": case.title}
        progress.advance(task)
    return found


def _idle(server: Server, sizes: Sizes, folder: Path | None, progress: Progress) -> dict[str, float]:
    task = progress.add_task("idle", total=1)

    def tell(what: str) -> None:
        progress.update(task, description=f"{server.name}: {what}")

    with _fresh(server, folder) as started:
        values = measure_idle(started, sizes.idle_seconds, tell, sizes.idle_partitions)
    progress.advance(task)
    return values


@contextlib.contextmanager
def _fresh(server: Server, folder: Path | None) -> Iterator[RunningServer]:
    """The server on a data directory of its own, which is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="barnabas-bench-", dir=folder) as scratch,
        running(server, Path(scratch)) as started,
    ):
        yield started
