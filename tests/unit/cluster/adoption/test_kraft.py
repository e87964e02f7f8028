"""The state of a KRaft cluster from its metadata records."""

from __future__ import annotations

import uuid

import pytest

from barnabas.cluster.adoption.errors import CannotAdopt
from barnabas.cluster.adoption.kraft import KraftPartition, replay_all
from barnabas.cluster.adoption.metadata_log import MetadataEntry
from barnabas.cluster.metadata import ConfigKind, ConfigResource
from barnabas.protocol.messages.internal.cluster_metadata import (
    AbortTransactionRecord,
    AccessControlEntryRecord,
    BeginTransactionRecord,
    ClientQuotaRecord,
    ConfigRecord,
    DelegationTokenRecord,
    EndTransactionRecord,
    FeatureLevelRecord,
    PartitionChangeRecord,
    PartitionRecord,
    ProducerIdsRecord,
    QuotaEntity,
    RemoveAccessControlEntryRecord,
    RemoveDelegationTokenRecord,
    RemoveTopicRecord,
    RemoveUserScramCredentialRecord,
    TopicRecord,
    UserScramCredentialRecord,
    read_metadata_record,
)
from barnabas.protocol.wire import MalformedMessage
from unit.cluster.adoption.kafka_disk import entries, framed, topic_id

ORDERS = topic_id(1)
DIRECTORY = uuid.UUID(int=2**100)
MADE = (
    TopicRecord(name="orders", topic_id=ORDERS),
    PartitionRecord(partition_id=0, topic_id=ORDERS, replicas=[1], leader_epoch=3),
)


def config(name: str, value: str | None, *, kind: int = 2, resource: str = "orders") -> ConfigRecord:
    return ConfigRecord(resource_type=kind, resource_name=resource, name=name, value=value)


def test_a_topic_has_what_its_records_say() -> None:
    cluster = replay_all(entries(*MADE, config("retention.ms", "7"), config("cleanup.policy", "compact")))
    assert cluster.topics[ORDERS].name == "orders"
    assert cluster.topics[ORDERS].partitions == {0: KraftPartition((1,), 3)}
    assert cluster.configs[ConfigResource(ConfigKind.TOPIC, "orders")] == {
        "retention.ms": "7",
        "cleanup.policy": "compact",
    }


def test_every_change_that_names_a_leader_begins_an_epoch() -> None:
    def change(**fields: object) -> PartitionChangeRecord:
        return PartitionChangeRecord(partition_id=0, topic_id=ORDERS, **fields)  # type: ignore[arg-type]

    cluster = replay_all(entries(*MADE, change(leader=-1, isr=[]), change(isr=[1]), change(leader=1)))
    assert cluster.topics[ORDERS].partitions[0].leader_epoch == 5
    moved = replay_all(entries(*MADE, change(replicas=[2, 3])))
    assert moved.topics[ORDERS].partitions[0] == KraftPartition((2, 3), 3)


def test_the_directory_of_a_replica_is_known_from_version_1_on() -> None:
    partition = PartitionRecord(
        partition_id=0, topic_id=ORDERS, replicas=[1, 2], directories=[DIRECTORY, uuid.UUID(int=2)]
    )
    made = [MetadataEntry(framed(MADE[0]), "0"), MetadataEntry(framed(partition, 1), "1")]
    found = replay_all(made).topics[ORDERS].partitions[0]
    assert found.directory_of(1) == DIRECTORY
    assert found.directory_of(2) is None  # a number that stands for "being moved"
    assert found.directory_of(3) is None
    moved = MetadataEntry(
        framed(PartitionChangeRecord(partition_id=0, topic_id=ORDERS, directories=[uuid.UUID(int=1), DIRECTORY]), 1),
        "2",
    )
    assert replay_all([*made, moved]).topics[ORDERS].partitions[0].directory_of(2) == DIRECTORY


