"""Readers of committed records: what they are told of aborted transactions, and where they stop (KIP-98)."""

from __future__ import annotations

import asyncio

from barnabas.broker.fetch_sessions import FetchSessions
from barnabas.broker.handlers.fetch import Fetch
from barnabas.broker.handlers.list_offsets import ListOffsets
from barnabas.cluster.replication import Replicas
from barnabas.protocol.messages.fetch import PartitionData
from barnabas.protocol.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from barnabas.protocol.records import (
    ControlType,
    EndTransactionMarker,
    build_end_transaction_marker,
    iterate_headers,
)
from barnabas.storage import AppendOrigin, LogDirectories
from unit.broker.handlers.data_room import NOW_MS, DataRoom, batch, context

COMMITTED = 1
EVERYTHING = 0


def write(room: DataRoom, producer_id: int, sequence: int) -> None:
    """One record of a producer's open transaction."""
    content = batch(
        b"%d-%d" % (producer_id, sequence),
        producer_id=producer_id,
        producer_epoch=0,
        base_sequence=sequence,
        is_transactional=True,
    )
    room.replicas.leader("orders", 0).append(content, all_in_sync=True)


def end(room: DataRoom, producer_id: int, how: ControlType) -> None:
    marker = build_end_transaction_marker(
        EndTransactionMarker(how, 0), producer_id=producer_id, producer_epoch=0, timestamp_ms=NOW_MS
    )
    leader = room.replicas.leader("orders", 0)
    leader.append(memoryview(marker), all_in_sync=True, origin=AppendOrigin.COORDINATOR)


def after_a_kill(room: DataRoom) -> DataRoom:
    """The room as the next start finds it: the index of aborted transactions was never written."""
    room.filesystem = room.filesystem.after_crash()
    room.logs = LogDirectories.open(("/data",), defaults=room.config, filesystem=room.filesystem, clock=room.clock)
    room.replicas = Replicas(1, room.logs, room.cache, room._settings, room.clock)
    room.fetch = Fetch(room.replicas, FetchSessions(room.clock, lambda: 1), 1 << 20)
    room.list_offsets = ListOffsets(room.replicas)
    return room


def fetch(room: DataRoom, offset: int, isolation_level: int) -> PartitionData:
    response = room.fetch_now((0, offset), isolation_level=isolation_level)
    return response.responses[0].partitions[0]


def offsets_of(data: PartitionData) -> list[int]:
    content = b"" if not data.records else data.records.read()
    return [header.base_offset for _, header in iterate_headers(content)]


def latest(room: DataRoom, isolation_level: int, timestamp: int = -1) -> int:
    wanted = ListOffsetsTopic(name="orders", partitions=[ListOffsetsPartition(partition_index=0, timestamp=timestamp)])
    request = ListOffsetsRequest(topics=[wanted], isolation_level=isolation_level)
    answer = asyncio.run(room.list_offsets(request, context(11)))
    return int(answer.topics[0].partitions[0].offset)


def a_mixed_log() -> DataRoom:
    """Offsets 0 and 1 committed, 2 to 5 aborted with a plain record in between, 6 open, 7 plain."""
    room = DataRoom()
    write(room, 1, 0)
    end(room, 1, ControlType.COMMIT)
    write(room, 2, 0)
    write(room, 2, 1)
    room.send(batch(b"plain"))
    end(room, 2, ControlType.ABORT)
    write(room, 3, 0)
    room.send(batch(b"behind"))
    return after_a_kill(room)


def test_a_reader_of_committed_records_is_told_what_to_leave_out_and_stops_before_what_is_open() -> None:
    room = a_mixed_log()
    data = fetch(room, 0, COMMITTED)
    assert offsets_of(data) == [0, 1, 2, 3, 4, 5]
    assert (data.high_watermark, data.last_stable_offset) == (8, 6)
    assert data.aborted_transactions is not None
    assert [(entry.producer_id, entry.first_offset) for entry in data.aborted_transactions] == [(2, 2)]
    assert offsets_of(fetch(room, 6, COMMITTED)) == []


def test_any_other_reader_sees_all_there_is() -> None:
    room = a_mixed_log()
    data = fetch(room, 0, EVERYTHING)
    assert offsets_of(data) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert (data.high_watermark, data.last_stable_offset, data.aborted_transactions) == (8, 6, None)


def test_the_end_of_the_log_depends_on_who_asks() -> None:
    room = a_mixed_log()
    assert (latest(room, EVERYTHING), latest(room, COMMITTED)) == (8, 6)
    end(room, 3, ControlType.COMMIT)
    assert (latest(room, EVERYTHING), latest(room, COMMITTED)) == (9, 9)
    assert offsets_of(fetch(room, 6, COMMITTED)) == [6, 7, 8]


def test_a_time_within_an_open_transaction_leads_nowhere_for_a_reader_of_committed_records() -> None:
    room = DataRoom()
    write(room, 1, 0)
    assert (latest(room, EVERYTHING, NOW_MS), latest(room, COMMITTED, NOW_MS)) == (0, -1)


def test_the_index_that_a_crash_left_out_is_on_the_disk_again() -> None:
    room = a_mixed_log()
    room.logs.close({})
    again = after_a_kill(room)  # closed in order: now the file is believed
    aborted = fetch(again, 0, COMMITTED).aborted_transactions
    assert aborted is not None
    assert [(entry.producer_id, entry.first_offset) for entry in aborted] == [(2, 2)]
