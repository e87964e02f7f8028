"""Foreign programs that tests drive: found on PATH, or the test says why it can't run.

On a developer's machine a missing program skips the test. With CI=true it fails: there a skip would hide that a claim
of compatibility is no longer checked.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final, NoReturn

import pytest

REPOSITORY: Final = Path(__file__).resolve().parent.parent
CACHE: Final = REPOSITORY / ".cache"


def on_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def cannot_run(reason: str) -> NoReturn:
    """Skip the test with this reason, or fail it where nothing may be skipped."""
    if on_ci():
        pytest.fail(f"{reason} (CI is set, so this is a failure)", pytrace=False)
    pytest.skip(reason)


def require_program(name: str) -> str:
    """The path of a program on PATH."""
    path = shutil.which(name)
    if path is None:
        cannot_run(f"needs the program {name!r} on PATH")
    return path


def installed_tool(name: str) -> str:
    """The path of a command that installing Barnabas puts beside its Python, such as `barnabas` or `kafka-topics`."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        pytest.fail(f"{path} is not there: is Barnabas installed in this environment?", pytrace=False)
    return str(path)
