"""A coordinator that comes back, moves away, or isn't there."""

import asyncio

from barnabas.coordinators.groups.classic import GroupState
from barnabas.coordinators.groups.records import CommittedOffset, offset_record
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.delete_groups import DeleteGroupsRequest
from barnabas.protocol.messages.list_groups import ListGroupsRequest
from barnabas.protocol.records import (
    ControlType,
    EndTransactionMarker,
    NewRecord,
    build_batch,
    build_end_transaction_marker,
)
from unit.coordinators.group_world import (
    SESSION_TIMEOUT_MS,
    Caller,
    Client,
    World,
    form_group,
    in_virtual_time,
    rejoin_all,
)


@in_virtual_time
async def test_members_carry_on_after_a_crash_without_rejoining(world: World) -> None:
    leader, other = Client(world, "leader"), Client(world, "other")
    await form_group(world, leader, other)
    await world.commit({("t", 0): 9}, other)
    await world.crash_and_restart()
    assert [await leader.heartbeat(), await other.heartbeat()] == [ErrorCode.NONE, ErrorCode.NONE]
    assert (await other.sync()).assignment == b"other"
    assert await world.committed() == {("t", 0): 9}
    response = await world.commit({("t", 0): 10}, other)
    assert response.topics[0].partitions[0].error_code == ErrorCode.NONE
    newcomer = Client(world, "new")
    joining = asyncio.create_task(newcomer.join())
    await world.settle()
    rejoining = asyncio.create_task(other.join())
    await leader.join()
    await asyncio.gather(rejoining, joining)
    assert leader.is_leader
    assert {leader.generation_id, other.generation_id, newcomer.generation_id} == {2}


@in_virtual_time
async def test_loaded_members_have_a_full_session_to_show_themselves(world: World) -> None:
    client, gone = Client(world, "a"), Client(world, "gone")
    await form_group(world, client, gone)
    await world.advance(SESSION_TIMEOUT_MS - 1_000)
    await world.crash_and_restart()
    await world.advance(SESSION_TIMEOUT_MS - 1_000)
    assert await client.heartbeat() is ErrorCode.NONE
    await world.advance(1_000)
    assert await client.heartbeat() is ErrorCode.REBALANCE_IN_PROGRESS
    await rejoin_all(world, client)


@in_virtual_time
async def test_a_rebalance_that_a_crash_interrupts_begins_anew(world: World) -> None:
    client = Client(world)
    await form_group(world, client)
    newcomer = asyncio.create_task(Client(world, "new").join())
    await world.settle()
    await world.crash_and_restart()
    assert (await newcomer).error_code == ErrorCode.NOT_COORDINATOR
    assert world.group().state is GroupState.STABLE
    assert await client.heartbeat() is ErrorCode.NONE


@in_virtual_time
async def test_a_group_larger_than_allowed_now_rebalances(world: World) -> None:
    clients = [Client(world, f"c{number}") for number in range(3)]
    await form_group(world, *clients)
    world.settings = GroupSettings(num_partitions=1, max_size=2)
    await world.crash_and_restart()
    assert world.group().state is GroupState.PREPARING_REBALANCE
    joins = [asyncio.create_task(client.join()) for client in clients]
    await world.settle()
    await world.advance(60_000)
    codes = sorted([(await join).error_code for join in joins])
    assert codes == [ErrorCode.NONE, ErrorCode.NONE, ErrorCode.GROUP_MAX_SIZE_REACHED]


@in_virtual_time
async def test_everything_parked_is_answered_when_a_partition_moves_away(world: World) -> None:
    client = Client(world)
    await form_group(world, client)
    joining = asyncio.create_task(Client(world, "new").join())
    await world.settle()
    world.sink.open.clear()
    committing = asyncio.create_task(world.commit({("t", 0): 1}, client))
    await world.settle()
    await world.coordinator.unload(0)
    assert (await joining).error_code == ErrorCode.NOT_COORDINATOR
    assert (await committing).topics[0].partitions[0].error_code == ErrorCode.NOT_COORDINATOR


