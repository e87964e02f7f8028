"""Decoders of `dump-log` for whole topics, one record of each; conformance tests have them all."""

from __future__ import annotations

import uuid

import pytest

from barnabas.cli.dump_log.coordinator_records import GROUP_RECORDS, TRANSACTION_RECORDS, CoordinatorDecoder
from barnabas.cli.dump_log.decoders import KeyAndValue
from barnabas.cli.dump_log.metadata_records import MetadataDecoder
from barnabas.cli.dump_log.remote_log_metadata import RemoteLogDecoder
from barnabas.cli.failures import ToolFailure
from barnabas.protocol.messages.internal.cluster_metadata import TopicRecord
from barnabas.protocol.messages.internal.consumer_protocol import ConsumerProtocolSubscription
from barnabas.protocol.messages.internal.group_metadata import GroupMetadataValue, MemberMetadata
from barnabas.protocol.messages.internal.offset_commit import OffsetCommitKey, OffsetCommitValue
from barnabas.protocol.messages.internal.remote_log_records import RemotePartitionDeleteMetadataRecord
from barnabas.protocol.records import Record
from barnabas.protocol.wire import codec

GROUPS = CoordinatorDecoder(GROUP_RECORDS)
KEY = b"\x00\x01" + codec(OffsetCommitKey, 0, False).encode(OffsetCommitKey(group="g", topic="t", partition=3))
KEY_TREE = {"type": "1", "data": {"group": "g", "topic": "t", "partition": 3}}


def record(key: bytes | None, value: bytes | None) -> Record:
    return Record(17, 0, key, value, ())


def test_a_committed_offset_and_a_forgotten_one() -> None:
    value = OffsetCommitValue(offset=5, leader_epoch=2, metadata="m", commit_timestamp=9)
    encoded = b"\x00\x03" + codec(OffsetCommitValue, 3, False).encode(value)
    data = {"offset": 5, "leaderEpoch": 2, "metadata": "m", "commitTimestamp": 9}
    assert GROUPS.decode(record(KEY, encoded)) == KeyAndValue(KEY_TREE, {"version": "3", "data": data})
    assert GROUPS.decode(record(KEY, None)) == KeyAndValue(KEY_TREE, "<DELETE>")


def test_a_consumer_is_shown_with_its_subscription() -> None:
    subscription = codec(ConsumerProtocolSubscription, 1, False).encode(ConsumerProtocolSubscription(topics=["t"]))
    member = MemberMetadata(member_id="m", subscription=b"\x00\x01" + subscription, assignment=b"?")
    value = GroupMetadataValue(protocol_type="consumer", members=[member])
    encoded = b"\x00\x03" + codec(GroupMetadataValue, 3, False).encode(value)
    decoded = GROUPS.decode(record(b"\x00\x02\x00\x01g", encoded)).value
    assert isinstance(decoded, dict)
    (shown,) = decoded["data"]["members"]
    assert shown["subscription"] == {"topics": ["t"], "userData": None, "ownedPartitions": []}
    assert shown["assignment"] == "Pw=="


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (b"\x03\xe7", b"", "Unknown record type 999 at offset 17, skipping."),
        (b"\x00", b"", "Error at offset 17, skipping. Could not read version from key's buffer."),
        (KEY, b"\x00", "Error at offset 17, skipping. Could not read version from value's buffer."),
        (KEY, b"\x00\x05", "Error at offset 17, skipping. Found an unknown record version 5 for 1 type"),
        (
            KEY[:-1],
            b"",
            "Error at offset 17, skipping. Could not read record with version 0 from key's buffer due to: ",
        ),
    ],
)
def test_records_that_make_no_sense(key: bytes, value: bytes, text: str) -> None:
    shown, nothing = GROUPS.decode(record(key, value))
    assert isinstance(shown, str)
    assert shown.startswith(text)
    assert nothing is None


def test_a_record_without_a_key_ends_it() -> None:
    with pytest.raises(ToolFailure, match="Failed to decode message at offset 17 using the specified decoder"):
        CoordinatorDecoder(TRANSACTION_RECORDS).decode(record(None, b""))


def test_a_record_of_the_cluster() -> None:
    topic = TopicRecord(name="t", topic_id=uuid.UUID(int=5))
    value = b"\x01\x02\x00" + codec(TopicRecord, 0, True).encode(topic)
    data = {"name": "t", "topicId": "AAAAAAAAAAAAAAAAAAAABQ"}
    expected = KeyAndValue(None, {"type": "TOPIC_RECORD", "version": 0, "data": data})
    assert MetadataDecoder().decode(record(None, value)) == expected
    for broken, reason in (
        (b"", "Error while reading frame version"),
        (
            b"\x02",
            "Could not deserialize metadata record due to unknown frame version 2(only frame version 1 is supported)",
        ),
        (b"\x01\x63\x00", "Unknown metadata id 99"),
        (value[:-1], "Failed to deserialize record with type 2"),
        (value + b"\0", "Found 1 byte(s) of garbage after 2"),
    ):
        assert MetadataDecoder().decode(record(None, broken)).value == f"Error at 17, skipping. {reason}"


def test_a_record_of_remote_storage() -> None:
    message = RemotePartitionDeleteMetadataRecord(broker_id=4, event_timestamp_ms=6, remote_partition_delete_state=1)
    encoded = codec(RemotePartitionDeleteMetadataRecord, 0, True).encode(message)
    assert RemoteLogDecoder().decode(record(None, b"\x01\x02\x00" + encoded)).value == (
        "RemotePartitionDeleteMetadata{topicPartition=AAAAAAAAAAAAAAAAAAAAAA:-0, state=DELETE_PARTITION_STARTED, "
        "eventTimestampMs=6, brokerId=4}"
    )
