"""The controller on a real tree: what it writes is what the next start reads."""

import asyncio
import gc
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from barnabas.cluster.controller import Controller, ControllerSettings, InternalTopicSettings, NewTopic
from barnabas.cluster.coordination import EmbeddedTree
from barnabas.cluster.coordination.znodes import CONFIG_CHANGES, CONTROLLER_EPOCH
from barnabas.cluster.metadata import (
    GROUP_OFFSETS_TOPIC,
    BrokerRegistration,
    ClusterImage,
    ConfigKind,
    ConfigResource,
    Endpoint,
    ImageChange,
    MetadataCache,
    PartitionImage,
)
from barnabas.cluster.metadata.loading import load_image
from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError

BROKER = BrokerRegistration(
    1, -1, (Endpoint("CLIENT", "Host.example", 9092), Endpoint("SECURE", "::1", 9093, "SASL_SSL")), rack="dc1"
)
SETTINGS = ControllerSettings(
    partition_count=3,
    internal_topics={GROUP_OFFSETS_TOPIC: InternalTopicSettings(50, 1, {"cleanup.policy": "compact"})},
)


def anything_goes(resource: ConfigResource, values: Mapping[str, str]) -> None:
    pass


class Broker:
    """A controller with what it stands on."""

    def __init__(self, tree: EmbeddedTree) -> None:
        self.tree = tree
        self.cache = MetadataCache(ClusterImage("cluster"))
        self.controller = Controller(tree, self.cache, SETTINGS, validate_config=anything_goes, clock=ManualClock())

    @property
    def image(self) -> ClusterImage:
        return self.cache.image


def run_broker(
    path: Path,
    body: Callable[[Broker], Awaitable[None]],
    *,
    broker: BrokerRegistration = BROKER,
    cluster_id: str = "cluster",
    elect_anew: bool = False,
) -> ClusterImage:
    async def run() -> ClusterImage:
        tree = await EmbeddedTree.open(path / "tree.db")
        try:
            running = Broker(tree)
            await running.controller.start(broker, cluster_id, elect_anew=elect_anew)
            await body(running)
            # Invariant of every test here: what is published is what the tree says.
            assert await load_image(tree) == running.image
            return running.image
        finally:
            await tree.close()

    return asyncio.run(run())


async def nothing(_: Broker) -> None:
    pass


def test_the_first_start_makes_a_cluster(tmp_path: Path) -> None:
    async def body(broker: Broker) -> None:
        assert broker.controller.is_active
        epoch = await broker.tree.get(CONTROLLER_EPOCH.path)
        assert epoch is not None
        assert epoch.data == b"1"

    image = run_broker(tmp_path, body)
    assert (image.cluster_id, image.controller_id, image.controller_epoch) == ("cluster", 1, 1)
    assert image.brokers[1].endpoints == BROKER.endpoints
    assert image.brokers[1].rack == "dc1"
    assert image.brokers[1].epoch > 0
    assert image.topics == {}


def test_the_next_start_finds_it_all_under_new_epochs(tmp_path: Path) -> None:
    async def body(broker: Broker) -> None:
        await broker.controller.create_topic(NewTopic("t", 2, configs={"retention.ms": "1"}))
        await broker.controller.set_configs(ConfigResource(ConfigKind.BROKER, ""), {"log.retention.ms": "2"})
        await broker.controller.set_configs(ConfigResource(ConfigKind.GROUP, "a/b"), {"x": "y"})

    first = run_broker(tmp_path, body)
    second = run_broker(tmp_path, nothing)
    assert second.topics == first.topics
    assert second.configs == first.configs
    assert second.config(ConfigKind.BROKER, "") == {"log.retention.ms": "2"}
    assert second.config(ConfigKind.GROUP, "a/b") == {"x": "y"}
    assert second.controller_epoch == first.controller_epoch + 1
    assert second.brokers[1].epoch > first.brokers[1].epoch


