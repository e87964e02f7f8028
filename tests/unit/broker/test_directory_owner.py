"""A broker that is told no ID takes the one that its data directory names."""

from __future__ import annotations

from pathlib import Path

import pytest

from barnabas.broker.directory_owner import named_by_its_directory
from barnabas.foundation.config import BrokerSettings, Properties


def node_id(folder: Path, given: dict[str, str]) -> int:
    properties = Properties({"log.dirs": f"{folder / 'none'},{folder}", **given})
    settings = BrokerSettings.from_properties(properties)
    return BrokerSettings.from_properties(named_by_its_directory(properties, settings)).node_id


@pytest.mark.parametrize("content", ["version=0\nbroker.id=7\n", "version=1\nnode.id=7\n"])
def test_the_directory_names_the_broker(content: str, tmp_path: Path) -> None:
    (tmp_path / "meta.properties").write_text(content)
    assert node_id(tmp_path, {}) == 7
    assert node_id(tmp_path, {"broker.id": "-1"}) == 7


@pytest.mark.parametrize("given", [{"node.id": "3"}, {"broker.id": "3"}])
def test_what_was_said_counts(given: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "meta.properties").write_text("version=0\nbroker.id=7\n")
    assert node_id(tmp_path, given) == 3


@pytest.mark.parametrize("content", [None, "version=0\n", "version=?\n"])
def test_a_directory_that_names_nobody_changes_nothing(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "meta.properties").write_text(content)
    assert node_id(tmp_path, {}) == BrokerSettings.from_properties(Properties()).node_id
