"""Where the time goes: workloads of the comparison against Barnabas under Python's own profiler.

The time of a function is its own, without what it calls; built-in functions, and so system calls, have lines of their
own, and what uvloop does in C is the time of the event loop's line. The clock is the processor time of the event loop's
thread, so waiting is nothing. Every call is dearer under the profiler: it shows where to look, and not what there is
to win.
"""

from __future__ import annotations

import pstats
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.progress import Progress

from benchmarks.compare.bench import Bench, Sizes
from benchmarks.compare.rounds import WORKLOADS
from benchmarks.compare.table import under_the_table
from benchmarks.kafka_tools import Clients
from benchmarks.payload import write_payload
from benchmarks.results import document
from benchmarks.servers import Barnabas, BenchmarkFailed, running

# pstats' keys: file, line, function; and its values: primitive calls, calls, own time, time with callees, callers.
Stats = Mapping[tuple[str, int, str], tuple[int, int, float, float, Any]]


def run_profile(
    names: Sequence[str], clients: Clients, sizes: Sizes, top: int, folder: Path | None, progress: Progress
) -> dict[str, Any]:
    """Run each with a server of its own; return the document of results. BenchmarkFailed names an unknown workload."""
    known = {workload.key: workload for workload in WORKLOADS}
    for name in names:
        if name not in known:
            raise BenchmarkFailed(f"{name}: expected some of {','.join(known)}")
    task = progress.add_task("profile", total=len(names))
    found = {}
    for name in names:
        progress.update(task, description=known[name].title)
        with tempfile.TemporaryDirectory(prefix="barnabas-bench-", dir=folder) as scratch:
            profile = Path(scratch) / "profile"
            with running(Barnabas(profile), Path(scratch)) as started:
                payload = write_payload(Path(scratch) / "payload.jsonl")
                known[name].run(Bench(started, clients, sizes, payload, Path(scratch)))
            if not profile.exists():
                raise BenchmarkFailed("the server ended without writing its profile")
            found[name] = {"title": known[name].title, **dearest(pstats.Stats(str(profile)).stats, top)}  # type: ignore[attr-defined]
        progress.advance(task)
    return document("profile", asdict(sizes), {"workloads": found})


def dearest(stats: Stats, top: int) -> dict[str, Any]:
    """The functions with the most time of their own."""
    total = sum(own for _, _, own, _, _ in stats.values())
    ordered = sorted(stats.items(), key=lambda item: -item[1][2])[:top]
    lines = [
        {"function": function_name(key), "calls": calls, "own_seconds": own, "share": own / total if total else 0.0}
        for key, (_, calls, own, _, _) in ordered
    ]
    return {"seconds": total, "functions": lines}


def function_name(key: tuple[str, int, str]) -> str:
    """`storage/partition_log.py: append`; built-in functions by their own name."""
    file, _, function = key
    if file == "~":
        return re.sub(r" at 0x[0-9a-f]+", "", function.strip("<>"))
    path = Path(file).as_posix()
    return f"{path.rpartition('/barnabas/')[2] if '/barnabas/' in path else Path(path).name}: {function}"


def as_markdown(results: Mapping[str, Any]) -> str:
    """A table for each workload."""
    blocks = []
    for found in results["workloads"].values():
        lines = [f"**{found['title']}**", "", "| share | seconds | calls | function |", "|---:|---:|---:|---|"]
        lines += [
            f"| {line['share'] * 100:.1f} % | {line['own_seconds']:.2f} | {line['calls']:,} | `{line['function']}` |"
            for line in found["functions"]
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, f"{under_the_table(results)}."])
