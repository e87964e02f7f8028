"""The embedded tree's file: what survives, and what it refuses."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from barnabas.cluster.coordination import Create, EmbeddedTree, TreeUnavailable

WRITER = """
import asyncio, sys
from barnabas.cluster.coordination import EmbeddedTree

async def write():
    tree = await EmbeddedTree.open(sys.argv[1])
    await tree.create("/n")
    await tree.create("/live", ephemeral=True)
    number = 0
    while True:
        await tree.create(f"/n/{number:06d}", b"x" * 100)
        print(number, flush=True)
        number += 1

asyncio.run(write())
"""


def test_what_was_acknowledged_survives_kill(tmp_path: Path) -> None:
    path = tmp_path / "tree.db"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    with writer.stdout:
        for _ in range(50):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        acknowledged = 50 + len(writer.stdout.readlines())
    writer.wait()

    async def read() -> None:
        tree = await EmbeddedTree.open(path)
        names = await tree.children("/n")
        assert len(names) in {acknowledged, acknowledged + 1}  # the last may be written and not yet told
        assert names == [f"{number:06d}" for number in range(len(names))]
        assert await tree.get("/live") is None
        await tree.close()

    asyncio.run(read())


def test_a_file_is_open_once(tmp_path: Path) -> None:
    async def run() -> None:
        tree = await EmbeddedTree.open(tmp_path / "tree.db")
        with pytest.raises(TreeUnavailable, match="locked"):
            await EmbeddedTree.open(tmp_path / "tree.db")
        await tree.close()
        again = await EmbeddedTree.open(tmp_path / "tree.db")
        await again.close()

    asyncio.run(run())


@pytest.mark.parametrize("content", [b"this is no database, however long it may be read" * 100])
def test_a_strange_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tree.db").write_bytes(content)
    with pytest.raises(TreeUnavailable, match="not a database"):
        asyncio.run(EmbeddedTree.open(tmp_path / "tree.db"))


def test_a_file_of_a_later_format_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "tree.db")
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(TreeUnavailable, match="format 2"):
        asyncio.run(EmbeddedTree.open(tmp_path / "tree.db"))


def test_a_directory_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(TreeUnavailable, match="can't open"):
        asyncio.run(EmbeddedTree.open(tmp_path / "missing" / "tree.db"))


def test_a_write_that_the_file_refuses_changes_nothing(tmp_path: Path) -> None:
    """A name that SQLite can't store stands for a full disk: both fail inside the transaction."""

    async def run() -> None:
        tree = await EmbeddedTree.open(tmp_path / "tree.db")
        await tree.create("/a")
        with pytest.raises(UnicodeEncodeError):
            await tree.multi([Create("/b"), Create("/\ud800")])
        assert await tree.children("/") == ["a"]
        await tree.create("/c")
        await tree.close()
        tree = await EmbeddedTree.open(tmp_path / "tree.db")
        assert await tree.children("/") == ["a", "c"]
        await tree.close()

    asyncio.run(run())
