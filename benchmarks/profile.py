"""Where the time goes: one workload of the comparison against Barnabas under Python's own profiler.

The time of a function is its own, without what it calls; built-in functions, and so system calls, have lines of their
own. Every call is dearer under the profiler, so it shows where to look and not how much there is to win.
"""

from __future__ import annotations

import io
import pstats
import tempfile
from pathlib import Path

from benchmarks.compare.bench import Bench, Sizes
from benchmarks.compare.rounds import WORKLOADS
from benchmarks.kafka_tools import Clients
from benchmarks.payload import write_payload
from benchmarks.servers import Barnabas, BenchmarkFailed, running


def run_profile(name: str, clients: Clients, sizes: Sizes, top: int, dump: Path | None, folder: Path | None) -> str:
    """Run it; return the functions with the most time of their own. BenchmarkFailed names an unknown workload."""
    known = {workload.key: workload for workload in WORKLOADS}
    if name not in known:
        raise BenchmarkFailed(f"{name}: expected one of {', '.join(known)}")
    with tempfile.TemporaryDirectory(prefix="barnabas-bench-", dir=folder) as scratch:
        profile = dump or Path(scratch) / "profile"
        with running(Barnabas(profile.resolve()), Path(scratch)) as started:
            payload = write_payload(Path(scratch) / "payload.jsonl")
            values = known[name].run(Bench(started, clients, sizes, payload, Path(scratch)))
        if not profile.exists():
            raise BenchmarkFailed("the server ended without writing its profile")
        printed = io.StringIO()
        pstats.Stats(str(profile), stream=printed).strip_dirs().sort_stats("tottime").print_stats(top)
    figures = ", ".join(f"{key} {value:.2f}" for key, value in values.items())
    return f"{known[name].title}, under the profiler: {figures}\n{printed.getvalue()}"
