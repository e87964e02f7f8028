"""Images, what differs between them, and which partition coordinates whom."""

import uuid

import pytest

from barnabas.cluster.metadata import (
    ClusterImage,
    ConfigKind,
    ConfigResource,
    ImageChange,
    MetadataCache,
    PartitionImage,
    TopicImage,
    coordinator_partition,
    is_internal,
)
from barnabas.foundation.identifiers import TopicPartition

ONE = PartitionImage((1,), (1,), 1)


def topic(name: str, partitions: int = 1) -> TopicImage:
    return TopicImage(name, uuid.uuid4(), (ONE,) * partitions)


def test_an_image_is_asked_by_name_and_id() -> None:
    known = topic("t", 2)
    image = ClusterImage("c").with_topic(known)
    assert image.topic_by_id(known.topic_id) is known
    assert image.topic_by_id(uuid.uuid4()) is None
    assert image.partition(TopicPartition("t", 1)) is ONE
    assert image.partition(TopicPartition("t", 2)) is None
    assert image.partition(TopicPartition("t", -1)) is None
    assert image.partition(TopicPartition("u", 0)) is None


def test_a_changed_image_leaves_the_old_one_alone() -> None:
    empty = ClusterImage("c")
    image = empty.with_topic(topic("t")).with_config(ConfigResource(ConfigKind.TOPIC, "t"), {"a": "b"})
    assert empty.topics == {}
    assert empty.configs == {}
    assert image.without_topic("t") == empty
    assert image.topic_config("t") == {"a": "b"}


def test_a_topic_made_again_is_another() -> None:
    before = ClusterImage("c").with_topic(topic("t")).with_topic(topic("same"))
    change = ImageChange(before, before.with_topic(topic("t")))
    assert [found.name for found in change.created_topics()] == ["t"]
    assert list(change.deleted_topics()) == [before.topics["t"]]
    assert list(change.changed_topics()) == []


def test_only_what_differs_is_told() -> None:
    resource = ConfigResource(ConfigKind.TOPIC, "t")
    before = ClusterImage("c").with_topic(topic("t"))
    grown = TopicImage("t", before.topics["t"].topic_id, (ONE, ONE))
    change = ImageChange(before, before.with_topic(grown).with_config(resource, {"a": "b"}))
    assert list(change.changed_topics()) == [(before.topics["t"], grown)]
    assert list(change.created_topics()) == list(change.deleted_topics()) == []
    assert list(change.changed_configs()) == [resource]
    emptied = ImageChange(before, before.with_config(resource, {}))
    assert list(emptied.changed_configs()) == []


def test_listeners_hear_in_order_and_see_the_new_image() -> None:
    cache = MetadataCache(ClusterImage("a"))
    heard: list[str] = []
    stop = cache.subscribe(lambda change: heard.append(f"first {change.before.cluster_id}{cache.image.cluster_id}"))
    cache.subscribe(lambda change: heard.append(f"second {change.after.cluster_id}"))
    cache.publish(ClusterImage("b"))
    stop()
    cache.publish(ClusterImage("c"))
    assert heard == ["first ab", "second b", "second c"]


@pytest.mark.parametrize(
    ("key", "partition"),
    [("", 0), ("g", 3), ("my-group", 12), ("console-consumer-12345", 6), ("grüppe-😀", 14), ("polygenelubricants", 0)],
)
def test_keys_fall_on_the_partitions_that_java_computes(key: str, partition: int) -> None:
    """Expected values printed by Kafka's `Utils.abs(key.hashCode()) % 50` on Java 17."""
    assert coordinator_partition(key, 50) == partition


def test_internal_topics() -> None:
    assert is_internal("__consumer_offsets")
    assert is_internal("__transaction_state")
    assert not is_internal("__cluster_metadata")
