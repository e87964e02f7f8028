"""The records of `__consumer_offsets`, in Kafka's own format.

A key begins with an int16 that says what it is: 0 and 1 a committed offset, 2 a group; a value begins with its int16
version. Written are the versions that Kafka 4.1 writes: offsets in 4 (1 when the client set a retention of its own, as
only version 1 has room for it), groups in 3. Source: OffsetCommitKey/Value.json and GroupMetadataKey/Value.json of
Kafka's group coordinator.
"""

import struct as binary
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from barnabas.coordinators.runtime.outcome import CoordinatorRecord
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Codec, Int32, Int64, codec, field, struct

OFFSET_KEY_TYPES: Final = (0, 1)
GROUP_KEY_TYPE: Final = 2
OFFSET_VALUE_VERSION: Final = 4
OFFSET_VALUE_VERSION_WITH_EXPIRY: Final = 1
GROUP_VALUE_VERSION: Final = 3
_FIRST_FLEXIBLE_VERSION: Final = 4
_NEWEST_VERSION: Final = 4

_INT16 = binary.Struct(">h")


@struct
class OffsetCommitKey:
    group: str
    topic: str
    partition: Int32


@struct
class OffsetCommitValue:
    offset: Int64
    leader_epoch: Int32 = field(default=-1, versions="3+", ignorable=True)
    metadata: str = ""
    commit_timestamp: Int64 = -1
    expire_timestamp: Int64 = field(default=-1, versions="1", ignorable=True)
    topic_id: UUID = field(default=ZERO_UUID, versions="4+", tag=0, tagged="4+", ignorable=True)


@struct
class GroupMetadataKey:
    group: str


@struct
class MemberMetadata:
    member_id: str
    group_instance_id: str | None = field(default=None, versions="3+", nullable="3+")
    client_id: str = ""
    client_host: str = ""
    rebalance_timeout: Int32 = field(default=-1, versions="1+")
    session_timeout: Int32 = 0
    subscription: bytes = b""
    assignment: bytes = b""


@struct
class GroupMetadataValue:
    protocol_type: str
    generation: Int32
    protocol: str | None = field(default=None, nullable="0+")
    leader: str | None = field(default=None, nullable="0+")
    current_state_timestamp: Int64 = field(default=-1, versions="2+")
    members: list[MemberMetadata] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CommittedOffset:
    """How far a group has come in one partition."""

    offset: int
    leader_epoch: int = -1
    metadata: str = ""
    commit_timestamp_ms: int = -1
    expire_timestamp_ms: int | None = None
    """Set only by clients that bring a retention of their own (OffsetCommit up to version 4)."""
    topic_id: UUID = ZERO_UUID


@dataclass(frozen=True, slots=True)
class OffsetRecord:
    group_id: str
    topic: str
    partition: int
    committed: CommittedOffset | None


@dataclass(frozen=True, slots=True)
class GroupRecord:
    group_id: str
    value: GroupMetadataValue | None


T = TypeVar("T")


def _codec(cls: type[T], version: int) -> Codec[T]:
    return codec(cls, version, version >= _FIRST_FLEXIBLE_VERSION)


def offset_record(group_id: str, topic: str, partition: int, committed: CommittedOffset) -> CoordinatorRecord:
    """The record that says how far a group has come."""
    value = OffsetCommitValue(
        offset=committed.offset,
        leader_epoch=committed.leader_epoch,
        metadata=committed.metadata,
        commit_timestamp=committed.commit_timestamp_ms,
        topic_id=committed.topic_id,
    )
    version = OFFSET_VALUE_VERSION
    if committed.expire_timestamp_ms is not None:
        version = OFFSET_VALUE_VERSION_WITH_EXPIRY
        value.expire_timestamp = committed.expire_timestamp_ms
    return CoordinatorRecord(
        _offset_key(group_id, topic, partition),
        _INT16.pack(version) + _codec(OffsetCommitValue, version).encode(value),
    )


def offset_tombstone(group_id: str, topic: str, partition: int) -> CoordinatorRecord:
    return CoordinatorRecord(_offset_key(group_id, topic, partition), None)


def group_record(group_id: str, value: GroupMetadataValue) -> CoordinatorRecord:
    """The record that holds a group's generation and members."""
    return CoordinatorRecord(
        _group_key(group_id),
        _INT16.pack(GROUP_VALUE_VERSION) + _codec(GroupMetadataValue, GROUP_VALUE_VERSION).encode(value),
    )


def group_tombstone(group_id: str) -> CoordinatorRecord:
    return CoordinatorRecord(_group_key(group_id), None)


def _offset_key(group_id: str, topic: str, partition: int) -> bytes:
    key = OffsetCommitKey(group=group_id, topic=topic, partition=partition)
    return _INT16.pack(1) + _codec(OffsetCommitKey, 0).encode(key)


def _group_key(group_id: str) -> bytes:
    return _INT16.pack(GROUP_KEY_TYPE) + _codec(GroupMetadataKey, 0).encode(GroupMetadataKey(group=group_id))


def read_record(record: CoordinatorRecord) -> OffsetRecord | GroupRecord | None:
    """What a record says; None for kinds of groups that are not served here, and for values from the future."""
    (key_type,) = _INT16.unpack_from(record.key)
    if key_type in OFFSET_KEY_TYPES:
        key = _codec(OffsetCommitKey, 0).decode(record.key, _INT16.size)
        if record.value is None:
            return OffsetRecord(key.group, key.topic, key.partition, None)
        version = _value_version(record.value)
        if version is None:
            return None
        value = _codec(OffsetCommitValue, version).decode(record.value, _INT16.size)
        return OffsetRecord(key.group, key.topic, key.partition, _committed(value))
    if key_type == GROUP_KEY_TYPE:
        group_key = _codec(GroupMetadataKey, 0).decode(record.key, _INT16.size)
        if record.value is None:
            return GroupRecord(group_key.group, None)
        version = _value_version(record.value)
        if version is None:
            return None
        return GroupRecord(group_key.group, _codec(GroupMetadataValue, version).decode(record.value, _INT16.size))
    return None


def _value_version(value: bytes) -> int | None:
    (version,) = _INT16.unpack_from(value)
    return version if 0 <= version <= _NEWEST_VERSION else None


def _committed(value: OffsetCommitValue) -> CommittedOffset:
    return CommittedOffset(
        offset=value.offset,
        leader_epoch=value.leader_epoch,
        metadata=value.metadata,
        commit_timestamp_ms=value.commit_timestamp,
        expire_timestamp_ms=None if value.expire_timestamp == -1 else value.expire_timestamp,
        topic_id=value.topic_id,
    )