def test_a_removed_topic_leaves_nothing() -> None:
    cluster = replay_all(entries(*MADE, config("retention.ms", "7"), RemoveTopicRecord(topic_id=ORDERS)))
    assert not cluster.topics
    assert not cluster.configs


def test_an_option_without_a_value_is_back_at_its_default() -> None:
    cluster = replay_all(entries(config("a", "1", kind=4, resource=""), config("a", None, kind=4, resource="")))
    assert cluster.configs == {ConfigResource(ConfigKind.BROKER, ""): {}}


def test_options_of_resources_that_have_no_place_are_passed_over() -> None:
    assert not replay_all(entries(config("x", "1", kind=77, resource="r"))).configs


def test_the_next_producer_id_is_the_last_that_was_said() -> None:
    ids = [ProducerIdsRecord(broker_id=1, next_producer_id=next_id) for next_id in (1000, 2000)]
    assert replay_all(entries(*ids)).next_producer_id == 2000


def test_records_of_a_transaction_count_once_it_ends() -> None:
    begin, end, abort = BeginTransactionRecord(name="n"), EndTransactionRecord(), AbortTransactionRecord(reason="r")
    assert replay_all(entries(begin, *MADE, end)).topics
    assert not replay_all(entries(begin, *MADE)).topics
    assert not replay_all(entries(begin, *MADE, abort)).topics
    assert replay_all(entries(begin, MADE[0], abort, *MADE)).topics[ORDERS].partitions


def test_what_has_no_place_is_counted() -> None:
    rule = AccessControlEntryRecord(
        id=topic_id(9),
        resource_type=2,
        resource_name="t",
        pattern_type=3,
        principal="User:a",
        host="*",
        operation=2,
        permission_type=3,
    )
    user = UserScramCredentialRecord(
        name="u", mechanism=1, salt=b"s", stored_key=b"k", server_key=b"k", iterations=4096
    )
    quota = ClientQuotaRecord(
        entity=[QuotaEntity(entity_type="user", entity_name=None)], key="producer_byte_rate", value=1.5, remove=False
    )
    token = DelegationTokenRecord(
        owner="o", requester="r", issue_timestamp=0, max_timestamp=0, expiration_timestamp=0, token_id="t"
    )
    left = [rule, user, quota, token]
    assert replay_all(entries(*left)).left_behind.describe() == [
        "1 access control rules",
        "1 SCRAM credentials",
        "1 client quotas",
        "1 delegation tokens",
    ]
    gone = [
        RemoveAccessControlEntryRecord(id=topic_id(9)),
        RemoveUserScramCredentialRecord(name="u", mechanism=1),
        ClientQuotaRecord(entity=quota.entity, key=quota.key, value=0.0, remove=True),
        RemoveDelegationTokenRecord(token_id="t"),
    ]
    assert replay_all(entries(*left, *gone)).left_behind.describe() == []


def test_what_says_nothing_of_topics_is_passed_over() -> None:
    feature = FeatureLevelRecord(name="metadata.version", feature_level=25)
    unknown = MetadataEntry(b"\x01\x7f\x00anything", "0")
    assert not replay_all([*entries(feature), unknown]).topics


def test_a_change_of_something_unknown_names_the_place() -> None:
    with pytest.raises(CannotAdopt, match=r"log, offset 0: PartitionRecord speaks of .*nothing is known"):
        replay_all(entries(MADE[1]))


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (b"", "cut off"),
        (b"\x01\x02", "cut off"),
        (b"\x02\x02\x00", "frame version 2"),
        (b"\x01\x03\x03", "PartitionRecord has version 3, known are 0 to 2"),
        (b"\x01\x02\x00\x07orders", "TopicRecord"),
    ],
)
def test_a_record_that_is_none_is_refused(value: bytes, fault: str) -> None:
    with pytest.raises(MalformedMessage, match=fault):
        read_metadata_record(value)
    with pytest.raises(CannotAdopt, match=f"the place: .*{fault}"):
        replay_all([MetadataEntry(value, "the place")])
