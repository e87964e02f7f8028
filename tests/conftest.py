"""What all tests share: quick ones first, nothing left running behind.

A test's folder says what it needs: `unit` no sockets or threads, `property` Hypothesis, `contract` one suite per
Protocol, `integration` one real broker, `conformance` other people's programs against ours.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import hypothesis
import pytest

TESTS: Final = Path(__file__).resolve().parent
ORDER: Final = {
    name: place for place, name in enumerate(("unit", "docs", "property", "contract", "integration", "conformance"))
}
THREAD_GRACE_SECONDS: Final = 5.0

# A busy machine stalls for longer than Hypothesis's deadline per example; pytest-timeout watches the whole test.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


def _place(item: pytest.Item) -> int:
    folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
    return ORDER.get(folder, len(ORDER))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first: who broke something learns it in seconds, and one run's summary still speaks for all."""
    items.sort(key=_place)


@pytest.fixture(autouse=True)
def no_thread_outlives_its_test() -> Iterator[None]:
    """A thread left running keeps files and sockets of one test open under the next one's feet."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + THREAD_GRACE_SECONDS
    for thread in set(threading.enumerate()) - before:
        if thread.daemon or thread is threading.current_thread():
            continue
        thread.join(max(0.0, deadline - time.monotonic()))
        assert not thread.is_alive(), f"the test left the thread {thread.name!r} running"
