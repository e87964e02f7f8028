"""What is found in another broker's log directories."""

from __future__ import annotations

import pytest

from barnabas.cluster.adoption import CannotAdopt, FoundLog, survey
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition, uuid_from_text
from barnabas.protocol.messages.internal.cluster_metadata import TopicRecord
from unit.cluster.adoption.kafka_disk import (
    DATA,
    batch,
    framed,
    log_files,
    make_disk,
    old_message,
    producer_snapshot,
    topic_id,
)

DIRECTORY_ID = "TRst74GGD6p_JUoZCO6k4A"
META = f"#\n#Mon Nov 23 06:09:43 UTC 2026\nnode.id=3\ndirectory.id={DIRECTORY_ID}\nversion=1\ncluster.id=c\n".encode()


def test_a_kraft_directory() -> None:
    record = framed(TopicRecord(name="a-b", topic_id=topic_id(1)))
    disk = make_disk(
        {
            "meta.properties": META,
            "cleaner-offset-checkpoint": b"0\n1\na-b 0 17\n",
            "__cluster_metadata-0/00000000000000000000.log": batch(record),
            **log_files("a-b-0", topic_id(1), epochs="0\n2\n0 0\n5 10\n"),
            **log_files("gone-0.d3724e1ac4b8474785f2578526d6db7d-delete", topic_id(2)),
        }
    )
    operations = disk.operations
    found = survey(disk, [DATA], node_id=1)
    assert disk.operations == operations  # nothing was written
    assert found.node_id == 3
    assert found.logs == {TopicPartition("a-b", 0): FoundLog(topic_id(1), 5)}
    assert found.directory_ids == {uuid_from_text(DIRECTORY_ID)}
    assert found.compacted_topics == {"a-b"}
    assert found.cluster is not None
    assert [topic.name for topic in found.cluster.topics.values()] == ["a-b"]


def test_a_directory_of_a_cluster_on_zookeeper() -> None:
    files = {
        "meta.properties": b"broker.id=0\nversion=0\ncluster.id=c\n",
        "old-0/00000000000000000000.log": b"",
        **log_files("new-0", topic_id(1)),
        "new-0/00000000000000000005.snapshot": producer_snapshot(4000),
        "new-0/00000000000000000009.snapshot": producer_snapshot(7),
    }
    found = survey(make_disk(files), [DATA], node_id=1)
    assert found.node_id == 0
    assert found.cluster is None
    assert found.logs == {
        TopicPartition("old", 0): FoundLog(ZERO_UUID, -1),
        TopicPartition("new", 0): FoundLog(topic_id(1), 0),
    }
    assert found.next_producer_id == 1_000_007  # of the newest snapshot, with room for those nobody wrote down


def test_the_metadata_log_may_have_a_directory_of_its_own() -> None:
    record = framed(TopicRecord(name="a", topic_id=topic_id(1)))
    disk = make_disk(log_files("a-0", topic_id(1)))
    disk.make_directory("/metadata/__cluster_metadata-0")
    disk.open("/metadata/__cluster_metadata-0/00000000000000000000.log").append(batch(record))
    assert survey(disk, [DATA], node_id=1).cluster is None
    assert survey(disk, [DATA], node_id=1, metadata_directory="/metadata").cluster is not None


def test_nothing_there_yet() -> None:
    found = survey(make_disk({}), ["/not/made"], node_id=4)
    assert (found.node_id, found.logs, found.cluster) == (4, {}, None)


def test_damaged_small_files_are_made_good_later() -> None:
    files = log_files("a-0", topic_id(1)) | {
        "a-0/partition.metadata": b"nothing",
        "a-0/leader-epoch-checkpoint": b"0\n1\n",
        "a-0/00000000000000000009.snapshot": b"no",
        "cleaner-offset-checkpoint": b"?",
    }
    found = survey(make_disk(files), [DATA], node_id=1)
    assert found.logs == {TopicPartition("a", 0): FoundLog(ZERO_UUID, -1)}
    assert (found.next_producer_id, found.compacted_topics) == (0, frozenset())


@pytest.mark.parametrize("meta", [b"version=one\n", b"version=1\nnode.id=1\ndirectory.id=?\n"])
def test_meta_properties_that_make_no_sense_are_named(meta: bytes) -> None:
    with pytest.raises(CannotAdopt, match=r"/data/meta\.properties"):
        survey(make_disk({"meta.properties": meta}), [DATA], node_id=1)


@pytest.mark.parametrize("magic", [0, 1])
def test_messages_of_old_formats_are_refused_by_name(magic: int) -> None:
    disk = make_disk(log_files("a-0", topic_id(1), log=old_message(magic)))
    with pytest.raises(
        CannotAdopt, match=rf"a-0/00000000000000000000\.log: has messages of format {magic} at position 0"
    ):
        survey(disk, [DATA], node_id=1)


def test_old_messages_behind_new_ones_are_seen_through_the_index() -> None:
    new = batch(b"new")
    log = log_files("a-0", topic_id(1), log=new + old_message(1))
    index = {"a-0/00000000000000000000.index": bytes(4) + len(new).to_bytes(4, "big")}
    with pytest.raises(CannotAdopt, match=rf"has messages of format 1 at position {len(new)}"):
        survey(make_disk(log | index), [DATA], node_id=1)
    preallocated = {"a-0/00000000000000000000.index": bytes(80)}
    assert survey(make_disk(log_files("a-0", topic_id(1), log=new) | preallocated), [DATA], node_id=1).logs


def test_a_torn_first_batch_is_no_old_message() -> None:
    damaged = bytearray(old_message(0))
    damaged[-1] ^= 1
    assert survey(make_disk(log_files("a-0", topic_id(1), log=bytes(damaged))), [DATA], node_id=1).logs
    assert survey(make_disk(log_files("a-0", topic_id(1), log=bytes(1000))), [DATA], node_id=1).logs


def test_a_kraft_directory_without_its_metadata_is_a_part_of_something() -> None:
    files = {"meta.properties": META, **log_files("a-0", topic_id(1))}
    with pytest.raises(CannotAdopt, match="speaks of a KRaft cluster, but its __cluster_metadata-0 is not there"):
        survey(make_disk(files), [DATA], node_id=3)
    assert survey(make_disk({"meta.properties": META}), [DATA], node_id=3).node_id == 3
