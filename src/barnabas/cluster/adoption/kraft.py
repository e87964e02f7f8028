"""The state of a KRaft cluster, made by replaying its metadata records.

Kept is what a coordination tree has room for: topics, partitions, configurations, the next producer ID. What has no
place there yet is counted, so that it can be named.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from barnabas.cluster.adoption.errors import CannotAdopt
from barnabas.cluster.adoption.metadata_log import MetadataEntry
from barnabas.cluster.metadata import ConfigKind, ConfigResource
from barnabas.protocol.messages.internal.cluster_metadata import (
    LEADER_UNCHANGED,
    AbortTransactionRecord,
    AccessControlEntryRecord,
    BeginTransactionRecord,
    ClientQuotaRecord,
    ConfigRecord,
    DelegationTokenRecord,
    EndTransactionRecord,
    PartitionChangeRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RemoveAccessControlEntryRecord,
    RemoveDelegationTokenRecord,
    RemoveTopicRecord,
    RemoveUserScramCredentialRecord,
    TopicRecord,
    UserScramCredentialRecord,
    read_metadata_record,
)
from barnabas.protocol.wire import MalformedMessage

RESERVED_IDS: Final = 100
"""Directory IDs below this number are no directories: unassigned, lost, migrating."""

_CONFIG_KINDS: Final = frozenset(ConfigKind)


@dataclass(frozen=True, slots=True)
class KraftPartition:
    """Who held and led a partition."""

    replicas: tuple[int, ...]
    leader_epoch: int
    directories: tuple[uuid.UUID, ...] = ()
    """The log directory of each replica by its ID (KIP-858); none in the metadata of versions before that."""

    def directory_of(self, broker_id: int) -> uuid.UUID | None:
        """Where that broker keeps its replica; None where that is not said."""
        place = dict(zip(self.replicas, self.directories, strict=False)).get(broker_id)
        return None if place is None or place.int < RESERVED_IDS else place


@dataclass(slots=True)
class KraftTopic:
    """A topic and its partitions by their numbers."""

    name: str
    topic_id: uuid.UUID
    partitions: dict[int, KraftPartition] = field(default_factory=dict)


@dataclass(slots=True)
class LeftBehind:
    """What the cluster had and this version has no place for, by what identifies it."""

    access_rules: set[uuid.UUID] = field(default_factory=set)
    scram_users: set[tuple[str, int]] = field(default_factory=set)
    quotas: set[tuple[Any, ...]] = field(default_factory=set)
    delegation_tokens: set[str] = field(default_factory=set)

    def describe(self) -> list[str]:
        """How many of what; nothing where there is nothing."""
        counted = (
            (len(self.access_rules), "access control rules"),
            (len(self.scram_users), "SCRAM credentials"),
            (len(self.quotas), "client quotas"),
            (len(self.delegation_tokens), "delegation tokens"),
        )
        return [f"{count} {what}" for count, what in counted if count]


@dataclass(slots=True)
class KraftCluster:
    """The cluster as its metadata log tells it."""

    topics: dict[uuid.UUID, KraftTopic] = field(default_factory=dict)
    configs: dict[ConfigResource, dict[str, str]] = field(default_factory=dict)
    next_producer_id: int = 0
    left_behind: LeftBehind = field(default_factory=LeftBehind)

    def replay(self, record: Any) -> None:
        """Take in one record; kinds that say nothing of interest are passed over."""
        left = self.left_behind
        match record:
            case TopicRecord():
                self.topics[record.topic_id] = KraftTopic(record.name, record.topic_id)
            case PartitionRecord():
                topic = self.topics[record.topic_id]
                topic.partitions[record.partition_id] = KraftPartition(
                    tuple(record.replicas), record.leader_epoch, tuple(record.directories)
                )
            case PartitionChangeRecord():
                partitions = self.topics[record.topic_id].partitions
                partitions[record.partition_id] = _changed(partitions[record.partition_id], record)
            case RemoveTopicRecord():
                removed = self.topics.pop(record.topic_id)
                self.configs.pop(ConfigResource(ConfigKind.TOPIC, removed.name), None)
            case ConfigRecord():
                self._set_config(record)
            case ProducerIdsRecord():
                self.next_producer_id = record.next_producer_id
            case AccessControlEntryRecord():
                left.access_rules.add(record.id)
            case RemoveAccessControlEntryRecord():
                left.access_rules.discard(record.id)
            case UserScramCredentialRecord():
                left.scram_users.add((record.name, record.mechanism))
            case RemoveUserScramCredentialRecord():
                left.scram_users.discard((record.name, record.mechanism))
            case ClientQuotaRecord():
                entity = tuple((part.entity_type, part.entity_name) for part in record.entity)
                (left.quotas.discard if record.remove else left.quotas.add)((entity, record.key))
            case DelegationTokenRecord():
                left.delegation_tokens.add(record.token_id)
            case RemoveDelegationTokenRecord():
                left.delegation_tokens.discard(record.token_id)

    def _set_config(self, record: ConfigRecord) -> None:
        if record.resource_type not in _CONFIG_KINDS:
            return
        resource = ConfigResource(ConfigKind(record.resource_type), record.resource_name)
        values = self.configs.setdefault(resource, {})
        if record.value is None:
            values.pop(record.name, None)
        else:
            values[record.name] = record.value


def replay_all(entries: Iterable[MetadataEntry]) -> KraftCluster:
    """The cluster at the end of its log; raises CannotAdopt for a record that makes no sense to us.

    Records of a transaction count once its end is read; one that was begun and not ended never was (KIP-868).
    """
    cluster = KraftCluster()
    held_back: list[tuple[Any, str]] | None = None
    for entry in entries:
        try:
            record = read_metadata_record(entry.value)
        except MalformedMessage as error:
            raise CannotAdopt(f"{entry.place}: {error}") from error
        match record:
            case BeginTransactionRecord():
                held_back = []
            case AbortTransactionRecord():
                held_back = None
            case EndTransactionRecord():
                for held, place in held_back or ():
                    _replay(cluster, held, place)
                held_back = None
            case _ if held_back is not None:
                held_back.append((record, entry.place))
            case _:
                _replay(cluster, record, entry.place)
    return cluster


def _replay(cluster: KraftCluster, record: Any, place: str) -> None:
    try:
        cluster.replay(record)
    except KeyError as error:
        raise CannotAdopt(f"{place}: {type(record).__name__} speaks of {error}, of which nothing is known") from error


def _changed(partition: KraftPartition, record: PartitionChangeRecord) -> KraftPartition:
    replicas = partition.replicas if record.replicas is None else tuple(record.replicas)
    directories = partition.directories if record.directories is None else tuple(record.directories)
    epoch = partition.leader_epoch + (record.leader != LEADER_UNCHANGED)
    return replace(partition, replicas=replicas, leader_epoch=epoch, directories=directories)
