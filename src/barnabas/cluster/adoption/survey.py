"""What another broker left in its log directories, from their names and small files; no log is opened for writing.

Looked at before the first log is opened, because opening recovers: a log whose message format is not known here would
look like a damaged one, and be cut.
"""

import os
import struct
import uuid
import zlib
from collections.abc import Sequence
from typing import Final

from barnabas.cluster.adoption.decisions import Found, FoundLog
from barnabas.cluster.adoption.errors import CannotAdopt
from barnabas.cluster.adoption.kraft import KraftCluster, replay_all
from barnabas.cluster.adoption.metadata_log import read_metadata_log
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition, uuid_from_text
from barnabas.storage import CorruptCheckpoint, FileSystem
from barnabas.storage.checkpoints import (
    META_PROPERTIES_FILE,
    PARTITION_METADATA_FILE,
    MetaProperties,
    parse_checkpoint,
    parse_meta_properties,
    parse_offsets,
    parse_partition_metadata,
)
from barnabas.storage.directory_loading import METADATA_LOG_DIRECTORY, parse_directory_name
from barnabas.storage.filesystem import Entry, read_file
from barnabas.storage.leader_epochs import LEADER_EPOCH_FILE
from barnabas.storage.producer_snapshot import CorruptSnapshot, decode_snapshot
from barnabas.storage.segment import INDEX_SUFFIX, LOG_SUFFIX, SNAPSHOT_SUFFIX

CLEANER_OFFSET_FILE: Final = "cleaner-offset-checkpoint"
KRAFT_META_VERSION: Final = 1
UNSEEN_PRODUCER_IDS: Final = 1_000_000
"""Where the next producer ID is not written down: how far beyond the greatest one in the logs it is safe to begin."""

# Base offset and size; after the size CRC (of what follows it), magic. Message formats 0 and 1.
_OLD_MESSAGE: Final = struct.Struct(">qiIb")
_OLD_OVERHEAD_BYTES: Final = 12
_SMALLEST_MESSAGE_BYTES: Final = 14
_INDEX_ENTRY_BYTES: Final = 8


def survey(
    filesystem: FileSystem, directories: Sequence[str], *, node_id: int, metadata_directory: str | None = None
) -> Found:
    """Look at all of a broker's log directories; raises CannotAdopt for what can't be read.

    `metadata_directory` is `metadata.log.dir`; without it the metadata log is in one of the log directories.
    """
    logs: dict[TopicPartition, FoundLog] = {}
    producer_ids: list[int] = []
    compacted: set[str] = set()
    directory_ids: set[uuid.UUID] = set()
    owner: int | None = None
    is_kraft = False
    for directory in directories:
        entries = _list(filesystem, directory)
        names = {entry.name for entry in entries}
        meta = _read_meta_properties(filesystem, directory, names)
        owner = meta.node_id if owner is None else owner
        is_kraft = is_kraft or meta.version >= KRAFT_META_VERSION
        if meta.directory_id is not None:
            directory_ids.add(_directory_id(meta.directory_id, directory))
        compacted |= _compacted_topics(filesystem, directory, names)
        for entry in entries:
            name = parse_directory_name(entry.name) if entry.is_directory else None
            if name is not None:
                path = os.path.join(directory, entry.name)
                logs[name] = _look_at_log(filesystem, path, producer_ids)
    cluster = _read_cluster(
        filesystem, directories if metadata_directory is None else (metadata_directory, *directories)
    )
    if cluster is None and is_kraft and logs:
        raise CannotAdopt(
            f"{', '.join(directories)}: {META_PROPERTIES_FILE} speaks of a KRaft cluster, but its "
            f"{METADATA_LOG_DIRECTORY} is not there: log.dirs must name all that the broker had, and metadata.log.dir "
            "where it was set"
        )
    return Found(
        node_id if owner is None else owner,
        logs,
        cluster,
        directory_ids=frozenset(directory_ids),
        next_producer_id=max(producer_ids) + UNSEEN_PRODUCER_IDS if producer_ids else 0,
        compacted_topics=frozenset(compacted),
    )


def _read_cluster(filesystem: FileSystem, directories: Sequence[str]) -> KraftCluster | None:
    for directory in directories:
        if any(entry.name == METADATA_LOG_DIRECTORY for entry in _list(filesystem, directory)):
            path = os.path.join(directory, METADATA_LOG_DIRECTORY)
            return replay_all(read_metadata_log(filesystem, path))
    return None


