"""kafkajs, the client that most Node.js services use: one scenario, step by step."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.command_line import succeed
from programs import CACHE, cannot_run, on_ci, require_program

HERE: Final = Path(__file__).resolve().parent
INSTALL_TIMEOUT_SECONDS: Final = 300
# Young enough that retention leaves the records alone.
START_MS: Final = int(time.time() * 1000) - 600_000

pytestmark = pytest.mark.timeout(120, func_only=True)


@pytest.fixture(scope="session")
def scenario() -> list[str]:
    """Node.js with the scenario, whose packages `npm ci` puts into `.cache/kafkajs` whenever the lock has changed."""
    node, npm = require_program("node"), require_program("npm")
    folder = CACHE / "kafkajs"
    folder.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_bytes()
    installed = folder / "installed-lock.json"
    if not installed.exists() or installed.read_bytes() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_TIMEOUT_SECONDS
        )
        if done.returncode != 0 and not on_ci():
            cannot_run(f"npm could not install kafkajs: {done.stderr[-500:]}")
        assert done.returncode == 0, done.stderr
        installed.write_bytes(lock)
    # Node looks for packages beside the script, so the script runs from where they are.
    script = folder / "scenario.mjs"
    shutil.copy(HERE / "scenario.mjs", script)
    return [node, str(script)]


def record(offset: int, value: str | None) -> dict[str, Any]:
    facts = {"key": f"key-{value}", "value": value, "headers": {"number": str(offset)}}
    return {"offset": str(offset), "timestamp": str(START_MS + offset * 1000), **facts}


def test_a_node_service_notices_no_difference(scenario: list[str], bootstrap: str, topic: str, group: str) -> None:
    done = succeed(scenario, bootstrap, topic, group, str(START_MS), timeout_seconds=100)
    steps = {step.pop("step"): step for step in done.json_lines()}
    assert steps == {
        "create": {"created": True},
        "create-again": {"created": False},
        "cluster": {"brokers": [bootstrap]},
        "produce": {"acknowledged": [{"partition": 0, "baseOffset": "0", "errorCode": 0}]},
        "first": {"values": [record(0, "a"), record(1, "b")], "state": "Stable", "members": 1},
        "committed": {"offsets": [{"topic": topic, "partitions": [{"partition": 0, "offset": "2", "metadata": None}]}]},
        "second": {"values": [record(2, "c"), record(3, "d")], "state": "Stable", "members": 1},
        "tombstone": {"baseOffset": "4", "read": None},
        "offsets": {"all": [{"partition": 0, "low": "0", "high": "5"}]},
        "offsets-by-timestamp": {"all": [{"partition": 0, "offset": "2"}]},
        "configs": {"retention": ["604800000"]},
        "partitions": {"count": 3},
        "deleted-records": {"low": "2"},
        "groups": {"listed": True},
        "deleted-group": {"results": [0]},
        "deleted-topic": {"listed": False},
    }