def test_leader_epochs_rise_only_after_an_unclean_stop(tmp_path: Path) -> None:
    async def body(broker: Broker) -> None:
        await broker.controller.create_topic(NewTopic("t", 1))

    run_broker(tmp_path, body)
    assert run_broker(tmp_path, nothing).topics["t"].partitions[0].leader_epoch == 0
    image = run_broker(tmp_path, nothing, elect_anew=True)
    assert image.topics["t"].partitions == (PartitionImage((1,), (1,), 1, leader_epoch=1, partition_epoch=1),)


def test_partitions_of_a_broker_that_is_gone_have_no_leader(tmp_path: Path) -> None:
    async def body(broker: Broker) -> None:
        await broker.controller.create_topic(NewTopic("t", 1))

    run_broker(tmp_path, body)
    other = BrokerRegistration(2, -1, BROKER.endpoints)
    image = run_broker(tmp_path, nothing, broker=other)
    assert image.topics["t"].partitions[0].leader == -1
    assert run_broker(tmp_path, nothing).topics["t"].partitions[0].leader == 1


def test_the_directory_of_another_cluster_is_refused(tmp_path: Path) -> None:
    run_broker(tmp_path, nothing)
    with pytest.raises(KafkaError, match="wrong cluster") as refused:
        run_broker(tmp_path, nothing, cluster_id="other")
    assert refused.value.code is ErrorCode.INCONSISTENT_CLUSTER_ID


