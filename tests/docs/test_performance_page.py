"""The tables of the performance page are those of the files of results that lie beside it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from programs import REPOSITORY

PAGE = REPOSITORY / "docs" / "performance.md"
RESULTS = REPOSITORY / "docs" / "performance"


def test_the_page_shows_what_the_files_say() -> None:
    files = sorted(RESULTS.glob("*.json"))
    command = [sys.executable, "-m", "benchmarks", "report", "--check", "--page", str(PAGE), *map(str, files)]
    checked = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("command", ["compare", "growth", "workload", "profile", "report"])
def test_every_command_of_the_page_is_there(command: str) -> None:
    assert f"python -m benchmarks {command}" in PAGE.read_text(encoding="utf-8")
    asked = [sys.executable, "-m", "benchmarks", command, "--help"]
    answered = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert answered.returncode == 0, answered.stderr
