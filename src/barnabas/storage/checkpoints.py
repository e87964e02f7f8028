"""The small text files of a data directory, in Kafka's formats.

* Checkpoints: a line with the version (0), a line with the number of entries, the entries. Offsets of partitions
  stand as `topic partition offset`.
* `meta.properties`: who owns the directory. Version 0 (Kafka with ZooKeeper) says `broker.id`, version 1 `node.id`.
* `partition.metadata`: the topic's ID (KIP-516).
* `.kafka_cleanshutdown`: there only if all logs were closed in order; content as of KIP-966.

Each is replaced in one step, so a crash leaves the old one or the new one.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from barnabas.foundation.identifiers import TopicPartition, uuid_from_text, uuid_to_text

RECOVERY_POINT_FILE: Final = "recovery-point-offset-checkpoint"
LOG_START_OFFSET_FILE: Final = "log-start-offset-checkpoint"
HIGH_WATERMARK_FILE: Final = "replication-offset-checkpoint"
META_PROPERTIES_FILE: Final = "meta.properties"
PARTITION_METADATA_FILE: Final = "partition.metadata"
CLEAN_SHUTDOWN_FILE: Final = ".kafka_cleanshutdown"
LOCK_FILE: Final = ".lock"


class CorruptCheckpoint(Exception):
    """A small file of the data directory that is not what it should be; names the file and what is wrong."""


def render_checkpoint(lines: Sequence[str]) -> bytes:
    return "\n".join(["0", str(len(lines)), *lines, ""]).encode()


def parse_checkpoint(content: bytes, path: str) -> list[str]:
    """The entries of a checkpoint file; CorruptCheckpoint if version or count do not fit."""
    try:
        lines = content.decode().splitlines()
        version, count = int(lines[0]), int(lines[1])
    except (UnicodeDecodeError, ValueError, IndexError):
        raise CorruptCheckpoint(f"{path}: no checkpoint file") from None
    entries = [line for line in lines[2:] if line]
    if not content.endswith(b"\n"):
        raise CorruptCheckpoint(f"{path}: cut off")  # and an offset may have lost its last digits
    if version != 0:
        raise CorruptCheckpoint(f"{path}: version {version}, expected 0")
    if count != len(entries):
        raise CorruptCheckpoint(f"{path}: {len(entries)} entries, its second line says {count}")
    return entries


def render_offsets(offsets: Mapping[TopicPartition, int]) -> bytes:
    return render_checkpoint([f"{name.topic} {name.partition} {offset}" for name, offset in offsets.items()])


def parse_offsets(content: bytes, path: str) -> dict[TopicPartition, int]:
    """Offsets by partition; CorruptCheckpoint if an entry is malformed."""
    offsets = {}
    for line in parse_checkpoint(content, path):
        try:
            topic, partition, offset = line.split()
            offsets[TopicPartition(topic, int(partition))] = int(offset)
        except ValueError:
            raise CorruptCheckpoint(f"{path}: {line!r} is not `topic partition offset`") from None
    return offsets


@dataclass(frozen=True, slots=True)
class MetaProperties:
    """Who a data directory belongs to; None where the file does not say."""

    node_id: int | None
    cluster_id: str | None
    version: int = 0
    directory_id: str | None = None
    """KRaft's name for the directory (KIP-858), kept for whoever put it there."""


def render_meta_properties(meta: MetaProperties) -> bytes:
    id_key = "broker.id" if meta.version == 0 else "node.id"
    properties: dict[str, int | str | None] = {
        "version": meta.version,
        id_key: meta.node_id,
        "cluster.id": meta.cluster_id,
    }
    properties["directory.id"] = meta.directory_id
    return "".join(f"{key}={value}\n" for key, value in properties.items() if value is not None).encode()


def parse_meta_properties(content: bytes, path: str) -> MetaProperties:
    """Read either version; CorruptCheckpoint if a number is none."""
    properties: dict[str, str] = {}
    for line in content.decode("utf-8", "replace").splitlines():
        if line.strip() and not line.lstrip().startswith(("#", "!")):
            key, _, value = line.partition("=")
            properties[key.strip()] = value.strip()
    try:
        version = int(properties.get("version", "0"))
        node_id = properties.get("broker.id" if version == 0 else "node.id")
        return MetaProperties(
            None if node_id is None else int(node_id),
            properties.get("cluster.id"),
            version,
            properties.get("directory.id"),
        )
    except ValueError:
        raise CorruptCheckpoint(f"{path}: version and broker id must be numbers, found {properties}") from None


def render_partition_metadata(topic_id: uuid.UUID) -> bytes:
    return f"version: 0\ntopic_id: {uuid_to_text(topic_id)}".encode()


def parse_partition_metadata(content: bytes, path: str) -> uuid.UUID:
    """The topic's ID; CorruptCheckpoint if there is none."""
    properties = dict(line.split(": ", 1) for line in content.decode("utf-8", "replace").splitlines() if ": " in line)
    try:
        return uuid_from_text(properties["topic_id"].strip())
    except (KeyError, ValueError):
        raise CorruptCheckpoint(f"{path}: no topic_id") from None


def render_clean_shutdown(broker_epoch: int) -> bytes:
    return f'{{"version":0,"brokerEpoch":{broker_epoch}}}'.encode()
