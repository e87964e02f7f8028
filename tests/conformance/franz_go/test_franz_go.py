"""franz-go's own integration tests of its client, those that `tests.allow` names."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from conformance.broker import RunningBroker
from programs import CACHE, cannot_run, on_ci, require_program

HERE: Final = Path(__file__).resolve().parent
PACKAGE: Final = "github.com/twmb/franz-go/pkg/kgo"
COMPILE_TIMEOUT_SECONDS: Final = 900
RUN_TIMEOUT_SECONDS: Final = 400
# A chain of three groups passes on this many records; the tests' default of 500,000 adds time, not coverage.
SETTINGS: Final = {
    "KGO_TEST_RF": "1",
    "KGO_TEST_RECORDS": "50000",
    "KGO_TEST_MAX_TOPIC_PARTS": "7",
    "KGO_LOG_LEVEL": "none",
}

pytestmark = pytest.mark.timeout(30, func_only=True)


def allowed() -> list[str]:
    lines = (line.strip() for line in (HERE / "tests.allow").read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="session")
def compiled() -> Path:
    """The tests as one program; Go's own caches make this quick after the first time."""
    go = require_program("go")
    program = CACHE / "franz_go" / "kgo.test"
    program.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [go, "test", "-c", "-o", str(program), PACKAGE],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMPILE_TIMEOUT_SECONDS,
    )
    if done.returncode != 0 and not on_ci():
        cannot_run(f"Go could not compile franz-go's tests: {done.stderr[-500:]}")
    assert done.returncode == 0, done.stderr
    return program


@pytest.fixture(scope="session")
def outcomes(compiled: Path, broker: RunningBroker) -> Mapping[str, str]:
    """How each test went; they run together, since they are made to run beside each other."""
    pattern = f"^({'|'.join(allowed())})$"
    done = subprocess.run(
        [str(compiled), "-test.v", "-test.run", pattern, "-test.timeout", f"{RUN_TIMEOUT_SECONDS - 20}s"],
        cwd=compiled.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_TIMEOUT_SECONDS,
        env={**os.environ, **SETTINGS, "KGO_SEEDS": broker.bootstrap},
    )
    output = done.stdout + done.stderr
    (compiled.parent / "output.txt").write_text(output)
    found = {name: outcome for outcome, name in re.findall(r"^--- (\w+): (\w+) ", output, flags=re.MULTILINE)}
    if not found:
        pytest.fail(f"franz-go's tests did not run:\n{output[-4000:]}", pytrace=False)
    return found


@pytest.mark.parametrize("name", allowed())
def test_franz_go(name: str, outcomes: Mapping[str, str]) -> None:
    assert outcomes.get(name, "did not end") == "PASS", f"see {CACHE / 'franz_go' / 'output.txt'}"
