"""What a coordination tree can do: ZooKeeper's data model, cut down to what a Kafka cluster uses of it.

A node has a path, some bytes and a version that counts its writes. Every change of the tree gets the next
transaction number (zxid), so a node's `czxid` tells one incarnation from another: it is a broker's epoch. An
ephemeral node lives as long as the session that made it. `multi` applies all of its operations or none, which is
how a controller proves with each write that it still is the controller.

Every implementation passes `tests/contract/test_coordination_tree.py`.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple, Protocol

ANY_VERSION: Final = -1
"""The expected version that always fits."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What the tree knows about a node besides its data."""

    czxid: int
    """The transaction that created the node."""
    mzxid: int
    """The transaction that last wrote its data."""
    version: int
    """How often the data was written since creation."""
    ephemeral_owner: int
    """The session that an ephemeral node belongs to, 0 for a node that stays."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node as it was read."""

    data: bytes
    stat: Stat


class Created(NamedTuple):
    """A new node; its path differs from the one asked for when it is sequential."""

    path: str
    stat: Stat


@dataclass(frozen=True, slots=True)
class Create:
    """Make a node. The parent must exist and must not be ephemeral.

    A sequential node gets the parent's next number, ten digits, appended to its path.
    """

    path: str
    data: bytes = b""
    ephemeral: bool = False
    sequential: bool = False


@dataclass(frozen=True, slots=True)
class SetData:
    """Replace a node's data, provided that it has the expected version."""

    path: str
    data: bytes
    expected_version: int = ANY_VERSION


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a node without children, provided that it has the expected version."""

    path: str
    expected_version: int = ANY_VERSION


@dataclass(frozen=True, slots=True)
class Check:
    """Change nothing, but fail the `multi` when the node is missing or has another version."""

    path: str
    expected_version: int = ANY_VERSION


Operation = Create | SetData | Delete | Check


class WatchKind(Enum):
    """What happened to a watched node."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    CHILDREN = "children"


class WatchEvent(NamedTuple):
    """Tells that something happened, not what there is now: read again, and watch again."""

    kind: WatchKind
    path: str


Watcher = Callable[[WatchEvent], None]
"""Called once, on the event loop, after the change is visible to readers."""


class TreeError(Exception):
    """An operation that the tree refused; nothing was changed."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


class NoNode(TreeError):
    """The node, or the parent of a node to be made, is missing."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "no such node")


class NodeExists(TreeError):
    """There is a node at that path already."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "node exists")


class BadVersion(TreeError):
    """The node was written since it was read."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "node has another version")


class NotEmpty(TreeError):
    """The node to be deleted has children."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "node has children")


class EphemeralParent(TreeError):
    """An ephemeral node can't have children."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "an ephemeral node can't have children")


class TreeUnavailable(TreeError):
    """The tree can't be reached or can't be written: a full disk, another process, a lost ensemble, or closed."""


class CoordinationTree(Protocol):
    """A session with a tree. All methods may raise `TreeUnavailable`; ValueError for a path that is none."""

    @property
    def session_id(self) -> int:
        """The owner of the ephemeral nodes that are made here."""

    async def get(self, path: str, watch: Watcher | None = None) -> Node | None:
        """The node, or None. The watcher hears of its next creation, change or deletion."""

    async def children(self, path: str, watch: Watcher | None = None) -> list[str]:
        """The names (not paths) of a node's children, sorted; raises NoNode.

        The watcher hears of the next child that comes or goes, or of the node's own deletion.
        """

    async def create(
        self, path: str, data: bytes = b"", *, ephemeral: bool = False, sequential: bool = False
    ) -> Created:
        """Make a node, see `Create`; raises NodeExists, NoNode (the parent), EphemeralParent."""

    async def set(self, path: str, data: bytes, expected_version: int = ANY_VERSION) -> Stat:
        """Replace a node's data; raises NoNode, BadVersion."""

    async def delete(self, path: str, expected_version: int = ANY_VERSION) -> None:
        """Remove a node; raises NoNode, BadVersion, NotEmpty."""

    async def multi(self, operations: Sequence[Operation]) -> None:
        """Apply all operations in order, each seeing those before it, or none; raises what the first failing raises.

        What was applied survives the death of this process. Operations are not undone when the caller is cancelled.
        """

    async def close(self) -> None:
        """End the session: its ephemeral nodes vanish. May be called twice."""


async def ensure_path(tree: CoordinationTree, path: str) -> None:
    """Make a node and its parents where they are missing."""
    if await tree.get(path) is not None:
        return
    parent = path.rpartition("/")[0]
    if parent:
        await ensure_path(tree, parent)
    with contextlib.suppress(NodeExists):
        await tree.create(path)
