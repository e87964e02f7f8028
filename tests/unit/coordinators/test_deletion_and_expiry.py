"""Groups and offsets come to an end: on request, or because nobody needs them."""

import asyncio

from barnabas.coordinators.groups.classic import GroupState
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.delete_groups import DeleteGroupsRequest
from unit.coordinators.group_world import Caller, Client, World, form_group, in_virtual_time
from unit.coordinators.test_offsets import subscription

RETENTION_MS = 100_000
CHECK_INTERVAL_MS = 10_000


async def delete(world: World, *names: str) -> list[ErrorCode]:
    response = await world.coordinator.delete_groups(DeleteGroupsRequest(groups_names=list(names)), Caller())
    assert [result.group_id for result in response.results] == list(names)
    return [ErrorCode(result.error_code) for result in response.results]


async def with_short_retention(world: World) -> None:
    world.settings = GroupSettings(
        num_partitions=1,
        offsets_retention_ms=RETENTION_MS,
        offsets_retention_check_interval_ms=CHECK_INTERVAL_MS,
    )
    await world.crash_and_restart()


@in_virtual_time
async def test_deleting_groups(world: World) -> None:
    await world.commit({("t", 0): 1}, group_id="simple")
    left = Client(world, group_id="left")
    await form_group(world, left)
    await left.leave()
    await form_group(world, Client(world, group_id="busy"))
    assert await delete(world, "simple", "left", "busy", "unknown") == [
        ErrorCode.NONE,
        ErrorCode.NONE,
        ErrorCode.NON_EMPTY_GROUP,
        ErrorCode.GROUP_ID_NOT_FOUND,
    ]
    assert set(world.state.groups) == {"busy"}
    assert not world.state.offsets
    assert set(world.replayed().groups) == {"busy"}
    assert not world.replayed().offsets


@in_virtual_time
async def test_nobody_joins_a_group_while_it_is_deleted(world: World) -> None:
    await world.commit({("t", 0): 1})
    world.sink.open.clear()
    deleting = asyncio.create_task(delete(world, "readers"))
    await world.settle()
    assert (await world.describe()).group_state == "Dead"
    joining = asyncio.create_task(Client(world).join())
    await world.settle()
    world.sink.open.set()
    assert await deleting == [ErrorCode.NONE]
    await world.settle()
    await world.advance(3_000)
    assert (await joining).generation_id == 1  # of a new group
    assert await world.committed() == {}


@in_virtual_time
async def test_a_group_lives_on_when_its_deletion_cannot_be_stored(world: World) -> None:
    await world.commit({("t", 0): 1})
    world.sink.fail_next(KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS))
    assert await delete(world, "readers") == [ErrorCode.COORDINATOR_NOT_AVAILABLE]
    assert world.group().state is GroupState.EMPTY
    assert await world.committed() == {("t", 0): 1}
    assert await delete(world, "readers") == [ErrorCode.NONE]


@in_virtual_time
async def test_a_deletion_sees_what_was_decided_before_it(world: World) -> None:
    client = Client(world)
    await form_group(world, client)
    world.sink.open.clear()
    leaving = asyncio.create_task(client.leave())
    await world.settle()
    deleting = asyncio.create_task(delete(world, "readers"))
    await world.settle()
    world.sink.open.set()
    await leaving
    assert await deleting == [ErrorCode.NONE]
    assert not world.replayed().groups  # the record of the group that became empty came before the tombstone


@in_virtual_time
async def test_a_deletion_of_more_than_a_batch_can_hold(world: World) -> None:
    for start in range(0, 9_000, 3_000):
        await world.commit({("a-topic-with-a-long-name" * 4, start + number): 1 for number in range(3_000)})
    assert await delete(world, "readers") == [ErrorCode.NONE]
    assert not world.replayed().groups
    assert not world.replayed().offsets
    assert max(len(batch) for batch in world.sink.batches[0]) < 1_000_000


@in_virtual_time
async def test_offsets_of_a_simple_group_expire_one_by_one_and_the_group_with_the_last(world: World) -> None:
    await with_short_retention(world)
    await world.commit({("old", 0): 1})
    await world.advance(RETENTION_MS // 2)
    await world.commit({("young", 0): 1})
    await world.advance(RETENTION_MS // 2 + CHECK_INTERVAL_MS)
    assert await world.committed() == {("young", 0): 1}
    await world.advance(RETENTION_MS // 2)
    assert not world.state.groups
    assert not world.replayed().groups


@in_virtual_time
async def test_a_group_with_members_keeps_the_offsets_of_what_they_read(world: World) -> None:
    await with_short_retention(world)
    client = Client(world, protocols=(("range", subscription("read")),), session_timeout_ms=1_000_000)
    await form_group(world, client)
    await world.commit({("read", 0): 1, ("formerly-read", 0): 1}, client)
    await world.advance(RETENTION_MS + CHECK_INTERVAL_MS)
    assert await world.committed() == {("read", 0): 1}


@in_virtual_time
async def test_an_empty_group_keeps_its_offsets_for_the_retention_time(world: World) -> None:
    await with_short_retention(world)
    client = Client(world, session_timeout_ms=1_000_000)
    await form_group(world, client)
    await world.commit({("t", 0): 1}, client)
    await world.advance(RETENTION_MS * 2)
    await client.leave()
    await world.advance(RETENTION_MS - CHECK_INTERVAL_MS)
    await world.crash_and_restart()  # the time of becoming empty is in the record
    assert await world.committed() == {("t", 0): 1}
    await world.advance(CHECK_INTERVAL_MS * 2)
    assert not world.state.groups


@in_virtual_time
async def test_a_retention_of_the_clients_own_counts(world: World) -> None:
    await with_short_retention(world)
    await world.commit({("brief", 0): 1}, retention_time_ms=15_000, api_version=4)
    await world.commit({("long", 0): 1}, retention_time_ms=RETENTION_MS * 5, api_version=4)
    await world.crash_and_restart()
    await world.advance(CHECK_INTERVAL_MS)
    assert await world.committed() == {("brief", 0): 1, ("long", 0): 1}
    await world.advance(CHECK_INTERVAL_MS)
    assert await world.committed() == {("long", 0): 1}
    await world.advance(RETENTION_MS * 2)
    assert await world.committed() == {("long", 0): 1}


@in_virtual_time
async def test_expiry_does_not_overlook_a_commit_on_its_way(world: World) -> None:
    await with_short_retention(world)
    await world.commit({("t", 0): 1})
    await world.advance(RETENTION_MS - 1_000)
    world.sink.open.clear()
    committing = asyncio.create_task(world.commit({("t", 0): 2}))
    await world.advance(CHECK_INTERVAL_MS)
    world.sink.open.set()
    await committing
    await world.settle()
    assert await world.committed() == {("t", 0): 2}


@in_virtual_time
async def test_a_group_without_anything_is_cleared_away_but_not_one_that_is_being_joined(world: World) -> None:
    await with_short_retention(world)
    client = Client(world, session_timeout_ms=60_000)
    await world.coordinator.join_group(client.join_request(), client.caller)
    await world.advance(CHECK_INTERVAL_MS * 2)
    assert "readers" in world.state.groups
    await world.advance(60_000)
    assert not world.state.groups
