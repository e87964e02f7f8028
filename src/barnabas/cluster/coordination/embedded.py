"""The tree of a cluster that lives on one machine: in memory for readers, in SQLite for survival.

A write is worked out in memory, committed to SQLite in one dedicated thread, and only then made visible, so what
anybody has seen survives `kill -9` and a power cut (`synchronous=FULL`: one fsync of the write-ahead log per commit).
Reads never leave the event loop.

Opening the file starts a session. Like ZooKeeper's, a zxid is an epoch (here: counted up with every opening) in
the upper 32 bits and a counter below, so it grows even across a crash, and with it every broker epoch. Ephemeral
nodes are therefore never written to the file: they can't outlive the process.

File format: SQLite, `user_version` 1; table `node` with one row per persistent node; table `session` with one row, the
epoch.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

from barnabas.cluster.coordination.state import Transaction, TreeNode, TreeState
from barnabas.cluster.coordination.tree import (
    ANY_VERSION,
    Create,
    Created,
    Delete,
    Node,
    Operation,
    SetData,
    Stat,
    TreeUnavailable,
    Watcher,
    WatchEvent,
    WatchKind,
)

FILE_FORMAT: Final = 1

SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS node (
        path TEXT PRIMARY KEY, data BLOB NOT NULL, version INTEGER NOT NULL, children_version INTEGER NOT NULL,
        czxid INTEGER NOT NULL, mzxid INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS session (epoch INTEGER NOT NULL);
    INSERT INTO session SELECT 0 WHERE NOT EXISTS (SELECT * FROM session);
    PRAGMA user_version = 1;
"""


class EmbeddedTree:
    """A `CoordinationTree` of this process alone; the file is locked while it is open."""

    def __init__(self, file: "_TreeFile", thread: ThreadPoolExecutor, state: TreeState, session_id: int) -> None:
        self._file = file
        self._thread = thread
        self._state = state
        self._session_id = session_id
        self._write_turn = asyncio.Lock()
        self._writes: set[asyncio.Task[Transaction]] = set()
        self._data_watchers: dict[str, list[Watcher]] = {}
        self._children_watchers: dict[str, list[Watcher]] = {}
        self._closed = False

    @classmethod
    async def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open or create the file; raises TreeUnavailable when it is in use, unreadable or of another format."""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="coordination-tree")
        try:
            opening = asyncio.get_running_loop().run_in_executor(thread, _TreeFile.open, os.fspath(path))
            file, nodes, epoch = await opening
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(file, thread, TreeState(nodes, last_zxid=epoch << 32), session_id=epoch)

    @property
    def session_id(self) -> int:
        return self._session_id

    async def get(self, path: str, watch: Watcher | None = None) -> Node | None:
        self._ensure_open()
        node = self._state.get(path)
        if watch is not None:
            self._data_watchers.setdefault(path, []).append(watch)
        return node

    async def children(self, path: str, watch: Watcher | None = None) -> list[str]:
        self._ensure_open()
        names = self._state.children(path)
        if watch is not None:
            self._children_watchers.setdefault(path, []).append(watch)
        return names

    async def create(
        self, path: str, data: bytes = b"", *, ephemeral: bool = False, sequential: bool = False
    ) -> Created:
        result = await self._write_one(Create(path, data, ephemeral, sequential))
        assert isinstance(result, Created)
        return result

    async def set(self, path: str, data: bytes, expected_version: int = ANY_VERSION) -> Stat:
        result = await self._write_one(SetData(path, data, expected_version))
        assert isinstance(result, Stat)
        return result

    async def delete(self, path: str, expected_version: int = ANY_VERSION) -> None:
        await self._write_one(Delete(path, expected_version))

    async def multi(self, operations: Sequence[Operation]) -> None:
        await self._write(operations)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        async with self._write_turn:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        self._thread.shutdown(wait=True)

    async def _write_one(self, operation: Operation) -> Created | Stat | None:
        return (await self._write((operation,))).results[0]

    async def _write(self, operations: Sequence[Operation]) -> Transaction:
        # A task of its own: if the caller is cancelled halfway, memory must still learn what the file has got.
        task = asyncio.get_running_loop().create_task(self._write_in_turn(operations))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)

    async def _write_in_turn(self, operations: Sequence[Operation]) -> Transaction:
        async with self._write_turn:
            self._ensure_open()
            transaction = self._state.apply(operations, self._session_id)
            lasting = {path: node for path, node in transaction.nodes.items() if node is None or not node.ephemeral}
            if lasting:
                try:
                    await asyncio.get_running_loop().run_in_executor(self._thread, self._file.write, lasting)
                except sqlite3.Error as error:
                    raise TreeUnavailable(operations[0].path, f"can't write {self._file.path}: {error}") from error
            self._state.commit(transaction)
        for event in transaction.events:
            self._tell(event)
        return transaction

    def _tell(self, event: WatchEvent) -> None:
        watchers: list[Watcher] = []
        if event.kind is not WatchKind.CHILDREN:
            watchers += self._data_watchers.pop(event.path, ())
        if event.kind in {WatchKind.CHILDREN, WatchKind.DELETED}:
            watchers += self._children_watchers.pop(event.path, ())
        for watcher in watchers:
            watcher(event)

    def _ensure_open(self) -> None:
        if self._closed:
            raise TreeUnavailable(self._file.path, "the tree is closed")


class _TreeFile:
    """The SQLite file; every method runs in the tree's own thread."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: str) -> tuple["_TreeFile", dict[str, TreeNode], int]:
        """The file, its nodes, and the epoch of the session that begins."""
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(path, timeout=0, isolation_level=None)
            return cls._prepare(path, connection)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise TreeUnavailable(path, f"can't open the file: {error}") from error

    @classmethod
    def _prepare(cls, path: str, connection: sqlite3.Connection) -> tuple["_TreeFile", dict[str, TreeNode], int]:
        # Exclusive before the journal mode: memory mirrors the file, so nobody else may write it; and then SQLite
        # keeps the index of its write-ahead log in memory, without a shared memory file.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (file_format,) = connection.execute("PRAGMA user_version").fetchone()
        if file_format not in {0, FILE_FORMAT}:
            raise sqlite3.DatabaseError(f"it has format {file_format}, this program knows {FILE_FORMAT}")
        connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA if file_format == 0 else ''} COMMIT;")
        connection.execute("UPDATE session SET epoch = epoch + 1")
        (epoch,) = connection.execute("SELECT epoch FROM session").fetchone()
        rows = connection.execute("SELECT path, data, version, children_version, czxid, mzxid FROM node")
        nodes = {row[0]: TreeNode(row[1], Stat(row[4], row[5], row[2], 0), row[3]) for row in rows}
        return cls(path, connection), nodes, epoch

    def write(self, nodes: dict[str, TreeNode | None]) -> None:
        """Commit the nodes, all or none; raises sqlite3.Error."""
        removed = [(path,) for path, node in nodes.items() if node is None]
        written = [
            (path, node.data, node.stat.version, node.children_version, node.stat.czxid, node.stat.mzxid)
            for path, node in nodes.items()
            if node is not None
        ]
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("DELETE FROM node WHERE path = ?", removed)
            self._connection.executemany("INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?, ?, ?)", written)
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._connection.close()
