"""The tree in memory: the rules of its operations and what each of them changes.

Pure: no disk, no clock. `apply` works out a whole transaction aside and changes nothing; the owner makes the
`Transaction` durable and then calls `commit`, so readers never see what a crash could take back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from barnabas.cluster.coordination.tree import (
    ANY_VERSION,
    BadVersion,
    Check,
    Create,
    Created,
    Delete,
    EphemeralParent,
    Node,
    NodeExists,
    NoNode,
    NotEmpty,
    Operation,
    SetData,
    Stat,
    WatchEvent,
    WatchKind,
)


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node with what its children's rules need."""

    data: bytes
    stat: Stat
    children_version: int = 0
    """How often a child came or went; numbers sequential children, as in ZooKeeper."""

    @property
    def ephemeral(self) -> bool:
        return self.stat.ephemeral_owner != 0

    def public(self) -> Node:
        return Node(self.data, self.stat)


@dataclass(slots=True)
class Transaction:
    """What a list of operations would change."""

    zxid: int
    nodes: dict[str, TreeNode | None] = field(default_factory=dict)
    """The touched nodes as they shall be; None where one is removed."""
    events: list[WatchEvent] = field(default_factory=list)
    results: list[Created | Stat | None] = field(default_factory=list)
    """Per operation: the new node, the stat after a write, or nothing."""


class TreeState:
    """All nodes. The root exists always."""

    def __init__(self, nodes: Mapping[str, TreeNode], last_zxid: int) -> None:
        self._nodes: dict[str, TreeNode] = {"/": TreeNode(b"", Stat(0, 0, 0, 0))}
        self._nodes.update(nodes)
        self._children: dict[str, set[str]] = {path: set() for path in self._nodes}
        for path in self._nodes:
            if path != "/":
                self._children[parent_of(path)].add(name_of(path))
        self.last_zxid = last_zxid

    def get(self, path: str) -> Node | None:
        node = self._nodes.get(checked(path))
        return None if node is None else node.public()

    def children(self, path: str) -> list[str]:
        names = self._children.get(checked(path))
        if names is None:
            raise NoNode(path)
        return sorted(names)

    def owned_by(self, session_id: int) -> Iterator[str]:
        """The paths of a session's ephemeral nodes."""
        return (path for path, node in self._nodes.items() if node.stat.ephemeral_owner == session_id)

    def apply(self, operations: Sequence[Operation], session_id: int) -> Transaction:
        """Work out what the operations would change; raises the TreeError of the first that does not fit."""
        draft = _Draft(self, Transaction(self.last_zxid + 1), session_id)
        for operation in operations:
            draft.transaction.results.append(draft.apply(operation))
        return draft.transaction

    def commit(self, transaction: Transaction) -> None:
        """Make a transaction, which must be the one last worked out, visible."""
        for path, node in transaction.nodes.items():
            siblings = self._children.get(parent_of(path), set())
            if node is None:
                self._nodes.pop(path, None)
                self._children.pop(path, None)
                siblings.discard(name_of(path))
            else:
                self._nodes[path] = node
                self._children.setdefault(path, set())
                if path != "/":
                    siblings.add(name_of(path))
        self.last_zxid = transaction.zxid


@dataclass(slots=True)
class _Draft:
    """A transaction being worked out on top of the committed nodes."""

    state: TreeState
    transaction: Transaction
    session_id: int
    more_children: dict[str, int] = field(default_factory=dict)
    """How many children a node gains, or loses, by what was applied so far."""

    def apply(self, operation: Operation) -> Created | Stat | None:
        path = checked(operation.path)
        match operation:
            case Create():
                return self._create(path, operation)
            case SetData():
                node = self._expect(path, operation.expected_version)
                stat = replace(node.stat, mzxid=self.transaction.zxid, version=node.stat.version + 1)
                self.transaction.nodes[path] = replace(node, data=operation.data, stat=stat)
                self._tell(WatchKind.CHANGED, path)
                return stat
            case Delete():
                self._delete(path, operation.expected_version)
            case Check():
                self._expect(path, operation.expected_version)
        return None

    def _create(self, path: str, create: Create) -> Created:
        parent_path = parent_of(path)
        parent = self._find(parent_path)
        if parent is None:
            raise NoNode(parent_path)
        if parent.ephemeral:
            raise EphemeralParent(path)
        if create.sequential:
            path = f"{path}{parent.children_version:010d}"
        if self._find(path) is not None:
            raise NodeExists(path)
        zxid = self.transaction.zxid
        stat = Stat(zxid, zxid, 0, self.session_id if create.ephemeral else 0)
        self.transaction.nodes[parent_path] = replace(parent, children_version=parent.children_version + 1)
        self.transaction.nodes[path] = TreeNode(create.data, stat)
        self._count_child(parent_path, 1)
        self._tell(WatchKind.CREATED, path)
        self._tell(WatchKind.CHILDREN, parent_path)
        return Created(path, stat)

    def _delete(self, path: str, expected_version: int) -> None:
        if path == "/":
            raise ValueError("the root can't be deleted")
        self._expect(path, expected_version)
        if self._has_children(path):
            raise NotEmpty(path)
        parent_path = parent_of(path)
        parent = self._find(parent_path)
        assert parent is not None
        self.transaction.nodes[parent_path] = replace(parent, children_version=parent.children_version + 1)
        self.transaction.nodes[path] = None
        self._count_child(parent_path, -1)
        self._tell(WatchKind.DELETED, path)
        self._tell(WatchKind.CHILDREN, parent_path)

    def _expect(self, path: str, expected_version: int) -> TreeNode:
        node = self._find(path)
        if node is None:
            raise NoNode(path)
        if expected_version not in {ANY_VERSION, node.stat.version}:
            raise BadVersion(path)
        return node

    def _find(self, path: str) -> TreeNode | None:
        if path in self.transaction.nodes:
            return self.transaction.nodes[path]
        return self.state._nodes.get(path)

    def _has_children(self, path: str) -> bool:
        return len(self.state._children.get(path, ())) + self.more_children.get(path, 0) > 0

    def _count_child(self, parent_path: str, more: int) -> None:
        self.more_children[parent_path] = self.more_children.get(parent_path, 0) + more

    def _tell(self, kind: WatchKind, path: str) -> None:
        self.transaction.events.append(WatchEvent(kind, path))


def checked(path: str) -> str:
    """The path, if it is one: absolute, without empty or dotted parts."""
    if path != "/":
        parts = path.split("/")
        if parts[0] or len(parts) < 2 or any(part in {"", ".", ".."} for part in parts[1:]) or "\0" in path:
            raise ValueError(f"not a path of a node: {path!r}")
    return path


def parent_of(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def name_of(path: str) -> str:
    return path.rpartition("/")[2]
