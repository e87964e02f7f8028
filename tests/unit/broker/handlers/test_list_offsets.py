"""ListOffsets: special times, real times, and what a version does not have."""

import asyncio

import pytest

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.list_offsets import (
    LIST_OFFSETS,
    ListOffsetsPartition,
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from unit.broker.handlers.data_room import NOW_MS, DataRoom, batch, context


def ask(room: DataRoom, *timestamps: int, partition: int = 0, version: int = 11) -> list[ListOffsetsPartitionResponse]:
    wanted = [ListOffsetsPartition(partition_index=partition, timestamp=timestamp) for timestamp in timestamps]
    request = ListOffsetsRequest(topics=[ListOffsetsTopic(name="orders", partitions=wanted)])
    response = asyncio.run(room.list_offsets(request, context(version)))
    LIST_OFFSETS.response_codec(version).encode(response)
    return response.topics[0].partitions


@pytest.mark.parametrize(
    ("timestamp", "offset"),
    [(-1, 2), (-2, 0), (-3, 0), (-4, 0), (-5, -1), (-6, -1), (0, 0), (NOW_MS, 0), (NOW_MS + 1, -1)],
)
def test_a_time_leads_to_an_offset(timestamp: int, offset: int) -> None:
    room = DataRoom()
    room.send(batch(b"a", b"b"))
    (answer,) = ask(room, timestamp)
    assert (answer.error_code, answer.offset) == (0, offset)


@pytest.mark.parametrize("version", range(1, 12))
def test_every_version_can_be_answered(version: int) -> None:
    room = DataRoom()
    room.send(batch(b"a"))
    (answer,) = ask(room, -1, version=version)
    assert (answer.error_code, answer.offset, answer.leader_epoch) == (0, 1, 3 if version >= 4 else -1)


@pytest.mark.parametrize(("timestamp", "version"), [(-3, 6), (-4, 7), (-5, 8), (-6, 10), (-7, 11)])
def test_times_that_the_version_does_not_have_are_refused(timestamp: int, version: int) -> None:
    (answer,) = ask(DataRoom(), timestamp, version=version)
    assert answer.error_code == ErrorCode.UNSUPPORTED_VERSION


def test_an_empty_log_knows_its_leader_epoch() -> None:
    (answer,) = ask(DataRoom(), -2)
    assert (answer.offset, answer.leader_epoch) == (0, 3)


def test_a_partition_asked_for_twice_is_refused_once() -> None:
    (answer,) = ask(DataRoom(), -1, -2)
    assert answer.error_code == ErrorCode.INVALID_REQUEST
    (answer,) = ask(DataRoom(), -1, partition=7)
    assert answer.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
