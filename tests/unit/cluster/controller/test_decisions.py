"""What the controller decides. Codes and texts were compared with the answers of Apache Kafka 4.1.1."""

import itertools
import uuid
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barnabas.cluster.controller import ControllerSettings, NewTopic
from barnabas.cluster.controller.assignment import Placement, assign_replicas
from barnabas.cluster.controller.decisions import (
    Decision,
    alter_config,
    create_partitions,
    create_topic,
    delete_topic,
)
from barnabas.cluster.controller.elections import elect, elect_all
from barnabas.cluster.controller.producer_ids import MAX_PRODUCER_ID, next_block
from barnabas.cluster.coordination import Create, Delete, SetData
from barnabas.cluster.coordination.znodes import ProducerIdBlock
from barnabas.cluster.metadata import (
    BrokerRegistration,
    ClusterImage,
    ConfigKind,
    ConfigResource,
    PartitionImage,
    TopicImage,
)
from barnabas.foundation.errors import ErrorCode, KafkaError

TOPIC_ID = uuid.UUID("0fca5ddc-4d6b-44c0-8ef6-c5e355f462d0")
START = Placement(0, 0)


def cluster(brokers: int = 1) -> ClusterImage:
    return ClusterImage("cluster", 1, 7).with_brokers(BrokerRegistration(n, n, ()) for n in range(1, brokers + 1))


def validate_config(resource: ConfigResource, values: Mapping[str, str]) -> None:
    if "nope" in values:
        raise KafkaError(ErrorCode.INVALID_CONFIG, "Unknown topic config name: nope")


def create(image: ClusterImage, wish: NewTopic) -> Decision[TopicImage]:
    return create_topic(image, wish, ControllerSettings(), validate_config, TOPIC_ID, START)


def test_a_topic_is_made_with_all_it_needs_in_one_write() -> None:
    decision = create(cluster(), NewTopic("t", 2, configs={"retention.ms": "1"}))
    assert decision.operations == (
        Create("/config/topics/t", b'{"version":1,"config":{"retention.ms":"1"}}'),
        Create(
            "/brokers/topics/t",
            b'{"version":3,"topic_id":"D8pd3E1rRMCO9sXjVfRi0A","partitions":{"0":[1],"1":[1]},'
            b'"adding_replicas":{},"removing_replicas":{}}',
        ),
        Create("/brokers/topics/t/partitions"),
        Create("/brokers/topics/t/partitions/0"),
        Create(
            "/brokers/topics/t/partitions/0/state",
            b'{"version":1,"leader":1,"leader_epoch":0,"controller_epoch":7,"isr":[1]}',
        ),
        Create("/brokers/topics/t/partitions/1"),
        Create(
            "/brokers/topics/t/partitions/1/state",
            b'{"version":1,"leader":1,"leader_epoch":0,"controller_epoch":7,"isr":[1]}',
        ),
    )
    topic = decision.result
    assert topic == TopicImage("t", TOPIC_ID, (PartitionImage((1,), (1,), 1),) * 2)
    assert decision.image.topics == {"t": topic}
    assert decision.image.topic_by_id(TOPIC_ID) is topic
    assert decision.image.topic_config("t") == {"retention.ms": "1"}


def test_a_configuration_that_outlived_its_topic_is_replaced() -> None:
    image = cluster().with_config(ConfigResource(ConfigKind.TOPIC, "t"), {"old": "1"})
    decision = create(image, NewTopic("t", 1))
    assert decision.operations[0] == SetData("/config/topics/t", b'{"version":1,"config":{}}')
    assert decision.image.topic_config("t") == {}


