"""Static membership (KIP-345, KIP-814): restarts without rebalance, fencing, removal by instance ID."""

import asyncio
from dataclasses import replace

from barnabas.coordinators.groups.classic import GroupState
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.leave_group import LeaveGroupRequest, MemberIdentity
from unit.coordinators.group_world import (
    GROUP,
    SESSION_TIMEOUT_MS,
    Caller,
    Client,
    World,
    form_group,
    in_virtual_time,
    join_all,
    rejoin_all,
)


def restarted(client: Client, **changes: object) -> Client:
    """The same instance in a new process: it knows nothing but its instance ID."""
    return replace(client, member_id="", generation_id=-1, joined=None, **changes)  # type: ignore[arg-type]


async def static_pair(world: World) -> tuple[Client, Client]:
    leader, follower = Client(world, "a", instance_id="i-a"), Client(world, "b", instance_id="i-b")
    await form_group(world, leader, follower)
    return leader, follower


@in_virtual_time
async def test_a_static_member_joins_without_being_sent_for_its_id(world: World) -> None:
    client = Client(world, "c", instance_id="instance")
    await form_group(world, client)
    assert client.member_id == "instance-id1"


@in_virtual_time
async def test_a_restarted_follower_takes_its_place_without_a_rebalance(world: World) -> None:
    leader, follower = await static_pair(world)
    again = restarted(follower)
    response = await again.join()
    assert response.error_code == ErrorCode.NONE
    assert (response.generation_id, response.leader, response.members) == (1, leader.member_id, [])
    assert not response.skip_assignment
    assert again.member_id != follower.member_id
    assert (await again.sync()).assignment == b"b"
    assert await leader.heartbeat() is ErrorCode.NONE
    assert await again.heartbeat() is ErrorCode.NONE


@in_virtual_time
async def test_a_restarted_leader_is_told_to_skip_the_assignment(world: World) -> None:
    leader, follower = await static_pair(world)
    response = await restarted(leader).join()
    assert response.skip_assignment
    assert response.leader == response.member_id
    assert {member.member_id for member in response.members} == {response.member_id, follower.member_id}
    assert {member.group_instance_id for member in response.members} == {"i-a", "i-b"}


@in_virtual_time
async def test_an_older_restarted_leader_is_shown_the_leader_of_before(world: World) -> None:
    leader, _ = await static_pair(world)
    response = await restarted(leader, api_version=8).join()
    assert (response.leader, response.members, response.skip_assignment) == (leader.member_id, [], False)


@in_virtual_time
async def test_whoever_had_the_instance_before_is_fenced(world: World) -> None:
    _, follower = await static_pair(world)
    again = restarted(follower)
    await again.join()
    assert await follower.heartbeat() is ErrorCode.FENCED_INSTANCE_ID
    assert (await follower.sync()).error_code == ErrorCode.FENCED_INSTANCE_ID
    assert (await follower.join()).error_code == ErrorCode.FENCED_INSTANCE_ID
    assert (await follower.leave()).members[0].error_code == ErrorCode.FENCED_INSTANCE_ID
    commit = await world.commit({("t", 0): 1}, follower)
    assert commit.topics[0].partitions[0].error_code == ErrorCode.FENCED_INSTANCE_ID
    assert await again.heartbeat() is ErrorCode.NONE


@in_virtual_time
async def test_a_parked_request_of_the_former_instance_is_fenced_too(world: World) -> None:
    leader, follower = await static_pair(world)
    follower.protocols = (("range", b"news"),)
    rejoining = asyncio.create_task(follower.join())
    await world.settle()
    again = restarted(follower)
    taking_over = asyncio.create_task(again.join())
    await world.settle()
    assert (await rejoining).error_code == ErrorCode.FENCED_INSTANCE_ID
    assert (await leader.join()).generation_id == (await taking_over).generation_id == 2


