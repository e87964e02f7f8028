"""The tables of docs/performance.md: made from the files of results, never by hand.

The page has a place for each part, between two comments; everything else on it is prose.

    <!-- figures: compare -->
    …
    <!-- end of figures -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from benchmarks.compare import table as compare_table
from benchmarks.day import table as day_table
from benchmarks.growth import table as growth_table
from benchmarks.servers import BenchmarkFailed

RENDERERS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "compare": compare_table.as_markdown,
    "growth": growth_table.as_markdown,
    "workload": day_table.as_markdown,
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


def _pattern(part: str) -> re.Pattern[str]:
    return re.compile(f"(?P<opening>{re.escape(opening(part))})\n(?P<figures>.*?){re.escape(END)}", re.DOTALL)
