"""A disk as Apache Kafka leaves it, in memory: metadata records in their frames, logs, and the small files."""

from __future__ import annotations

import struct
import uuid
import zlib
from typing import Any, Final

from barnabas.cluster.adoption.metadata_log import MetadataEntry
from barnabas.foundation.identifiers import uuid_to_text
from barnabas.protocol.messages.internal import cluster_metadata as kinds
from barnabas.protocol.records import NewRecord, build_batch
from barnabas.protocol.wire import codec
from barnabas.storage.producer_snapshot import encode_snapshot
from barnabas.storage.producer_state import ProducerEntry
from barnabas.testing.memory_filesystem import MemoryFileSystem

DATA: Final = "/data"
NUMBERS: Final = {declared: number for number, (declared, _) in kinds._KINDS.items()}


def framed(record: Any, version: int = 0) -> bytes:
    """A record of the metadata log as it stands in there."""
    return bytes((1, NUMBERS[type(record)], version)) + codec(type(record), version, flexible=True).encode(record)


def entries(*records: Any) -> list[MetadataEntry]:
    return [MetadataEntry(framed(record), f"log, offset {place}") for place, record in enumerate(records)]


def batch(*values: bytes, base_offset: int = 0, is_control: bool = False) -> bytes:
    """A batch of the metadata log."""
    records = [NewRecord(b"\0\0\0\0" if is_control else None, value, 0) for value in values]
    return bytes(build_batch(records, base_offset=base_offset, is_control=is_control))


def topic_id(number: int) -> uuid.UUID:
    return uuid.UUID(int=0x1_0000 + number)


def make_disk(files: dict[str, bytes]) -> MemoryFileSystem:
    """A disk with these files below /data."""
    filesystem = MemoryFileSystem()
    filesystem.make_directory(DATA)
    for name, content in files.items():
        path = f"{DATA}/{name}"
        filesystem.make_directory(path.rpartition("/")[0])
        filesystem.open(path).append(content)
    return filesystem


def log_files(
    directory: str, identifier: uuid.UUID, *, epochs: str = "0\n1\n0 0\n", log: bytes = b""
) -> dict[str, bytes]:
    """The files of a partition."""
    return {
        f"{directory}/partition.metadata": f"version: 0\ntopic_id: {uuid_to_text(identifier)}".encode(),
        f"{directory}/leader-epoch-checkpoint": epochs.encode(),
        f"{directory}/00000000000000000000.log": log,
    }


def producer_snapshot(producer_id: int) -> bytes:
    return encode_snapshot([ProducerEntry(producer_id, 0)])


def old_message(magic: int, value: bytes = b"x") -> bytes:
    """A message as brokers wrote it before batches (formats 0 and 1), without a key."""
    timestamp = struct.pack(">q", 1_700_000_000_000) if magic else b""
    body = struct.pack(">bb", magic, 0) + timestamp + struct.pack(">ii", -1, len(value)) + value
    return struct.pack(">qiI", 0, len(body) + 4, zlib.crc32(body)) + body