@in_virtual_time
async def test_who_asks_the_wrong_broker_is_told_so(world: World) -> None:
    await world.coordinator.unload(0)
    client = Client(world, member_id="m", generation_id=1)
    assert (await client.join()).error_code == ErrorCode.NOT_COORDINATOR
    assert (await client.sync()).error_code == ErrorCode.NOT_COORDINATOR
    assert await client.heartbeat() is ErrorCode.NOT_COORDINATOR
    assert (await client.leave()).error_code == ErrorCode.NOT_COORDINATOR
    assert (await world.fetch(None)).error_code == ErrorCode.NOT_COORDINATOR
    assert (await world.describe()).error_code == ErrorCode.NOT_COORDINATOR
    deleted = await world.coordinator.delete_groups(DeleteGroupsRequest(groups_names=["g"]), Caller())
    assert deleted.results[0].error_code == ErrorCode.NOT_COORDINATOR
    assert (await world.coordinator.list_groups(ListGroupsRequest(), Caller())).groups == []


class SlowSink:
    """Delegates to a sink, but reads only when told to."""

    def __init__(self, world: World) -> None:
        self._sink = world.sink
        self.may_read = asyncio.Event()
        self.append = world.sink.append
        self.log_start_offset = world.sink.log_start_offset
        self.log_end_offset = world.sink.log_end_offset

    async def read(self, partition: int, offset: int, max_bytes: int) -> bytes:
        await self.may_read.wait()
        return await self._sink.read(partition, offset, max_bytes)


@in_virtual_time
async def test_requests_are_put_off_while_a_partition_loads(world: World) -> None:
    client = Client(world)
    await form_group(world, client)
    await world.coordinator.unload(0)
    sink = SlowSink(world)
    world.coordinator._sink = sink
    loading = asyncio.create_task(world.coordinator.load(0))
    await world.settle()
    assert (await client.join()).error_code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    assert (await world.fetch(None)).error_code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    assert await client.heartbeat() is ErrorCode.NONE  # nobody should rejoin just because we load
    response = await world.coordinator.list_groups(ListGroupsRequest(), Caller())
    assert response.error_code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    sink.may_read.set()
    await loading
    assert await client.heartbeat() is ErrorCode.NONE
    assert world.group().generation_id == 1


@in_virtual_time
async def test_a_partition_that_moves_away_while_it_loads(world: World) -> None:
    await world.commit({("t", 0): 1})
    await world.coordinator.unload(0)
    sink = SlowSink(world)
    world.coordinator._sink = sink
    loading = asyncio.create_task(world.coordinator.load(0))
    await world.settle()
    await world.coordinator.unload(0)
    sink.may_read.set()
    (outcome,) = await asyncio.gather(loading, return_exceptions=True)
    assert isinstance(outcome, KafkaError)
    assert outcome.code is ErrorCode.NOT_COORDINATOR
    assert (await world.fetch(None)).error_code == ErrorCode.NOT_COORDINATOR


@in_virtual_time
async def test_offsets_committed_in_transactions_count_when_these_do(world: World) -> None:
    def commit(topic: str) -> NewRecord:
        record = offset_record("g", topic, 0, CommittedOffset(5, commit_timestamp_ms=1))
        return NewRecord(record.key, record.value, 0)

    def end(producer_id: int, how: ControlType) -> bytearray:
        marker = EndTransactionMarker(how, 0)
        return build_end_transaction_marker(marker, producer_id=producer_id, producer_epoch=0, timestamp_ms=0)

    for producer_id, topic in ((1, "committed"), (2, "aborted"), (3, "open")):
        await world.sink.append(
            0,
            build_batch(
                [commit(topic)], producer_id=producer_id, producer_epoch=0, base_sequence=0, is_transactional=True
            ),
        )
    await world.sink.append(0, end(2, ControlType.ABORT))
    await world.sink.append(0, end(1, ControlType.COMMIT))
    await world.crash_and_restart()
    assert await world.committed("g") == {("committed", 0): 5}


@in_virtual_time
async def test_records_of_kinds_that_are_not_served_here_are_skipped(world: World) -> None:
    share_group_metadata_key = b"\x00\x0b\x00\x01g"
    await world.sink.append(0, build_batch([NewRecord(share_group_metadata_key, b"\x00\x00\x00\x00", 0)]))
    from_the_future = offset_record("g", "t", 0, CommittedOffset(1))
    await world.sink.append(0, build_batch([NewRecord(from_the_future.key, b"\x00\x63later", 0)]))
    await world.commit({("t", 0): 1})
    await world.crash_and_restart()
    assert await world.committed() == {("t", 0): 1}
    assert await world.committed("g") == {}
