"""From what the disk says to the writes: the topics as an image that is read back from a tree."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest

from barnabas.cluster.adoption import Adoption, CannotAdopt, Found, FoundLog, adopt, make_known
from barnabas.cluster.adoption.kraft import KraftCluster, KraftPartition, KraftTopic
from barnabas.cluster.controller.startup import is_unused, run_for_controller
from barnabas.cluster.coordination import EmbeddedTree
from barnabas.cluster.coordination.znodes import PRODUCER_ID_BLOCK, ProducerIdBlock
from barnabas.cluster.metadata import ClusterImage, ConfigKind, ConfigResource, PartitionImage
from barnabas.cluster.metadata.loading import load_image
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition
from unit.cluster.adoption.kafka_disk import topic_id

NODE = 7
NEW_ID = topic_id(99)
ORDERS_ID = topic_id(1)
HERE = uuid.UUID(int=2**100)
ELSEWHERE = uuid.UUID(int=2**101)


def refuse_strange(resource: ConfigResource, values: Mapping[str, str]) -> None:
    if any(name.startswith("strange") for name in values):
        raise KafkaError(ErrorCode.INVALID_CONFIG, "never heard of it")


def decide(found: Found) -> Adoption:
    return adopt(found, refuse_strange, lambda: NEW_ID)


def kraft(*topics: KraftTopic, configs: dict[ConfigResource, dict[str, str]] | None = None) -> KraftCluster:
    return KraftCluster({topic.topic_id: topic for topic in topics}, configs or {})


def logs(*names: str, epoch: int = 2, identifier: uuid.UUID = ORDERS_ID) -> dict[TopicPartition, FoundLog]:
    parsed = (name.rpartition("-") for name in names)
    return {TopicPartition(topic, int(partition)): FoundLog(identifier, epoch) for topic, _, partition in parsed}


async def _write_and_load(adoption: Adoption, folder: Path) -> tuple[ClusterImage, ProducerIdBlock | None, bool]:
    """The image that every broker will read, the block of producer IDs, and whether the tree is unused after it."""
    tree = await EmbeddedTree.open(folder / "tree.sqlite")
    try:
        assert await is_unused(tree)
        await make_known(tree, adoption, ["/data"])
        ids = await tree.get(PRODUCER_ID_BLOCK.path)
        block = PRODUCER_ID_BLOCK.decode(ids.data) if ids is not None and ids.data else None
        return (await load_image(tree)) if adoption.operations else ClusterImage(""), block, await is_unused(tree)
    finally:
        await tree.close()


def image_after(adoption: Adoption, folder: Path) -> ClusterImage:
    image, _, is_still_unused = asyncio.run(_write_and_load(adoption, folder))
    assert is_still_unused == (not adoption.topic_count)
    return image


def test_topics_of_a_metadata_log_keep_their_ids_partitions_and_settings(tmp_path: Path) -> None:
    orders = KraftTopic("orders", topic_id(1), {0: KraftPartition((NODE,), 4), 1: KraftPartition((NODE,), 2)})
    configs = {
        ConfigResource(ConfigKind.TOPIC, "orders"): {"retention.ms": "5"},
        ConfigResource(ConfigKind.BROKER, ""): {"min.insync.replicas": "1"},
        ConfigResource(ConfigKind.BROKER, str(NODE)): {"num.io.threads": "9"},
    }
    adoption = decide(Found(NODE, logs("orders-0", "orders-1"), kraft(orders, configs=configs)))
    assert adoption.warnings == []
    image = image_after(adoption, tmp_path)
    topic = image.topics["orders"]
    assert topic.topic_id == topic_id(1)
    assert topic.partitions == (PartitionImage((NODE,), (NODE,), -1, 4), PartitionImage((NODE,), (NODE,), -1, 2))
    assert image.configs == configs


def test_an_epoch_that_only_the_log_knows_counts() -> None:
    orders = KraftTopic("orders", topic_id(1), {0: KraftPartition((NODE,), 4)})
    adoption = decide(Found(NODE, logs("orders-0", epoch=6), kraft(orders)))
    assert any(b'"leader_epoch":6' in getattr(operation, "data", b"") for operation in adoption.operations)


def test_a_partition_whose_directory_was_not_made_yet_will_be_empty(tmp_path: Path) -> None:
    orders = KraftTopic("orders", topic_id(1), {0: KraftPartition((NODE,), 0, (HERE,))})
    found = Found(NODE, {}, kraft(orders), directory_ids=frozenset({HERE}))
    assert list((image_after(decide(found), tmp_path)).topics) == ["orders"]


def test_a_partition_in_a_log_directory_that_was_not_given_stops_everything() -> None:
    orders = KraftTopic("orders", topic_id(1), {0: KraftPartition((NODE,), 0, (ELSEWHERE,))})
    with pytest.raises(CannotAdopt, match=r"1 partitions are in log directories that are not here \(orders-0 in "):
        decide(Found(NODE, {}, kraft(orders), directory_ids=frozenset({HERE})))


def test_a_part_of_a_cluster_is_refused() -> None:
    partitions = {0: KraftPartition((NODE,), 0), 1: KraftPartition((2, 3), 0)}
    orders = KraftTopic("orders", topic_id(1), partitions)
    with pytest.raises(
        CannotAdopt, match=r"1 partitions are kept by other brokers of the cluster \(orders-1 on 2, 3\)"
    ):
        decide(Found(NODE, logs("orders-0"), kraft(orders)))


def test_other_replicas_are_named() -> None:
    orders = KraftTopic("orders", topic_id(1), {0: KraftPartition((2, NODE, 3), 0)})
    adoption = decide(Found(NODE, logs("orders-0"), kraft(orders)))
    assert adoption.warnings == [
        "Partitions were replicated to brokers 2, 3 as well; this broker is their only one now"
    ]


def test_settings_that_are_not_ours_are_left_out_and_named(tmp_path: Path) -> None:
    orders = KraftTopic("orders", topic_id(1), {0: KraftPartition((NODE,), 0)})
    configs = {
        ConfigResource(ConfigKind.TOPIC, "orders"): {"strange.one": "secret", "retention.ms": "5"},
        ConfigResource(ConfigKind.BROKER, ""): {"strange.two": "secret"},
    }
    adoption = decide(Found(NODE, logs("orders-0"), kraft(orders, configs=configs)))
    assert adoption.warnings == [
        (
            "Settings that this version does not have are left out: strange.one of topic orders, "
            "strange.two of broker default"
        )
    ]
    image = image_after(adoption, tmp_path)
    assert image.configs == {ConfigResource(ConfigKind.TOPIC, "orders"): {"retention.ms": "5"}}


def test_what_has_no_place_is_named() -> None:
    cluster = kraft()
    cluster.left_behind.scram_users.add(("alice", 1))
    assert decide(Found(NODE, {}, cluster)).warnings == [
        "Not taken over, as this version has no place for it: 1 SCRAM credentials"
    ]


def test_without_metadata_the_directories_name_the_topics(tmp_path: Path) -> None:
    held = {
        **logs("orders-0", "orders-1", epoch=3),
        **logs("ancient-0", epoch=-1, identifier=ZERO_UUID),
        **logs("__consumer_offsets-0", "__consumer_offsets-1", identifier=topic_id(2)),
        **logs("__transaction_state-0", identifier=topic_id(3)),
    }
    adoption = decide(Found(NODE, held, None, compacted_topics=frozenset({"orders", "__consumer_offsets", "gone"})))
    assert adoption.warnings == [
        (
            "The settings of 4 topics are in ZooKeeper, not in the data directory: they are kept without limit "
            "(retention.ms=-1, retention.bytes=-1) until kafka-configs says otherwise. Kafka compacted these: orders"
        )
    ]
    image = image_after(adoption, tmp_path)
    assert {name: len(topic.partitions) for name, topic in image.topics.items()} == {
        "orders": 2,
        "ancient": 1,
        "__consumer_offsets": 2,
        "__transaction_state": 1,
    }
    assert image.topics["orders"].topic_id == topic_id(1)
    assert image.topics["ancient"].topic_id == NEW_ID
    assert image.topics["orders"].partitions[0].leader_epoch == 3
    assert image.topics["ancient"].partitions[0].leader_epoch == 0
    assert image.topic_config("orders") == {"retention.ms": "-1", "retention.bytes": "-1"}
    assert image.topic_config("__consumer_offsets") == {
        "cleanup.policy": "compact",
        "segment.bytes": "104857600",
        "compression.type": "producer",
    }
    assert image.topic_config("__transaction_state")["cleanup.policy"] == "compact"


def test_directories_with_a_gap_are_a_part_of_a_cluster() -> None:
    with pytest.raises(CannotAdopt, match="topic orders has 2 partitions here, but partition 1 is not among them"):
        decide(Found(NODE, logs("orders-0", "orders-2"), None))


def test_directories_of_two_topics_of_one_name_are_refused() -> None:
    held = {**logs("orders-0"), **logs("orders-1", identifier=topic_id(2))}
    with pytest.raises(CannotAdopt, match="the partitions of topic orders belong to 2 topics"):
        decide(Found(NODE, held, None))


@pytest.mark.parametrize(
    ("in_metadata", "in_logs", "last"), [(3000, 0, 2999), (3000, 3001, 3999), (0, 1_000_007, 1_000_999)]
)
def test_no_producer_id_is_given_twice(in_metadata: int, in_logs: int, last: int, tmp_path: Path) -> None:
    cluster = KraftCluster(next_producer_id=in_metadata)
    adoption = decide(Found(NODE, {}, cluster, next_producer_id=in_logs))
    _, block, _ = asyncio.run(_write_and_load(adoption, tmp_path))
    assert block == ProducerIdBlock(NODE, last - 999, last)


def test_nothing_found_writes_nothing(tmp_path: Path) -> None:
    adoption = decide(Found(NODE, {}, None))
    assert adoption == Adoption((), 0, [])
    assert asyncio.run(_write_and_load(adoption, tmp_path)) == (ClusterImage(""), None, True)


def test_a_tree_that_a_controller_has_worked_on_is_used(tmp_path: Path) -> None:
    async def work() -> tuple[bool, bool]:
        tree = await EmbeddedTree.open(tmp_path / "tree.sqlite")
        try:
            before = await is_unused(tree)
            await run_for_controller(tree, NODE, 0)
            return before, await is_unused(tree)
        finally:
            await tree.close()

    assert asyncio.run(work()) == (True, False)
