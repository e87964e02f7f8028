"""confluent-kafka's AdminClient: topics, configs, offsets, groups."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Final

import pytest
from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
)

pytestmark = pytest.mark.timeout(90)

WAIT_SECONDS: Final = 30.0


@pytest.fixture
def admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap})


def only(futures: Mapping[Any, Future[Any]]) -> Any:
    (future,) = futures.values()
    return future.result(WAIT_SECONDS)


def refusal(futures: Mapping[Any, Future[Any]]) -> KafkaError:
    with pytest.raises(KafkaException) as refused:
        only(futures)
    error = refused.value.args[0]
    assert isinstance(error, KafkaError)
    return error


def produce(bootstrap: str, topic: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for number in range(count):
        producer.produce(topic, str(number).encode(), partition=0)
    assert producer.flush(WAIT_SECONDS) == 0


def consume_and_commit(bootstrap: str, topic: str, group: str, count: int) -> None:
    settings = {"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest"}
    consumer = Consumer({**settings, "enable.auto.commit": False})
    consumer.subscribe([topic])
    try:
        assert len(consumer.consume(count, WAIT_SECONDS)) == count
        consumer.commit(offsets=[TopicPartition(topic, 0, count)], asynchronous=False)
    finally:
        consumer.close()


def test_the_cluster_is_described(admin: AdminClient, bootstrap: str) -> None:
    cluster = admin.describe_cluster().result(WAIT_SECONDS)
    assert re.fullmatch(r"[\w-]{22}", cluster.cluster_id)
    (node,) = cluster.nodes
    assert f"{node.host}:{node.port}" == bootstrap
    assert cluster.controller.id == node.id


def test_topics_are_created_described_and_deleted(admin: AdminClient, topic: str) -> None:
    only(admin.create_topics([NewTopic(topic, 3, 1, config={"max.message.bytes": "4000"})]))
    described = only(admin.describe_topics(TopicCollection([topic])))
    assert (described.name, len(described.partitions), described.is_internal) == (topic, 3, False)
    # librdkafka writes identifiers in plain Base64, Kafka's tools in the alphabet for URLs.
    assert re.fullmatch(r"[\w+/]{22}", str(described.topic_id))
    assert [part.id for part in described.partitions] == [0, 1, 2]
    assert refusal(admin.create_topics([NewTopic(topic, 3, 1)])).code() == KafkaError.TOPIC_ALREADY_EXISTS
    only(admin.delete_topics([topic]))
    assert refusal(admin.delete_topics([topic])).code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    assert refusal(admin.describe_topics(TopicCollection([topic]))).code() == KafkaError.UNKNOWN_TOPIC_OR_PART


@pytest.mark.parametrize(
    ("name", "partitions", "replicas", "config", "code"),
    [
        ("no/slashes", 1, 1, {}, KafkaError.TOPIC_EXCEPTION),
        ("..", 1, 1, {}, KafkaError.TOPIC_EXCEPTION),
        ("x" * 250, 1, 1, {}, KafkaError.TOPIC_EXCEPTION),
        ("refused", 0, 1, {}, KafkaError.INVALID_PARTITIONS),
        ("refused", 1, 3, {}, KafkaError.INVALID_REPLICATION_FACTOR),
        ("refused", 1, 1, {"retention.ms": "soon"}, KafkaError.INVALID_CONFIG),
        ("refused", 1, 1, {"no.such.config": "1"}, KafkaError.INVALID_CONFIG),
    ],
)
def test_what_is_wrong_with_a_new_topic_is_said(
    admin: AdminClient, name: str, partitions: int, replicas: int, config: dict[str, str], code: int
) -> None:
    assert refusal(admin.create_topics([NewTopic(name, partitions, replicas, config=config)])).code() == code


def test_validate_only_creates_nothing(admin: AdminClient, topic: str) -> None:
    only(admin.create_topics([NewTopic(topic, 1, 1)], validate_only=True))
    assert topic not in admin.list_topics(timeout=WAIT_SECONDS).topics


def test_partitions_are_added(admin: AdminClient, topic: str) -> None:
    only(admin.create_topics([NewTopic(topic, 1, 1)]))
    only(admin.create_partitions([NewPartitions(topic, 4)]))
    assert len(only(admin.describe_topics(TopicCollection([topic]))).partitions) == 4
    assert refusal(admin.create_partitions([NewPartitions(topic, 2)])).code() == KafkaError.INVALID_PARTITIONS


def test_configs_show_value_source_and_synonyms(admin: AdminClient, topic: str) -> None:
    only(admin.create_topics([NewTopic(topic, 1, 1)]))
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    before = only(admin.describe_configs([resource]))["retention.ms"]
    assert (before.value, before.source, before.is_default) == ("604800000", ConfigSource.DEFAULT_CONFIG.value, True)

    change = ConfigResource(
        ConfigResource.Type.TOPIC,
        topic,
        incremental_configs=[
            ConfigEntry("retention.ms", "1000000", incremental_operation=AlterConfigOpType.SET),
            ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND),
        ],
    )
    only(admin.incremental_alter_configs([change]))
    after = only(admin.describe_configs([resource]))
    assert after["retention.ms"].value == "1000000"
    assert after["retention.ms"].source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    assert set(after["cleanup.policy"].value.split(",")) == {"delete", "compact"}

    refused = ConfigResource(
        ConfigResource.Type.TOPIC,
        topic,
        incremental_configs=[ConfigEntry("retention.ms", "soon", incremental_operation=AlterConfigOpType.SET)],
    )
    assert refusal(admin.incremental_alter_configs([refused])).code() == KafkaError.INVALID_CONFIG


def test_offsets_are_listed_by_every_specification(admin: AdminClient, bootstrap: str, topic: str) -> None:
    before_ms = int(time.time() * 1000) - 1
    produce(bootstrap, topic, 5)
    part = TopicPartition(topic, 0)
    found = {
        name: only(admin.list_offsets({part: spec})).offset
        for name, spec in {
            "earliest": OffsetSpec.earliest(),
            "latest": OffsetSpec.latest(),
            "max": OffsetSpec.max_timestamp(),
            "time": OffsetSpec.for_timestamp(before_ms),
        }.items()
    }
    # Records of one batch may share the greatest timestamp, so its offset is not always the last one.
    assert 0 <= found.pop("max") <= 4
    assert found == {"earliest": 0, "latest": 5, "time": 0}


def test_records_are_deleted_before_an_offset(admin: AdminClient, bootstrap: str, topic: str) -> None:
    produce(bootstrap, topic, 5)
    assert only(admin.delete_records([TopicPartition(topic, 0, 3)])).low_watermark == 3
    assert only(admin.list_offsets({TopicPartition(topic, 0): OffsetSpec.earliest()})).offset == 3
    assert refusal(admin.delete_records([TopicPartition(topic, 0, 99)])).code() == KafkaError.OFFSET_OUT_OF_RANGE


def test_groups_are_listed_described_altered_and_deleted(
    admin: AdminClient, bootstrap: str, topic: str, group: str
) -> None:
    produce(bootstrap, topic, 5)
    consume_and_commit(bootstrap, topic, group, 5)
    listed = admin.list_consumer_groups().result(WAIT_SECONDS)
    assert group in [found.group_id for found in listed.valid]
    described = only(admin.describe_consumer_groups([group]))
    assert (described.group_id, described.state, described.members) == (group, ConsumerGroupState.EMPTY, [])

    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0)])
    assert only(admin.list_consumer_group_offsets([asked])).topic_partitions[0].offset == 5
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 2)])
    only(admin.alter_consumer_group_offsets([wanted]))
    everything = ConsumerGroupTopicPartitions(group)
    (found,) = only(admin.list_consumer_group_offsets([everything])).topic_partitions
    assert (found.topic, found.partition, found.offset) == (topic, 0, 2)

    only(admin.delete_consumer_groups([group]))
    assert refusal(admin.delete_consumer_groups([group])).code() == KafkaError.GROUP_ID_NOT_FOUND


def test_a_group_with_members_is_described_and_not_deleted(
    admin: AdminClient, bootstrap: str, topic: str, group: str
) -> None:
    only(admin.create_topics([NewTopic(topic, 2, 1)]))
    settings = {"bootstrap.servers": bootstrap, "group.id": group, "client.id": "surveyor"}
    consumer = Consumer(settings)
    try:
        consumer.subscribe([topic])
        deadline = time.monotonic() + WAIT_SECONDS
        while not consumer.assignment():
            assert time.monotonic() < deadline
            consumer.poll(0.1)
        described = only(admin.describe_consumer_groups([group]))
        assert described.state == ConsumerGroupState.STABLE
        (member,) = described.members
        assert member.client_id == "surveyor"
        assert sorted(part.partition for part in member.assignment.topic_partitions) == [0, 1]
        assert refusal(admin.delete_consumer_groups([group])).code() == KafkaError.NON_EMPTY_GROUP
    finally:
        consumer.close()
