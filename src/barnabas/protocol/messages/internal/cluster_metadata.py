"""Records of `__cluster_metadata`, in which a KRaft cluster keeps its state.

A record's value is a frame: unsigned varints for the frame's version (1), the kind of record and the record's version,
then the record, which is flexible in every version. Declared are the kinds that a data directory's next owner needs to
know. Source: KIP-631, KIP-868 (transactions), KIP-858 (directories), KIP-966 (eligible leader replicas).
"""

import uuid
from typing import Any, Final

from barnabas.protocol.wire import Float64, Int8, Int16, Int32, Int64, MalformedMessage, codec, field, struct
from barnabas.protocol.wire.varint import read_unsigned_varint

FRAME_VERSION: Final = 1
LEADER_UNCHANGED: Final = -2


@struct
class TopicRecord:
    """A topic was made."""

    name: str
    topic_id: uuid.UUID


@struct
class PartitionRecord:
    """A partition was made, or what is to be known of it in a snapshot."""

    partition_id: Int32 = -1
    topic_id: uuid.UUID
    replicas: list[Int32] = field(default_factory=list)
    isr: list[Int32] = field(default_factory=list)
    removing_replicas: list[Int32] = field(default_factory=list)
    adding_replicas: list[Int32] = field(default_factory=list)
    leader: Int32 = -1
    leader_recovery_state: Int8 = field(default=0, tag=0)
    leader_epoch: Int32 = -1
    partition_epoch: Int32 = -1
    directories: list[uuid.UUID] = field(default_factory=list, versions="1+")
    eligible_leader_replicas: list[Int32] | None = field(default=None, versions="2+", tag=1)
    last_known_elr: list[Int32] | None = field(default=None, versions="2+", tag=2)


@struct
class ConfigRecord:
    """One option of one resource was set, or (no value) is back at its default."""

    resource_type: Int8
    resource_name: str
    name: str
    value: str | None = None


@struct
class PartitionChangeRecord:
    """What is another in a partition; a list that is absent did not change."""

    partition_id: Int32 = -1
    topic_id: uuid.UUID
    isr: list[Int32] | None = field(default=None, tag=0)
    leader: Int32 = field(default=LEADER_UNCHANGED, tag=1)
    """The new leader, -1 for none; every record that names one begins a leader epoch."""
    replicas: list[Int32] | None = field(default=None, tag=2)
    removing_replicas: list[Int32] | None = field(default=None, tag=3)
    adding_replicas: list[Int32] | None = field(default=None, tag=4)
    leader_recovery_state: Int8 = field(default=-1, tag=5)
    directories: list[uuid.UUID] | None = field(default=None, versions="1+", tag=8)
    eligible_leader_replicas: list[Int32] | None = field(default=None, versions="2+", tag=6)
    last_known_elr: list[Int32] | None = field(default=None, versions="2+", tag=7)


@struct
class RemoveTopicRecord:
    """A topic was deleted, with all of its partitions."""

    topic_id: uuid.UUID


@struct
class DelegationTokenRecord:
    """A delegation token was made or renewed (KIP-48)."""

    owner: str
    requester: str
    renewers: list[str] = field(default_factory=list)
    issue_timestamp: Int64
    max_timestamp: Int64
    expiration_timestamp: Int64
    token_id: str


@struct
class UserScramCredentialRecord:
    """A user's password, salted and hashed (KIP-554)."""

    name: str
    mechanism: Int8
    salt: bytes
    stored_key: bytes
    server_key: bytes
    iterations: Int32


@struct
class FeatureLevelRecord:
    """How far the cluster has been upgraded; `metadata.version` says which records it may write (KIP-584)."""

    name: str
    feature_level: Int16


@struct
class QuotaEntity:
    """A part of who a quota is for; no name means the default of that type."""

    entity_type: str
    entity_name: str | None = None


@struct
class ClientQuotaRecord:
    """A quota was set or removed (KIP-546)."""

    entity: list[QuotaEntity] = field(default_factory=list)
    key: str
    value: Float64
    remove: bool


@struct
class ProducerIdsRecord:
    """A block of producer IDs was handed out (KIP-730)."""

    broker_id: Int32
    broker_epoch: Int64 = -1
    next_producer_id: Int64
    """The first ID of the next block."""


@struct
class AccessControlEntryRecord:
    """A rule of who may do what."""

    id: uuid.UUID
    resource_type: Int8
    resource_name: str
    pattern_type: Int8
    principal: str
    host: str
    operation: Int8
    permission_type: Int8


@struct
class RemoveAccessControlEntryRecord:
    """A rule is gone."""

    id: uuid.UUID


@struct
class RemoveUserScramCredentialRecord:
    """A user's password is gone."""

    name: str
    mechanism: Int8


@struct
class BeginTransactionRecord:
    """What follows counts once its end is read (KIP-868)."""

    name: str | None = field(default=None, tag=0)


@struct
class EndTransactionRecord:
    """What was held back counts."""


@struct
class AbortTransactionRecord:
    """What was held back never was."""

    reason: str | None = field(default=None, tag=0)


@struct
class RemoveDelegationTokenRecord:
    """A delegation token is gone."""

    token_id: str


_KINDS: Final[dict[int, tuple[type[Any], int]]] = {
    2: (TopicRecord, 0),
    3: (PartitionRecord, 2),
    4: (ConfigRecord, 0),
    5: (PartitionChangeRecord, 2),
    9: (RemoveTopicRecord, 0),
    10: (DelegationTokenRecord, 0),
    11: (UserScramCredentialRecord, 0),
    12: (FeatureLevelRecord, 0),
    14: (ClientQuotaRecord, 0),
    15: (ProducerIdsRecord, 0),
    18: (AccessControlEntryRecord, 0),
    19: (RemoveAccessControlEntryRecord, 0),
    22: (RemoveUserScramCredentialRecord, 0),
    23: (BeginTransactionRecord, 0),
    24: (EndTransactionRecord, 0),
    25: (AbortTransactionRecord, 0),
    26: (RemoveDelegationTokenRecord, 0),
}
"""Kind of record: how it is declared, and its newest version of which that is true (Kafka 4.3)."""


def read_metadata_record(value: bytes) -> Any | None:
    """The record in a frame; None for a kind that is not declared here.

    Raises MalformedMessage for bytes that are none, and for a version that came after this was written.
    """
    try:
        frame_version, position = read_unsigned_varint(value, 0)
        kind, position = read_unsigned_varint(value, position)
        version, position = read_unsigned_varint(value, position)
    except IndexError:
        raise MalformedMessage(f"a metadata record of {len(value)} bytes is cut off") from None
    if frame_version != FRAME_VERSION:
        raise MalformedMessage(f"frame version {frame_version} of a metadata record, expected {FRAME_VERSION}")
    if kind not in _KINDS:
        return None
    declared, newest_version = _KINDS[kind]
    if version > newest_version:
        raise MalformedMessage(f"{declared.__name__} has version {version}, known are 0 to {newest_version}")
    return codec(declared, version, flexible=True).decode(value, position)