LONG = "x" * 250
REFUSALS = [
    (NewTopic("x"), ErrorCode.TOPIC_ALREADY_EXISTS, "Topic 'x' already exists."),
    (NewTopic("x", 0, configs={"nope": "1"}), ErrorCode.TOPIC_ALREADY_EXISTS, "Topic 'x' already exists."),
    (
        NewTopic("a.b", 0, 0),
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        "Topic 'a.b' collides with existing topic: a_b",
    ),
    (
        NewTopic("", 0, 0, configs={"nope": "1"}),
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        "Topic name is invalid: the empty string is not allowed",
    ),
    (NewTopic(".."), ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: '..' is not allowed"),
    (
        NewTopic("a b"),
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ),
    (
        NewTopic(LONG),
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        f"Topic name is invalid: the length of '{LONG}' is longer than the max allowed length 249",
    ),
    (
        NewTopic("__cluster_metadata"),
        ErrorCode.INVALID_REQUEST,
        "Creation of internal topic __cluster_metadata is prohibited.",
    ),
    (NewTopic("n", 0, 0, configs={"nope": "1"}), ErrorCode.INVALID_CONFIG, "Unknown topic config name: nope"),
    (
        NewTopic("n", configs={"retention.ms": None}),
        ErrorCode.INVALID_CONFIG,
        "Null value not supported for topic configs: retention.ms",
    ),
    (
        NewTopic("n", 0),
        ErrorCode.INVALID_PARTITIONS,
        "Number of partitions was set to an invalid non-positive value.",
    ),
    (
        NewTopic("n", -2),
        ErrorCode.INVALID_PARTITIONS,
        "Number of partitions was set to an invalid non-positive value.",
    ),
    (
        NewTopic("n", 1, 0),
        ErrorCode.INVALID_REPLICATION_FACTOR,
        "Replication factor must be larger than 0, or -1 to use the default value.",
    ),
    (
        NewTopic("n", 1, 3),
        ErrorCode.INVALID_REPLICATION_FACTOR,
        (
            "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because "
            "only 1 broker(s) are registered."
        ),
    ),
    (NewTopic("n", 10_001), ErrorCode.POLICY_VIOLATION, "Excessively large number of partitions per request."),
    (
        NewTopic("n", 1, -1, ((0, (1,)),)),
        ErrorCode.INVALID_REQUEST,
        "A manual partition assignment was specified, but numPartitions was not set to -1.",
    ),
    (
        NewTopic("n", 1, 1, ((0, (1,)),)),
        ErrorCode.INVALID_REQUEST,
        "A manual partition assignment was specified, but replication factor was not set to -1.",
    ),
    (
        NewTopic("n", assignments=((0, (1,)), (2, (1,)))),
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "partitions should be a consecutive 0-based integer sequence",
    ),
    (
        NewTopic("n", assignments=((1, (1,)),)),
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "partitions should be a consecutive 0-based integer sequence",
    ),
    (
        NewTopic("n", assignments=((0, (1,)), (0, (1,)))),
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "Found multiple manual partition assignments for partition 0",
    ),
    (
        NewTopic("n", assignments=((0, (2,)),)),
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "The manual partition assignment includes broker 2, but no such broker is registered.",
    ),
    (
        NewTopic("n", assignments=((0, (1, 1)),)),
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "The manual partition assignment includes the broker 1 more than once.",
    ),
    (
        NewTopic("n", assignments=((0, ()),)),
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "The manual partition assignment includes an empty replica list.",
    ),
]


@pytest.mark.parametrize(("wish", "code", "text"), REFUSALS, ids=[f"{n}" for n in range(len(REFUSALS))])
def test_a_topic_is_refused_in_kafkas_words(wish: NewTopic, code: ErrorCode, text: str) -> None:
    image = cluster().with_topic(TopicImage("x", uuid.uuid4(), ())).with_topic(TopicImage("a_b", uuid.uuid4(), ()))
    with pytest.raises(KafkaError) as refused:
        create(image, wish)
    assert (refused.value.code, refused.value.message) == (code, text)


def test_replicas_by_hand_must_be_equally_many() -> None:
    with pytest.raises(KafkaError) as refused:
        create(cluster(2), NewTopic("n", assignments=((0, (1,)), (1, (1, 2)))))
    assert refused.value.code is ErrorCode.INVALID_REPLICA_ASSIGNMENT


def test_replicas_by_hand_are_taken_as_they_are() -> None:
    topic = create(cluster(3), NewTopic("n", assignments=((1, (3, 1)), (0, (2, 3))))).result
    assert [partition.replicas for partition in topic.partitions] == [(2, 3), (3, 1)]
    assert [partition.leader for partition in topic.partitions] == [2, 3]


def test_a_name_of_greatest_length_is_fine() -> None:
    assert create(cluster(), NewTopic("x" * 249, 1)).result.name == "x" * 249


def test_deletion_undoes_creation_from_the_leaves() -> None:
    created = create(cluster(), NewTopic("t", 2))
    deleted = delete_topic(created.image, created.result, ControllerSettings())
    assert deleted.image == cluster()
    made = [operation.path for operation in created.operations]
    removed = [operation.path for operation in deleted.operations if isinstance(operation, Delete)]
    assert sorted(made) == sorted(removed)
    for parent, child in itertools.permutations(removed, 2):
        if child.startswith(parent + "/"):
            assert removed.index(child) < removed.index(parent)


def test_deletion_may_be_switched_off() -> None:
    created = create(cluster(), NewTopic("t", 1))
    with pytest.raises(KafkaError) as refused:
        delete_topic(created.image, created.result, ControllerSettings(delete_topic_enabled=False))
    assert refused.value.code is ErrorCode.TOPIC_DELETION_DISABLED


def test_more_partitions_go_on_where_the_others_ended() -> None:
    created = create(cluster(3), NewTopic("t", 2, 2))
    grown = create_partitions(created.image, "t", 4, None, START)
    assert grown.result.partitions[:2] == created.result.partitions
    assert grown.result.topic_id == TOPIC_ID
    all_at_once = create(cluster(3), NewTopic("t", 4, 2)).result
    assert [p.replicas for p in grown.result.partitions] == [p.replicas for p in all_at_once.partitions]
    assert [operation.path for operation in grown.operations] == [
        "/brokers/topics/t",
        "/brokers/topics/t/partitions/2",
        "/brokers/topics/t/partitions/2/state",
        "/brokers/topics/t/partitions/3",
        "/brokers/topics/t/partitions/3/state",
    ]


@pytest.mark.parametrize(
    ("name", "count", "assignments", "code", "text"),
    [
        ("nope", 4, None, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ""),
        ("t", 3, [[1], [1]], ErrorCode.INVALID_PARTITIONS, "Topic already has 3 partition(s)."),
        (
            "t",
            -1,
            None,
            ErrorCode.INVALID_PARTITIONS,
            "The topic t currently has 3 partition(s); -1 would not be an increase.",
        ),
        (
            "t",
            5,
            [[1]],
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
        ),
        (
            "t",
            4,
            [[2]],
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes broker 2, but no such broker is registered.",
        ),
    ],
)
def test_more_partitions_are_refused_in_kafkas_words(
    name: str, count: int, assignments: list[list[int]] | None, code: ErrorCode, text: str
) -> None:
    image = create(cluster(), NewTopic("t", 3)).image
    with pytest.raises(KafkaError) as refused:
        create_partitions(image, name, count, assignments, START)
    assert (refused.value.code, refused.value.message) == (code, text)


def test_a_changed_configuration_is_written_and_told() -> None:
    image = create(cluster(), NewTopic("t", 1, configs={"a": "1"})).image
    resource = ConfigResource(ConfigKind.TOPIC, "t")
    decision = alter_config(image, resource, lambda values: {**values, "b": "2"}, validate_config)
    assert decision.operations == (
        SetData("/config/topics/t", b'{"version":1,"config":{"a":"1","b":"2"}}'),
        Create("/config/changes/config_change_", b'{"version":2,"entity_path":"topics/t"}', sequential=True),
    )
    assert decision.image.topic_config("t") == {"a": "1", "b": "2"}


@pytest.mark.parametrize(("broker", "entity"), [("", "<default>"), ("1", "1")])
def test_brokers_and_their_default_are_set_too(broker: str, entity: str) -> None:
    resource = ConfigResource(ConfigKind.BROKER, broker)
    decision = alter_config(cluster(), resource, lambda _: {"a": "1"}, validate_config)
    assert decision.operations[0] == Create(f"/config/brokers/{entity}", b'{"version":1,"config":{"a":"1"}}')


def test_a_wrong_or_orphaned_configuration_is_refused() -> None:
    image = create(cluster(), NewTopic("t", 1)).image
    with pytest.raises(KafkaError) as refused:
        alter_config(image, ConfigResource(ConfigKind.TOPIC, "t"), lambda _: {"nope": ""}, validate_config)
    assert refused.value.code is ErrorCode.INVALID_CONFIG
    with pytest.raises(KafkaError) as refused:
        alter_config(image, ConfigResource(ConfigKind.TOPIC, "u"), lambda values: values, validate_config)
    assert refused.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_round_robin_as_kafka_shows_it() -> None:
    """Kafka's own example: ten partitions, three replicas, five brokers, counted from broker 0."""
    assert assign_replicas(range(5), 10, 3, START) == [
        (0, 1, 2),
        (1, 2, 3),
        (2, 3, 4),
        (3, 4, 0),
        (4, 0, 1),
        (0, 2, 3),
        (1, 3, 4),
        (2, 4, 0),
        (3, 0, 1),
        (4, 1, 2),
    ]


@given(
    brokers=st.sets(st.integers(0, 50), min_size=1, max_size=8),
    count=st.integers(1, 40),
    start=st.builds(Placement, st.integers(0, 60), st.integers(0, 60)),
    data=st.data(),
)
def test_replicas_are_distinct_and_leaders_even(
    brokers: set[int], count: int, start: Placement, data: st.DataObject
) -> None:
    factor = data.draw(st.integers(1, len(brokers)))
    replicas = assign_replicas(brokers, count, factor, start)
    assert len(replicas) == count
    for group in replicas:
        assert len(set(group)) == factor
        assert set(group) <= brokers
    led = [sum(group[0] == broker for group in replicas) for broker in brokers]
    assert max(led) - min(led) <= 1


def test_a_living_leader_stays_with_its_epoch() -> None:
    partition = PartitionImage((1, 2), (1, 2), leader=1, leader_epoch=4, partition_epoch=9)
    assert elect(partition, {1, 2}) is partition


def test_a_leader_that_was_not_stopped_cleanly_gets_a_new_epoch() -> None:
    partition = PartitionImage((1,), (1,), leader=1, leader_epoch=4, partition_epoch=9)
    assert elect(partition, {1}, anew={1}) == PartitionImage((1,), (1,), 1, 5, 10)


def test_a_dead_leader_is_followed_by_the_next_replica_in_sync_or_by_none() -> None:
    partition = PartitionImage((1, 2, 3), (1, 3), leader=1, leader_epoch=4, partition_epoch=9)
    assert elect(partition, {2, 3}) == PartitionImage((1, 2, 3), (1, 3), 3, 5, 10)
    leaderless = elect(partition, {2})
    assert leaderless == PartitionImage((1, 2, 3), (1, 3), -1, 5, 10)
    assert elect(leaderless, {2}) is leaderless


def test_elections_are_written_against_the_state_they_saw() -> None:
    image = create(cluster(), NewTopic("t", 2)).image
    unchanged, same = elect_all(image)
    assert unchanged == []
    assert same == image
    operations, after = elect_all(image, anew={1})
    assert operations[1] == SetData(
        "/brokers/topics/t/partitions/1/state",
        b'{"version":1,"leader":1,"leader_epoch":1,"controller_epoch":7,"isr":[1]}',
        expected_version=0,
    )
    assert after.topics["t"].partitions[1].leader_epoch == 1


def test_producer_ids_come_in_thousands_and_end() -> None:
    assert next_block(None, 1) == ProducerIdBlock(1, 0, 999)
    assert next_block(ProducerIdBlock(2, 0, 999), 1) == ProducerIdBlock(1, 1000, 1999)
    with pytest.raises(KafkaError, match="exhausted"):
        next_block(ProducerIdBlock(1, 0, MAX_PRODUCER_ID - 10), 1)
