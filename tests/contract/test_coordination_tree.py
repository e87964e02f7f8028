"""What every coordination tree does, whoever keeps it.

A tree is a factory of sessions: a second one begins when the first has ended, on the same nodes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from barnabas.cluster.coordination import (
    BadVersion,
    Check,
    CoordinationTree,
    Create,
    Delete,
    EmbeddedTree,
    EphemeralParent,
    NodeExists,
    NoNode,
    NotEmpty,
    SetData,
    TreeUnavailable,
    WatchEvent,
    WatchKind,
    ensure_path,
)

Session = Callable[[], AbstractAsyncContextManager[CoordinationTree]]


@pytest.fixture(params=["embedded"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Session:
    @asynccontextmanager
    async def embedded() -> AsyncIterator[CoordinationTree]:
        tree = await EmbeddedTree.open(tmp_path / "tree.db")
        try:
            yield tree
        finally:
            await tree.close()

    return {"embedded": embedded}[request.param]


def in_session(session: Session, body: Callable[[CoordinationTree], Awaitable[None]]) -> None:
    async def run() -> None:
        async with session() as tree:
            await body(tree)

    asyncio.run(run())


def test_a_node_is_read_as_it_was_written(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        assert await tree.get("/a") is None
        created = await tree.create("/a", b"one")
        assert created.path == "/a"
        assert created.stat.version == 0
        assert created.stat.ephemeral_owner == 0
        stat = await tree.set("/a", b"two", expected_version=0)
        assert stat.version == 1
        assert stat.czxid == created.stat.czxid < stat.mzxid
        node = await tree.get("/a")
        assert node is not None
        assert (node.data, node.stat) == (b"two", stat)
        await tree.delete("/a", expected_version=1)
        assert await tree.get("/a") is None

    in_session(session, body)


def test_children_are_names_in_order(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        for path in ("/p", "/p/b", "/p/a", "/p/a/deep"):
            await tree.create(path)
        assert await tree.children("/p") == ["a", "b"]
        assert "p" in await tree.children("/")
        with pytest.raises(NoNode):
            await tree.children("/missing")

    in_session(session, body)


def test_what_does_not_fit_is_refused_and_changes_nothing(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        await tree.create("/a", b"1")
        await tree.create("/a/child")
        with pytest.raises(NodeExists):
            await tree.create("/a")
        with pytest.raises(NoNode):
            await tree.create("/missing/child")
        with pytest.raises(NoNode):
            await tree.set("/missing", b"")
        with pytest.raises(BadVersion):
            await tree.set("/a", b"2", expected_version=7)
        with pytest.raises(NoNode):
            await tree.delete("/missing")
        with pytest.raises(NotEmpty):
            await tree.delete("/a")
        with pytest.raises(BadVersion):
            await tree.delete("/a/child", expected_version=3)
        node = await tree.get("/a")
        assert node is not None
        assert (node.data, node.stat.version) == (b"1", 0)
        assert await tree.children("/a") == ["child"]

    in_session(session, body)


@pytest.mark.parametrize("path", ["", "a", "/a/", "//a", "/a//b", "/a/../b", "/./a"])
def test_a_path_must_be_one(session: Session, path: str) -> None:
    async def body(tree: CoordinationTree) -> None:
        with pytest.raises(ValueError):
            await tree.create(path)

    in_session(session, body)


def test_sequential_nodes_are_numbered_without_repetition(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        await tree.create("/changes")
        first = await tree.create("/changes/change_", sequential=True)
        await tree.delete(first.path)
        second = await tree.create("/changes/change_", sequential=True)
        assert first.path == "/changes/change_0000000000"
        assert len(second.path) == len(first.path)
        assert second.path > first.path

    in_session(session, body)


def test_multi_applies_all_in_order(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        await tree.create("/epoch", b"1")
        await tree.multi(
            [
                Check("/epoch", 0),
                Create("/t"),
                Create("/t/p", b"x"),
                SetData("/t/p", b"y", expected_version=0),
                SetData("/epoch", b"2", expected_version=0),
                Delete("/t/p", expected_version=1),
            ]
        )
        assert await tree.children("/t") == []
        await tree.multi([])

    in_session(session, body)


def test_multi_applies_nothing_when_one_fails(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        await tree.create("/epoch", b"1")
        with pytest.raises(BadVersion) as refused:
            await tree.multi([Create("/a"), SetData("/epoch", b"9"), Check("/epoch", 5)])
        assert refused.value.path == "/epoch"
        with pytest.raises(NoNode):
            await tree.multi([Create("/a"), Check("/missing")])
        with pytest.raises(NotEmpty):
            await tree.multi([Create("/a"), Create("/a/b"), Delete("/a")])
        assert await tree.get("/a") is None
        node = await tree.get("/epoch")
        assert node is not None
        assert (node.data, node.stat.version) == (b"1", 0)

    in_session(session, body)


def test_ephemeral_nodes_live_as_long_as_their_session(session: Session) -> None:
    async def run() -> None:
        async with session() as tree:
            await tree.create("/stays", b"s")
            created = await tree.create("/goes", b"g", ephemeral=True)
            assert created.stat.ephemeral_owner == tree.session_id != 0
            with pytest.raises(EphemeralParent):
                await tree.create("/goes/child")
            first_session, last_change = tree.session_id, created.stat.czxid
        async with session() as tree:
            assert tree.session_id != first_session
            assert await tree.get("/goes") is None
            stays = await tree.get("/stays")
            assert stays is not None
            assert stays.data == b"s"
            again = await tree.create("/goes", ephemeral=True)
            assert again.stat.czxid > last_change  # a broker's epoch never goes back

    asyncio.run(run())


def test_persistent_nodes_keep_their_stat_from_session_to_session(session: Session) -> None:
    async def run() -> None:
        async with session() as tree:
            await tree.create("/a", b"1")
            stat = await tree.set("/a", b"2")
        async with session() as tree:
            node = await tree.get("/a")
            assert node is not None
            assert (node.data, node.stat) == (b"2", stat)
            later = await tree.set("/a", b"3", expected_version=1)
            assert later.mzxid > stat.mzxid

    asyncio.run(run())


def test_watches_tell_of_the_next_change_once(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        seen: asyncio.Queue[WatchEvent] = asyncio.Queue()
        await tree.get("/a", seen.put_nowait)
        await tree.create("/a")
        assert await seen.get() == (WatchKind.CREATED, "/a")
        await tree.set("/a", b"not watched")
        await tree.get("/a", seen.put_nowait)
        await tree.set("/a", b"watched")
        assert await seen.get() == (WatchKind.CHANGED, "/a")
        await tree.get("/a", seen.put_nowait)
        await tree.delete("/a")
        assert await seen.get() == (WatchKind.DELETED, "/a")
        assert seen.empty()

    in_session(session, body)


def test_watches_of_children_tell_of_those_that_come_and_go(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        seen: asyncio.Queue[WatchEvent] = asyncio.Queue()
        await tree.create("/p")
        await tree.children("/p", seen.put_nowait)
        await tree.set("/p", b"its own data is none of theirs")
        await tree.create("/p/a")
        assert await seen.get() == (WatchKind.CHILDREN, "/p")
        await tree.children("/p", seen.put_nowait)
        await tree.set("/p/a", b"a child's data neither")
        await tree.delete("/p/a")
        assert await seen.get() == (WatchKind.CHILDREN, "/p")
        await tree.children("/p", seen.put_nowait)
        await tree.delete("/p")
        assert await seen.get() == (WatchKind.DELETED, "/p")
        assert seen.empty()

    in_session(session, body)


def test_a_watcher_reads_what_it_is_told_of(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        told: asyncio.Future[WatchEvent] = asyncio.get_running_loop().create_future()
        await tree.get("/b", told.set_result)
        await tree.multi([Create("/a", b"first"), Create("/b", b"second")])
        await told
        node = await tree.get("/b")
        assert node is not None
        assert node.data == b"second"

    in_session(session, body)


def test_concurrent_writers_are_told_apart_by_versions(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        await tree.create("/counter", b"0")

        async def add_one() -> None:
            while True:
                node = await tree.get("/counter")
                assert node is not None
                try:
                    await tree.set("/counter", b"%d" % (int(node.data) + 1), node.stat.version)
                except BadVersion:
                    continue
                return

        await asyncio.gather(*(add_one() for _ in range(10)))
        node = await tree.get("/counter")
        assert node is not None
        assert (node.data, node.stat.version) == (b"10", 10)

    in_session(session, body)


def test_a_write_is_finished_when_its_caller_is_cancelled(session: Session) -> None:
    async def run() -> None:
        async with session() as tree:
            writing = asyncio.create_task(tree.create("/a", b"kept"))
            await asyncio.sleep(0)
            writing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await writing
            await tree.create("/after")  # writes are applied in order, so the first is through now
            assert await tree.get("/a") is not None
        async with session() as tree:
            assert await tree.get("/a") is not None

    asyncio.run(run())


def test_a_closed_tree_is_unavailable(session: Session) -> None:
    async def run() -> None:
        async with session() as tree:
            pass
        await tree.close()
        with pytest.raises(TreeUnavailable):
            await tree.get("/")
        with pytest.raises(TreeUnavailable):
            await tree.create("/a")

    asyncio.run(run())


def test_paths_are_made_with_their_parents(session: Session) -> None:
    async def body(tree: CoordinationTree) -> None:
        await ensure_path(tree, "/a/b/c")
        await ensure_path(tree, "/a/b/d")
        await ensure_path(tree, "/a/b/c")
        assert await tree.children("/a/b") == ["c", "d"]

    in_session(session, body)
