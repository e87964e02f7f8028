"""Keys and values of `__consumer_offsets`, byte by byte."""

from uuid import UUID

import pytest

from barnabas.coordinators.groups.records import (
    CommittedOffset,
    GroupMetadataValue,
    GroupRecord,
    MemberMetadata,
    OffsetRecord,
    group_record,
    group_tombstone,
    offset_record,
    offset_tombstone,
    read_record,
)
from barnabas.coordinators.runtime.outcome import CoordinatorRecord

OFFSET_KEY = b"\x00\x01\x00\x01g\x00\x01t\x00\x00\x00\x02"


def test_a_committed_offset() -> None:
    record = offset_record("g", "t", 2, CommittedOffset(5, 3, "m", 1_000))
    assert record.key == OFFSET_KEY
    # version, offset, leader epoch, compact string, commit timestamp, no tagged fields
    assert record.value is not None
    assert record.value.hex(" ") == ("00 04 00 00 00 00 00 00 00 05 00 00 00 03 02 6d 00 00 00 00 00 00 03 e8 00")
    assert read_record(record) == OffsetRecord("g", "t", 2, CommittedOffset(5, 3, "m", 1_000))


def test_a_committed_offset_with_a_topic_id() -> None:
    committed = CommittedOffset(5, 3, "m", 1_000, topic_id=UUID(int=1))
    record = offset_record("g", "t", 2, committed)
    assert record.value is not None
    assert record.value.endswith(b"\x01\x00\x10" + UUID(int=1).bytes)  # one tagged field, tag 0, 16 bytes
    assert read_record(record) == OffsetRecord("g", "t", 2, committed)


def test_a_committed_offset_with_its_own_retention_is_written_in_the_version_that_has_room_for_it() -> None:
    record = offset_record("g", "t", 2, CommittedOffset(5, 3, "m", 1_000, expire_timestamp_ms=2_000))
    assert record.value is not None
    assert record.value.hex(" ") == (
        "00 01 00 00 00 00 00 00 00 05 00 01 6d 00 00 00 00 00 00 03 e8 00 00 00 00 00 00 07 d0"
    )
    assert read_record(record) == OffsetRecord(
        "g", "t", 2, CommittedOffset(5, -1, "m", 1_000, expire_timestamp_ms=2_000)
    )


@pytest.mark.parametrize(
    ("value", "leader_epoch"),
    [
        ("00 00 00 00 00 00 00 00 00 05 00 01 6d 00 00 00 00 00 00 03 e8", -1),
        ("00 02 00 00 00 00 00 00 00 05 00 01 6d 00 00 00 00 00 00 03 e8", -1),
        ("00 03 00 00 00 00 00 00 00 05 00 00 00 03 00 01 6d 00 00 00 00 00 00 03 e8", 3),
    ],
)
@pytest.mark.parametrize("key_type", [0, 1])
def test_offsets_that_older_brokers_wrote(value: str, leader_epoch: int, key_type: int) -> None:
    record = CoordinatorRecord(bytes((0, key_type)) + OFFSET_KEY[2:], bytes.fromhex(value))
    assert read_record(record) == OffsetRecord("g", "t", 2, CommittedOffset(5, leader_epoch, "m", 1_000))


def test_a_group() -> None:
    value = GroupMetadataValue(
        protocol_type="consumer",
        generation=7,
        protocol="range",
        leader="m1",
        current_state_timestamp=1_000,
        members=[
            MemberMetadata(
                member_id="m1",
                group_instance_id=None,
                client_id="c",
                client_host="/h",
                rebalance_timeout=2,
                session_timeout=1,
                subscription=b"s",
                assignment=b"a",
            )
        ],
    )
    record = group_record("g", value)
    assert record.key == b"\x00\x02\x00\x01g"
    assert record.value is not None
    assert record.value == (
        b"\x00\x03\x00\x08consumer\x00\x00\x00\x07\x00\x05range\x00\x02m1\x00\x00\x00\x00\x00\x00\x03\xe8"
        b"\x00\x00\x00\x01\x00\x02m1\xff\xff\x00\x01c\x00\x02/h\x00\x00\x00\x02\x00\x00\x00\x01"
        b"\x00\x00\x00\x01s\x00\x00\x00\x01a"
    )
    assert read_record(record) == GroupRecord("g", value)


def test_tombstones() -> None:
    assert offset_tombstone("g", "t", 2) == CoordinatorRecord(OFFSET_KEY, None)
    assert group_tombstone("g") == CoordinatorRecord(b"\x00\x02\x00\x01g", None)
    assert read_record(offset_tombstone("g", "t", 2)) == OffsetRecord("g", "t", 2, None)
    assert read_record(group_tombstone("g")) == GroupRecord("g", None)


@pytest.mark.parametrize(
    "record",
    [
        CoordinatorRecord(b"\x00\x03\x00\x01g", b"\x00\x00"),
        CoordinatorRecord(OFFSET_KEY, b"\x00\x05"),
        CoordinatorRecord(b"\x00\x02\x00\x01g", b"\xff\xff"),
    ],
)
def test_what_is_not_known_here_is_nothing(record: CoordinatorRecord) -> None:
    assert read_record(record) is None
