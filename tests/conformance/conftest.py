"""Fixtures for other people's programs: one broker for the whole session, fresh names for every test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from conformance.broker import RunningBroker, broker_under_test

# Distinct from run to run, since BARNABAS_TEST_BOOTSTRAP may name a broker that keeps what earlier runs left.
RUN: Final = f"{os.getpid():x}{os.urandom(2).hex()}"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """The broker under test, shared by all conformance tests."""
    with broker_under_test(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def bootstrap(broker: RunningBroker) -> str:
    """`host:port` of the broker; fails at once, and says so, when an earlier test has killed it."""
    if broker.process is not None:
        assert broker.process.poll() is None, "the broker died under an earlier test"
    return broker.bootstrap


@pytest.fixture
def fresh_name() -> Callable[[str], str]:
    """A name for a topic or group that nobody used before."""
    return lambda purpose: f"{purpose}-{RUN}-{next(_numbers)}"


@pytest.fixture
def topic(fresh_name: Callable[[str], str]) -> str:
    """The name of a topic that does not exist yet."""
    return fresh_name("topic")


@pytest.fixture
def group(fresh_name: Callable[[str], str]) -> str:
    """The name of a group that does not exist yet."""
    return fresh_name("group")
