"""The coordination tree: small versioned nodes that decide who leads and what exists, as in ZooKeeper.

`tree` says what a tree can do, `znodes` which nodes Kafka 3.9 keeps in it, `embedded` keeps one in SQLite.
"""

from barnabas.cluster.coordination.embedded import EmbeddedTree
from barnabas.cluster.coordination.tree import (
    ANY_VERSION,
    BadVersion,
    Check,
    CoordinationTree,
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
    TreeError,
    TreeUnavailable,
    Watcher,
    WatchEvent,
    WatchKind,
    ensure_path,
)

__all__ = [
    "ANY_VERSION",
    "BadVersion",
    "Check",
    "CoordinationTree",
    "Create",
    "Created",
    "Delete",
    "EmbeddedTree",
    "EphemeralParent",
    "NoNode",
    "Node",
    "NodeExists",
    "NotEmpty",
    "Operation",
    "SetData",
    "Stat",
    "TreeError",
    "TreeUnavailable",
    "WatchEvent",
    "WatchKind",
    "Watcher",
    "ensure_path",
]
