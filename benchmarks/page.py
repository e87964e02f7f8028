"""The tables of docs/performance.md: made from the files of results, never by hand.

The page has a place for each part, between two comments; everything else on it is prose.

    <!-- figures: compare -->
    …
    <!-- end of figures -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from benchmarks import profiling
from benchmarks.compare import table as compare_table
from benchmarks.day import table as day_table
from benchmarks.growth import table as growth_table
from benchmarks.servers import BenchmarkFailed

# What `report --plot docs/images/workload.svg` draws, seen from the page.
PLOT: Final = "![Rate, lag, latency, processor time and memory over the run](images/workload.svg)"
RENDERERS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "compare": compare_table.as_markdown,
    "growth": growth_table.as_markdown,
    "workload": lambda results: f"{PLOT}\n\n{day_table.as_markdown(results)}",
    "profile": profiling.as_markdown,
}
END: Final = "<!-- end of figures -->"


def as_markdown(results: Mapping[str, Any]) -> str:
    """The tables of one part."""
    return RENDERERS[results["part"]](results)


def opening(part: str) -> str:
    return f"<!-- figures: {part} -->"


def place(page: str, part: str) -> str:
    """What the page shows for a part. BenchmarkFailed when it has no place for it."""
    found = _pattern(part).search(page)
    if found is None:
        raise BenchmarkFailed(f"the page has no place for {part}: expected {opening(part)} … {END}")
    return found["figures"].strip("\n")


def filled(page: str, results: Mapping[str, Any]) -> str:
    """The page with the tables of these results in their place."""
    place(page, results["part"])
    tables = as_markdown(results)
    return _pattern(results["part"]).sub(lambda found: f"{found['opening']}\n{tables}\n{END}", page, count=1)


def differences(page: str, documents: Sequence[Mapping[str, Any]]) -> list[str]:
    """The parts whose place shows something else than their results, or something without any results."""
    expected = {results["part"]: as_markdown(results) for results in documents}
    return [part for part in RENDERERS if place(page, part) != expected.get(part, "")]


def _pattern(part: str) -> re.Pattern[str]:
    return re.compile(f"(?P<opening>{re.escape(opening(part))})\n(?P<figures>.*?){re.escape(END)}", re.DOTALL)