@in_virtual_time
async def test_a_restart_that_changes_the_protocol_means_a_rebalance(world: World) -> None:
    protocols = (("range", b""), ("sticky", b""))
    only = Client(world, instance_id="i", protocols=protocols)
    await form_group(world, only)
    response = await restarted(only, protocols=(("sticky", b""),)).join()
    assert (response.generation_id, response.protocol_name) == (2, "sticky")


@in_virtual_time
async def test_a_restart_before_the_assignment_is_known_means_a_rebalance(world: World) -> None:
    leader, follower = Client(world, "a", instance_id="i-a"), Client(world, "b", instance_id="i-b")
    await join_all(world, leader, follower)
    joining = asyncio.create_task(restarted(follower).join())
    await world.settle()
    assert (await leader.sync({})).error_code == ErrorCode.REBALANCE_IN_PROGRESS
    assert (await leader.join()).generation_id == (await joining).generation_id == 2


@in_virtual_time
async def test_the_old_place_comes_back_when_the_new_one_cannot_be_stored(world: World) -> None:
    _, follower = await static_pair(world)
    world.sink.fail_next(KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS))
    response = await restarted(follower).join()
    assert response.error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
    assert await follower.heartbeat() is ErrorCode.NONE
    assert (await restarted(follower).join()).error_code == ErrorCode.NONE


@in_virtual_time
async def test_a_restarted_member_survives_a_crash_of_the_coordinator(world: World) -> None:
    leader, follower = await static_pair(world)
    again = restarted(follower)
    await again.join()
    await world.crash_and_restart()
    assert await again.heartbeat() is ErrorCode.NONE
    assert await follower.heartbeat() is ErrorCode.FENCED_INSTANCE_ID
    assert await leader.heartbeat() is ErrorCode.NONE


@in_virtual_time
async def test_an_absent_static_member_is_kept_through_a_rebalance(world: World) -> None:
    leader, absent = await static_pair(world)
    absent.session_timeout_ms = 120_000
    world.group().members[absent.member_id].session_timeout_ms = 120_000
    await absent.heartbeat()
    rejoining = asyncio.create_task(leader.join())
    await world.settle()
    await world.advance(60_000)
    response = await rejoining
    assert {member.group_instance_id for member in response.members} == {"i-a", "i-b"}


@in_virtual_time
async def test_an_absent_static_member_is_lost_with_its_session(world: World) -> None:
    leader, absent = await static_pair(world)
    for _ in range(SESSION_TIMEOUT_MS // 1_000):
        await world.advance(1_000)
        await leader.heartbeat()
    assert world.group().state is GroupState.PREPARING_REBALANCE
    await rejoin_all(world, leader)
    assert await absent.heartbeat() is ErrorCode.UNKNOWN_MEMBER_ID


@in_virtual_time
async def test_an_administrator_removes_members_by_instance_or_member_id(world: World) -> None:
    await static_pair(world)
    third = Client(world, "c")
    joining = asyncio.create_task(third.join())
    await world.settle()
    identities = [
        MemberIdentity(member_id="", group_instance_id="i-a"),
        MemberIdentity(member_id="", group_instance_id="i-unknown"),
        MemberIdentity(member_id=""),
        MemberIdentity(member_id=third.member_id),
    ]
    request = LeaveGroupRequest(group_id=GROUP, members=identities)
    response = await world.coordinator.leave_group(request, Caller(api_version=5))
    assert [member.error_code for member in response.members] == [
        ErrorCode.NONE,
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.NONE,
    ]
    assert (await joining).error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert list(world.group().static_members) == ["i-b"]


@in_virtual_time
async def test_a_static_member_that_leaves_by_name_of_another_is_not_believed(world: World) -> None:
    leader, follower = await static_pair(world)
    impostor = replace(leader, instance_id="i-b")
    assert (await impostor.leave()).members[0].error_code == ErrorCode.FENCED_INSTANCE_ID
    assert await follower.heartbeat() is ErrorCode.NONE
