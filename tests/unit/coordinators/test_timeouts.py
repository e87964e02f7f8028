"""What happens to members that fall silent, come late or never sync."""

import asyncio

from barnabas.coordinators.groups.classic import GroupState
from barnabas.foundation.errors import ErrorCode
from unit.coordinators.group_world import (
    SESSION_TIMEOUT_MS,
    Client,
    World,
    form_group,
    in_virtual_time,
    join_all,
    rejoin_all,
)


async def beat(world: World, *clients: Client, for_ms: int) -> list[ErrorCode]:
    """Let time pass while clients send heartbeats; returns the last answers."""
    answers: list[ErrorCode] = []
    for _ in range(for_ms // 1_000):
        await world.advance(1_000)
        answers = [await client.heartbeat() for client in clients]
    return answers


@in_virtual_time
async def test_heartbeats_keep_a_member_and_silence_loses_it(world: World) -> None:
    lively, silent = Client(world, "lively"), Client(world, "silent")
    await form_group(world, lively, silent)
    assert await beat(world, lively, silent, for_ms=60_000) == [ErrorCode.NONE, ErrorCode.NONE]
    assert await beat(world, lively, for_ms=SESSION_TIMEOUT_MS - 1_000) == [ErrorCode.NONE]
    assert await beat(world, lively, for_ms=1_000) == [ErrorCode.REBALANCE_IN_PROGRESS]
    assert await silent.heartbeat() is ErrorCode.UNKNOWN_MEMBER_ID
    await rejoin_all(world, lively)
    assert lively.generation_id == 2


@in_virtual_time
async def test_a_group_whose_members_all_fall_silent_is_empty(world: World) -> None:
    await form_group(world, Client(world, "a"), Client(world, "b"))
    await world.advance(SESSION_TIMEOUT_MS)
    group = world.group()
    assert (group.state, group.generation_id, group.leader_id) == (GroupState.EMPTY, 2, None)
    assert (group.protocol_type, group.protocol_name) == ("consumer", None)
    assert world.replayed().groups["readers"].generation_id == 2


@in_virtual_time
async def test_a_commit_is_a_sign_of_life(world: World) -> None:
    client = Client(world)
    await form_group(world, client)
    for _ in range(5):
        await world.advance(SESSION_TIMEOUT_MS - 1_000)
        response = await world.commit({("t", 0): 1}, client)
        assert response.topics[0].partitions[0].error_code == ErrorCode.NONE
    assert await client.heartbeat() is ErrorCode.NONE


@in_virtual_time
async def test_a_newcomer_that_never_comes_back_with_its_id_is_forgotten(world: World) -> None:
    client = Client(world, "c")
    await world.coordinator.join_group(client.join_request(), client.caller)
    await world.advance(SESSION_TIMEOUT_MS)
    assert not world.group().pending_joins
    client.member_id = "c-id1"
    assert (await client.join()).error_code == ErrorCode.UNKNOWN_MEMBER_ID


@in_virtual_time
async def test_a_rebalance_waits_for_a_newcomer_that_has_its_id(world: World) -> None:
    old, new = Client(world, "old"), Client(world, "new")
    await form_group(world, old)
    first = await world.coordinator.join_group(new.join_request(), new.caller)
    rejoining = asyncio.create_task(old.join())
    await world.settle()
    assert not rejoining.done()
    new.member_id = first.member_id
    assert (await new.join()).generation_id == (await rejoining).generation_id == 2


@in_virtual_time
async def test_a_rebalance_gives_up_on_a_newcomer_that_got_lost(world: World) -> None:
    old, new = Client(world, "old"), Client(world, "new")
    await form_group(world, old)
    await world.coordinator.join_group(new.join_request(), new.caller)
    rejoining = asyncio.create_task(old.join())
    await world.advance(SESSION_TIMEOUT_MS)
    assert (await rejoining).generation_id == 2


@in_virtual_time
async def test_a_rebalance_leaves_out_who_heartbeats_but_does_not_join(world: World) -> None:
    quick = Client(world, "quick", rebalance_timeout_ms=20_000)
    slow = Client(world, "slow", rebalance_timeout_ms=20_000)
    await form_group(world, quick, slow)
    rejoining = asyncio.create_task(quick.join())
    await world.settle()
    assert await beat(world, slow, for_ms=19_000) == [ErrorCode.REBALANCE_IN_PROGRESS]
    assert not rejoining.done()
    await world.advance(1_000)
    assert (await rejoining).generation_id == 2
    assert list(world.group().members) == [quick.member_id]
    assert await slow.heartbeat() is ErrorCode.UNKNOWN_MEMBER_ID


@in_virtual_time
async def test_waiting_for_a_generation_is_as_good_as_a_heartbeat(world: World) -> None:
    waiting, slow = Client(world, "waiting"), Client(world, "slow")
    await form_group(world, waiting, slow)
    rejoining = asyncio.create_task(waiting.join())
    await world.settle()
    await beat(world, slow, for_ms=3 * SESSION_TIMEOUT_MS)
    assert not rejoining.done()
    await slow.join()
    assert (await rejoining).generation_id == 2


@in_virtual_time
async def test_members_that_do_not_sync_in_time_are_removed(world: World) -> None:
    leader = Client(world, "leader", rebalance_timeout_ms=20_000)
    lazy = Client(world, "lazy", rebalance_timeout_ms=20_000)
    await join_all(world, leader, lazy)
    assert (await leader.sync({leader.member_id: b"x"})).error_code == ErrorCode.NONE
    assert await beat(world, leader, lazy, for_ms=19_000) == [ErrorCode.NONE, ErrorCode.NONE]
    assert await beat(world, leader, lazy, for_ms=1_000) == [
        ErrorCode.REBALANCE_IN_PROGRESS,
        ErrorCode.UNKNOWN_MEMBER_ID,
    ]


@in_virtual_time
async def test_followers_are_not_stuck_with_a_leader_that_does_not_sync(world: World) -> None:
    leader = Client(world, "leader", rebalance_timeout_ms=20_000)
    follower = Client(world, "follower", rebalance_timeout_ms=20_000)
    await join_all(world, leader, follower)
    syncing = asyncio.create_task(follower.sync())
    await world.settle()
    await beat(world, leader, for_ms=20_000)
    assert (await syncing).error_code == ErrorCode.REBALANCE_IN_PROGRESS
    await rejoin_all(world, follower)
    assert follower.is_leader


@in_virtual_time
async def test_a_new_member_may_wait_five_minutes_and_no_longer(world: World) -> None:
    old = Client(world, "old", rebalance_timeout_ms=1_000_000)
    new = Client(world, "new", rebalance_timeout_ms=1_000_000)
    await form_group(world, old)
    joining = asyncio.create_task(new.join())
    await world.settle()
    await beat(world, old, for_ms=299_000)
    assert not joining.done()
    await beat(world, old, for_ms=1_000)
    assert (await joining).error_code == ErrorCode.UNKNOWN_MEMBER_ID


@in_virtual_time
async def test_leaving_ends_a_wait(world: World) -> None:
    staying, waiting = Client(world, "staying"), Client(world, "waiting")
    await form_group(world, staying, waiting)
    waiting.protocols = (("range", b"news"),)
    rejoining = asyncio.create_task(waiting.join())
    await world.settle()
    await waiting.leave()
    assert (await rejoining).error_code == ErrorCode.UNKNOWN_MEMBER_ID
    await rejoin_all(world, staying)


@in_virtual_time
async def test_who_was_asked_to_come_back_may_leave_instead(world: World) -> None:
    client = Client(world)
    response = await world.coordinator.join_group(client.join_request(), client.caller)
    client.member_id = response.member_id
    assert (await client.leave()).members[0].error_code == ErrorCode.NONE
    assert not world.group().pending_joins


@in_virtual_time
async def test_heartbeats_and_leaving_need_a_member(world: World) -> None:
    stranger = Client(world, member_id="stranger", generation_id=1)
    assert await stranger.heartbeat() is ErrorCode.UNKNOWN_MEMBER_ID
    assert (await stranger.leave()).members[0].error_code == ErrorCode.UNKNOWN_MEMBER_ID
    client = Client(world)
    await form_group(world, client)
    assert await stranger.heartbeat() is ErrorCode.UNKNOWN_MEMBER_ID
    assert (await stranger.leave()).members[0].error_code == ErrorCode.UNKNOWN_MEMBER_ID
    client.generation_id = 0
    assert await client.heartbeat() is ErrorCode.ILLEGAL_GENERATION
    assert world.group().state is GroupState.STABLE
