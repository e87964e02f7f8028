"""The files of results: one part of the suite each, with the machine, the sizes and every round."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import REPOSITORY, machine
from benchmarks.servers import BenchmarkFailed

PARTS: Final = ("compare", "growth", "workload", "profile")


def document(part: str, settings: Mapping[str, Any], figures: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that was measured, when, of what, and on what."""
    return {
        "part": part,
        "taken_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "machine": machine(),
        "settings": dict(settings),
        **figures,
    }


def write(path: Path | None, results: Mapping[str, Any]) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Any]:
    """A file that `write` made; BenchmarkFailed names the file and what is wrong with it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchmarkFailed(f"{path}: cannot be read as JSON: {error}") from None
    if not isinstance(found, dict) or found.get("part") not in PARTS:
        raise BenchmarkFailed(f"{path}: expected the results of one of {', '.join(PARTS)}")
    return found


def _commit() -> str:
    command = ["git", "describe", "--always", "--abbrev=10"]
    try:
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