def _look_at_log(filesystem: FileSystem, path: str, producer_ids: list[int]) -> FoundLog:
    entries = {entry.name: entry for entry in filesystem.list(path)}
    for name in sorted(entries):
        if name.endswith(LOG_SUFFIX):
            _require_known_format(filesystem, path, name, entries)
    snapshots = sorted(name for name in entries if name.endswith(SNAPSHOT_SUFFIX))
    if snapshots:
        producer_ids += _producer_ids(filesystem, os.path.join(path, snapshots[-1]))
    return FoundLog(_topic_id(filesystem, path, entries), _latest_epoch(filesystem, path, entries))


def _require_known_format(filesystem: FileSystem, directory: str, name: str, entries: dict[str, Entry]) -> None:
    """Look at the segment's first batch, and at the last one that its index knows."""
    path = os.path.join(directory, name)
    file = filesystem.open(path)
    positions = {0}
    index = entries.get(name.removesuffix(LOG_SUFFIX) + INDEX_SUFFIX)
    if index is not None and index.size_bytes >= _INDEX_ENTRY_BYTES:
        tail = filesystem.open(os.path.join(directory, index.name)).read_at(index.size_bytes - 4, 4)
        positions.add(int.from_bytes(tail, "big"))
    for position in sorted(positions):
        head = file.read_at(position, _OLD_MESSAGE.size)
        if len(head) < _OLD_MESSAGE.size:
            continue
        _, size_bytes, crc, magic = _OLD_MESSAGE.unpack(head)
        if magic not in (0, 1) or not _SMALLEST_MESSAGE_BYTES <= size_bytes <= entries[name].size_bytes:
            continue
        message = file.read_at(position + _OLD_OVERHEAD_BYTES + 4, size_bytes - 4)
        if zlib.crc32(message) == crc:
            raise CannotAdopt(
                f"{path}: has messages of format {magic} at position {position}, which only Kafka before 4.0 reads; "
                "let Kafka 3.9 delete or rewrite them first. Nothing has been changed"
            )


def _topic_id(filesystem: FileSystem, path: str, entries: dict[str, Entry]) -> uuid.UUID:
    if PARTITION_METADATA_FILE not in entries:
        return ZERO_UUID
    file = os.path.join(path, PARTITION_METADATA_FILE)
    try:
        return parse_partition_metadata(read_file(filesystem, file), file)
    except CorruptCheckpoint:
        return ZERO_UUID  # reported when the log is opened


def _latest_epoch(filesystem: FileSystem, path: str, entries: dict[str, Entry]) -> int:
    if LEADER_EPOCH_FILE not in entries:
        return -1
    file = os.path.join(path, LEADER_EPOCH_FILE)
    try:
        lines = parse_checkpoint(read_file(filesystem, file), file)
        return int(lines[-1].split()[0]) if lines else -1
    except (CorruptCheckpoint, ValueError):
        return -1  # made anew from the log when it is opened


def _producer_ids(filesystem: FileSystem, path: str) -> list[int]:
    try:
        return [entry.producer_id for entry in decode_snapshot(read_file(filesystem, path))]
    except CorruptSnapshot:
        return []


def _compacted_topics(filesystem: FileSystem, directory: str, names: set[str]) -> set[str]:
    if CLEANER_OFFSET_FILE not in names:
        return set()
    path = os.path.join(directory, CLEANER_OFFSET_FILE)
    try:
        return {name.topic for name in parse_offsets(read_file(filesystem, path), path)}
    except CorruptCheckpoint:
        return set()


def _read_meta_properties(filesystem: FileSystem, directory: str, names: set[str]) -> MetaProperties:
    if META_PROPERTIES_FILE not in names:
        return MetaProperties(None, None)
    path = os.path.join(directory, META_PROPERTIES_FILE)
    try:
        return parse_meta_properties(read_file(filesystem, path), path)
    except CorruptCheckpoint as error:
        raise CannotAdopt(str(error)) from error


def _directory_id(text: str, directory: str) -> uuid.UUID:
    try:
        return uuid_from_text(text)
    except ValueError:
        path = os.path.join(directory, META_PROPERTIES_FILE)
        raise CannotAdopt(f"{path}: directory.id={text} is no ID of 16 bytes in base64") from None


def _list(filesystem: FileSystem, directory: str) -> Sequence[Entry]:
    try:
        return filesystem.list(directory)
    except FileNotFoundError:
        return ()  # a directory that is about to be made