def test_listeners_act_on_a_topic_before_its_maker_is_told(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []

    def listen(change: ImageChange) -> None:
        seen.extend(("created", topic.name) for topic in change.created_topics())
        seen.extend(("grown", topic.name) for _, topic in change.changed_topics())
        seen.extend(("deleted", topic.name) for topic in change.deleted_topics())

    async def body(broker: Broker) -> None:
        stop = broker.cache.subscribe(listen)
        await broker.controller.create_topic(NewTopic("t", 1))
        assert seen == [("created", "t")]
        await broker.controller.create_partitions("t", 2)
        await broker.controller.delete_topic("t")
        assert seen == [("created", "t"), ("grown", "t"), ("deleted", "t")]
        stop()
        await broker.controller.create_topic(NewTopic("t", 1))
        assert len(seen) == 3

    run_broker(tmp_path, body)


def test_trying_changes_nothing(tmp_path: Path) -> None:
    async def body(broker: Broker) -> None:
        before = broker.image
        made = await broker.controller.create_topic(NewTopic("t"), validate_only=True)
        assert len(made.partitions) == 3
        assert broker.image is before

    run_broker(tmp_path, body)


def test_topics_are_deleted_by_name_or_id(tmp_path: Path) -> None:
    async def body(broker: Broker) -> None:
        controller = broker.controller
        by_id = await controller.create_topic(NewTopic("a", 1))
        await controller.create_topic(NewTopic("b", 1))
        assert (await controller.delete_topic(topic_id=by_id.topic_id)).name == "a"
        await controller.delete_topic("b")
        assert broker.image.topics == {}
        assert broker.image.configs == {}
        with pytest.raises(KafkaError) as refused:
            await controller.delete_topic("b")
        assert refused.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        with pytest.raises(KafkaError) as refused:
            await controller.delete_topic(topic_id=uuid.uuid4())
        assert refused.value.code is ErrorCode.UNKNOWN_TOPIC_ID

    run_broker(tmp_path, body)


def test_topics_are_made_on_demand_once(tmp_path: Path) -> None:
    async def body(broker: Broker) -> None:
        made = await asyncio.gather(*(broker.controller.auto_create("t") for _ in range(5)))
        assert all(topic is made[0] for topic in made)
        assert len(made[0].partitions) == 3
        offsets = await broker.controller.auto_create(GROUP_OFFSETS_TOPIC)
        assert len(offsets.partitions) == 50
        assert broker.image.topic_config(GROUP_OFFSETS_TOPIC) == {"cleanup.policy": "compact"}

    run_broker(tmp_path, body)


def test_configurations_are_merged_and_taken_away(tmp_path: Path) -> None:
    async def body(broker: Broker) -> None:
        resource = ConfigResource(ConfigKind.TOPIC, "t")
        await broker.controller.create_topic(NewTopic("t", configs={"a": "1", "b": "2"}))
        await broker.controller.set_configs(resource, {"a": None, "c": "3"})
        assert broker.image.topic_config("t") == {"b": "2", "c": "3"}
        await broker.controller.set_configs(resource, {"b": None, "c": None})
        assert broker.image.topic_config("t") == {}
        await broker.controller.set_configs(resource, {"d": "4"})
        assert broker.image.topic_config("t") == {"d": "4"}
        assert len(await broker.tree.children(CONFIG_CHANGES.path)) == 3

    run_broker(tmp_path, body)


def test_producer_ids_are_never_given_twice(tmp_path: Path) -> None:
    blocks: list[range] = []

    async def body(broker: Broker) -> None:
        blocks.extend(await asyncio.gather(*(broker.controller.allocate_producer_ids() for _ in range(2))))

    run_broker(tmp_path, body)
    run_broker(tmp_path, body)
    assert sorted(blocks, key=lambda block: block.start) == [
        range(start, start + 1000) for start in (0, 1000, 2000, 3000)
    ]


def test_a_wish_is_fulfilled_even_when_its_maker_leaves(tmp_path: Path) -> None:
    async def body(broker: Broker) -> None:
        wish = asyncio.create_task(broker.controller.create_topic(NewTopic("t", 1)))
        await asyncio.sleep(0)
        wish.cancel()
        with pytest.raises(asyncio.CancelledError):
            await wish
        await broker.controller.create_topic(NewTopic("after", 1))
        assert set(broker.image.topics) == {"t", "after"}

    run_broker(tmp_path, body)


def test_an_error_that_nobody_waits_for_is_not_reported_as_lost(tmp_path: Path) -> None:
    complaints: list[str] = []

    async def body(broker: Broker) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
        await broker.controller.create_topic(NewTopic("t"))
        impatient = asyncio.create_task(broker.controller.create_topic(NewTopic("t")))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        await broker.controller.create_topic(NewTopic("u"))  # the refused wish had its turn before this one
        gc.collect()

    run_broker(tmp_path, body)
    assert complaints == []


def test_who_lost_the_election_writes_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        tree = await EmbeddedTree.open(tmp_path / "tree.db")
        broker = Broker(tree)
        await broker.controller.start(BROKER, "cluster")
        await tree.set(CONTROLLER_EPOCH.path, b"2")  # somebody else was elected meanwhile
        for _ in range(2):
            with pytest.raises(KafkaError) as refused:
                await broker.controller.create_topic(NewTopic("t", 1))
            assert refused.value.code is ErrorCode.NOT_CONTROLLER
        assert not broker.controller.is_active
        assert "t" not in broker.image.topics
        assert (await load_image(tree)).topics == {}
        await tree.close()

    asyncio.run(run())


def test_the_second_candidate_is_no_controller(tmp_path: Path) -> None:
    async def run() -> None:
        tree = await EmbeddedTree.open(tmp_path / "tree.db")
        await Broker(tree).controller.start(BROKER, "cluster")
        second = Broker(tree)
        await second.controller.start(BrokerRegistration(2, -1, BROKER.endpoints), "cluster")
        assert not second.controller.is_active
        assert second.image.controller_id == 1
        assert set(second.image.brokers) == {1, 2}
        with pytest.raises(KafkaError) as refused:
            await second.controller.create_topic(NewTopic("t", 1))
        assert refused.value.code is ErrorCode.NOT_CONTROLLER
        with pytest.raises(KafkaError) as refused:
            await Broker(tree).controller.start(BROKER, "cluster")
        assert refused.value.code is ErrorCode.DUPLICATE_BROKER_REGISTRATION
        await tree.close()

    asyncio.run(run())
