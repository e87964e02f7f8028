"""`meta.properties`: whose a data directory is, and what it is called (KIP-78, KIP-858).

Kafka with ZooKeeper writes version 0 (`broker.id`), Kafka with KRaft version 1 (`node.id`); either is read, and kept as
it is. What it does not say yet is added; what it says is never changed.
"""

import os
from collections.abc import Callable
from dataclasses import replace

from barnabas.storage.checkpoints import (
    META_PROPERTIES_FILE,
    CorruptCheckpoint,
    MetaProperties,
    parse_meta_properties,
    render_meta_properties,
)
from barnabas.storage.directory_errors import DirectoryOfAnother, UnreadableOwner
from barnabas.storage.filesystem import FileSystem, read_file, replace_file

NewDirectoryId = Callable[[], str]


def claim(
    filesystem: FileSystem,
    directory: str,
    node_id: int | None,
    cluster_id: str | None,
    new_directory_id: NewDirectoryId | None = None,
) -> MetaProperties:
    """Check the file against who we are, and write down what it does not say yet.

    Raises DirectoryOfAnother if it names another owner, UnreadableOwner if nobody can tell.
    """
    path = os.path.join(directory, META_PROPERTIES_FILE)
    found = MetaProperties(None, None)
    if any(entry.name == META_PROPERTIES_FILE for entry in filesystem.list(directory)):
        try:
            found = parse_meta_properties(read_file(filesystem, path), path)
        except CorruptCheckpoint as error:
            raise UnreadableOwner(str(error)) from error
    for name, theirs, ours in (
        ("node.id" if found.version else "broker.id", found.node_id, node_id),
        ("cluster.id", found.cluster_id, cluster_id),
    ):
        if theirs is not None and ours is not None and theirs != ours:
            raise DirectoryOfAnother(directory, name, str(theirs), str(ours))
    meta = replace(
        found,
        node_id=found.node_id if node_id is None else node_id,
        cluster_id=found.cluster_id if cluster_id is None else cluster_id,
    )
    if meta.directory_id is None and new_directory_id is not None:
        meta = replace(meta, directory_id=new_directory_id())
    if meta != found:
        replace_file(filesystem, path, render_meta_properties(meta))
    return meta
