"""Zeros are told from data, and a gigabyte that was never written is not read."""

import os
from pathlib import Path

import pytest

from barnabas.storage.filesystem import File, append_fully
from barnabas.storage.holes import holds_only_zeros, next_data
from barnabas.storage.system_filesystem import SystemFileSystem
from barnabas.testing.memory_filesystem import MemoryFileSystem

MIB = 1 << 20


@pytest.fixture(params=["system", "memory"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> File:
    if request.param == "system":
        return SystemFileSystem().open(str(tmp_path / "log"))
    memory = MemoryFileSystem()
    memory.make_directory("/data")
    return memory.open("/data/log")


def test_zeros_that_were_written_count_like_any(file: File) -> None:
    append_fully(file, b"data" + bytes(3 * MIB) + b"!")
    assert holds_only_zeros(file, 4, 4 + 3 * MIB)
    assert not holds_only_zeros(file, 3, 4 + 3 * MIB)
    assert not holds_only_zeros(file, 4, file.size())
    assert holds_only_zeros(file, 4, 4)


def test_what_lies_behind_a_hole_is_found(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = SystemFileSystem().open(str(path))
    append_fully(file, b"data")
    os.truncate(path, 64 * MIB)
    assert holds_only_zeros(file, 4, 64 * MIB)
    append_fully(file, b"!")
    assert not holds_only_zeros(file, 4, file.size())


def test_without_a_descriptor_everything_may_be_data() -> None:
    assert next_data(-1, 7, 100) == 7
