"""Groups get together: first generation, later ones, who leads, who is let in."""

import asyncio
from dataclasses import replace

import pytest

from barnabas.coordinators.groups.classic import GroupState
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.foundation.errors import ErrorCode, KafkaError
from unit.coordinators.group_world import (
    GROUP,
    Client,
    World,
    form_group,
    in_virtual_time,
    join_all,
    rejoin_all,
    sync_all,
)


@pytest.mark.parametrize("count", range(1, 6))
@in_virtual_time
async def test_members_get_into_one_generation_and_their_own_assignment(world: World, count: int) -> None:
    clients = [Client(world, f"c{number}") for number in range(count)]
    await form_group(world, *clients)
    assert {client.generation_id for client in clients} == {1}
    assert [client.is_leader for client in clients] == [True] + [False] * (count - 1)
    leader = clients[0].joined
    assert leader is not None
    assert {member.member_id for member in leader.members} == {client.member_id for client in clients}
    assert all(client.joined is not None and not client.joined.members for client in clients[1:])
    assert world.group().state is GroupState.STABLE
    for client in clients:
        assert await client.heartbeat() is ErrorCode.NONE


@in_virtual_time
async def test_a_newcomer_is_told_its_id_first(world: World) -> None:
    client = Client(world, "c")
    response = await world.coordinator.join_group(client.join_request(), client.caller)
    assert response.error_code == ErrorCode.MEMBER_ID_REQUIRED
    assert response.member_id == "c-id1"
    assert world.group().state is GroupState.EMPTY
    assert world.group().pending_joins == {"c-id1"}


@in_virtual_time
async def test_an_old_client_is_let_in_at_once(world: World) -> None:
    client = Client(world, "c", api_version=3)
    join = asyncio.create_task(client.join())
    await world.settle()
    assert list(world.group().members) == ["c-id1"]
    await world.advance(3_000)
    assert (await join).generation_id == 1


@in_virtual_time
async def test_a_member_id_that_was_never_handed_out_is_unknown(world: World) -> None:
    response = await Client(world, member_id="made-up").join()
    assert response.error_code == ErrorCode.UNKNOWN_MEMBER_ID
    await form_group(world, Client(world))
    response = await Client(world, member_id="made-up").join()
    assert response.error_code == ErrorCode.UNKNOWN_MEMBER_ID


@in_virtual_time
async def test_the_first_rebalance_waits_longer_while_members_keep_coming(world: World) -> None:
    first = asyncio.create_task(Client(world, "a").join())
    await world.settle()
    await world.advance(2_000)
    second = asyncio.create_task(Client(world, "b").join())
    await world.settle()
    await world.advance(1_000)
    assert not first.done()  # someone came during the delay: another delay
    await world.advance(3_000)
    assert (await first).generation_id == (await second).generation_id == 1


@in_virtual_time
async def test_the_first_rebalance_waits_no_longer_than_the_rebalance_timeout(world: World) -> None:
    clients = [Client(world, f"c{number}", rebalance_timeout_ms=7_000) for number in range(10)]
    joins = []
    for client in clients:
        joins.append(asyncio.create_task(client.join()))
        await world.settle()
        await world.advance(1_000)
    assert joins[0].done()
    assert joins[0].result().generation_id == 1


@in_virtual_time
async def test_everyone_rejoins_when_a_member_comes(world: World) -> None:
    old, new = Client(world, "old"), Client(world, "new")
    await form_group(world, old)
    joining = asyncio.create_task(new.join())
    await world.settle()
    assert await old.heartbeat() is ErrorCode.REBALANCE_IN_PROGRESS
    await old.join()
    await joining
    assert (old.generation_id, new.generation_id) == (2, 2)
    await sync_all(old, new)


@in_virtual_time
async def test_the_next_member_leads_when_the_leader_leaves(world: World) -> None:
    first, second, third = (Client(world, name) for name in "abc")
    await form_group(world, first, second, third)
    assert (await first.leave()).members[0].error_code == ErrorCode.NONE
    assert await second.heartbeat() is ErrorCode.REBALANCE_IN_PROGRESS
    await rejoin_all(world, second, third)
    assert second.is_leader
    assert second.generation_id == 2


@in_virtual_time
async def test_a_leader_that_rejoins_too_late_is_followed_by_one_who_came(world: World) -> None:
    leader, other = Client(world, "leader", rebalance_timeout_ms=8_000), Client(world, "other")
    leader.session_timeout_ms = other.session_timeout_ms = 100_000
    await form_group(world, leader, other)
    other.protocols = (("range", b"changed"),)
    rejoining = asyncio.create_task(other.join())
    await world.settle()
    await world.advance(60_000)
    assert (await rejoining).leader == other.member_id
    assert await leader.heartbeat() is ErrorCode.UNKNOWN_MEMBER_ID


@in_virtual_time
async def test_a_member_with_news_starts_a_rebalance_and_one_without_does_not(world: World) -> None:
    leader, other = Client(world, "leader"), Client(world, "other")
    await form_group(world, leader, other)
    assert (await other.join()).generation_id == 1
    assert world.group().state is GroupState.STABLE
    other.protocols = (("range", b"news"),)
    rejoining = asyncio.create_task(other.join())
    await world.settle()
    assert world.group().state is GroupState.PREPARING_REBALANCE
    await leader.join()
    await rejoining
    assert leader.joined is not None
    assert {member.metadata for member in leader.joined.members} == {b"metadata", b"news"}


@in_virtual_time
async def test_a_leader_starts_a_rebalance_whatever_it_says(world: World) -> None:
    leader = Client(world, "leader")
    await form_group(world, leader)
    assert (await leader.join()).generation_id == 2


@in_virtual_time
async def test_a_lost_answer_to_join_is_given_again(world: World) -> None:
    leader, other = Client(world, "leader"), Client(world, "other")
    await join_all(world, leader, other)
    first = [leader.joined, other.joined]
    assert world.group().state is GroupState.COMPLETING_REBALANCE
    again = [await leader.join(), await other.join()]
    assert again == first


@in_virtual_time
async def test_the_protocol_with_most_votes_among_the_common_ones_wins(world: World) -> None:
    clients = [
        Client(world, "a", protocols=(("sticky", b"1"), ("range", b"2"), ("only-a", b"3"))),
        Client(world, "b", protocols=(("range", b"4"), ("sticky", b"5"))),
        Client(world, "c", protocols=(("range", b"6"), ("sticky", b"7"))),
    ]
    await form_group(world, *clients)
    leader = clients[0].joined
    assert leader is not None
    assert (leader.protocol_name, leader.protocol_type) == ("range", "consumer")
    assert [member.metadata for member in leader.members] == [b"2", b"4", b"6"]


@pytest.mark.parametrize(
    "stranger",
    [
        {"protocols": (("unheard-of", b""),)},
        {"protocol_type": "connect"},
        {"protocols": ()},
    ],
)
@in_virtual_time
async def test_who_has_no_protocol_in_common_is_refused(world: World, stranger: dict[str, object]) -> None:
    await form_group(world, Client(world))
    response = await replace(Client(world), **stranger).join()  # type: ignore[arg-type]
    assert response.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert world.group().state is GroupState.STABLE


@pytest.mark.parametrize("without", [{"protocols": ()}, {"protocol_type": ""}])
@in_virtual_time
async def test_the_first_member_needs_a_protocol_and_a_type(world: World, without: dict[str, object]) -> None:
    response = await replace(Client(world), **without).join()  # type: ignore[arg-type]
    assert response.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert not world.state.groups


@pytest.mark.parametrize("timeout_ms", [5_999, 1_800_001])
@in_virtual_time
async def test_session_timeouts_have_bounds(world: World, timeout_ms: int) -> None:
    response = await Client(world, session_timeout_ms=timeout_ms).join()
    assert response.error_code == ErrorCode.INVALID_SESSION_TIMEOUT


@in_virtual_time
async def test_a_group_needs_a_name(world: World) -> None:
    client = Client(world, group_id="")
    assert (await client.join()).error_code == ErrorCode.INVALID_GROUP_ID
    assert (await client.sync()).error_code == ErrorCode.INVALID_GROUP_ID
    assert await client.heartbeat() is ErrorCode.INVALID_GROUP_ID
    assert (await client.leave()).error_code == ErrorCode.INVALID_GROUP_ID


@in_virtual_time
async def test_a_full_group_lets_nobody_in(world: World) -> None:
    world.settings = GroupSettings(num_partitions=1, max_size=2)
    await world.crash_and_restart()
    await form_group(world, Client(world, "a"), Client(world, "b"))
    response = await Client(world, "c").join()
    assert response.error_code == ErrorCode.GROUP_MAX_SIZE_REACHED
    assert world.group().state is GroupState.STABLE


@in_virtual_time
async def test_members_that_the_leader_forgets_get_an_empty_assignment(world: World) -> None:
    leader, other = Client(world, "leader"), Client(world, "other")
    await join_all(world, leader, other)
    responses = await asyncio.gather(other.sync(), leader.sync({leader.member_id: b"all"}))
    assert [(response.error_code, response.assignment) for response in responses] == [(0, b""), (0, b"all")]


@in_virtual_time
async def test_sync_is_refused_outside_its_generation(world: World) -> None:
    client = Client(world)
    assert (await client.sync()).error_code == ErrorCode.UNKNOWN_MEMBER_ID
    await form_group(world, client)
    assert (await replace(client, member_id="other").sync()).error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert (await replace(client, generation_id=0).sync()).error_code == ErrorCode.ILLEGAL_GENERATION
    newcomer = asyncio.create_task(Client(world, "new").join())
    await world.settle()
    assert (await client.sync()).error_code == ErrorCode.REBALANCE_IN_PROGRESS
    newcomer.cancel()


@in_virtual_time
async def test_a_member_may_ask_for_its_assignment_again(world: World) -> None:
    client = Client(world)
    await form_group(world, client)
    response = await client.sync()
    assert (response.error_code, response.assignment) == (0, b"client")
    assert (response.protocol_type, response.protocol_name) == ("consumer", "range")


@in_virtual_time
async def test_assignments_wait_until_they_are_stored(world: World) -> None:
    client = Client(world)
    await join_all(world, client)
    world.sink.open.clear()
    syncing = asyncio.create_task(client.sync({client.member_id: b"x"}))
    await world.settle()
    assert not syncing.done()
    assert world.group().state is GroupState.COMPLETING_REBALANCE
    world.sink.open.set()
    assert (await syncing).assignment == b"x"


@in_virtual_time
async def test_an_assignment_that_cannot_be_stored_means_another_rebalance(world: World) -> None:
    client = Client(world)
    await join_all(world, client)
    world.sink.fail_next(KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS))
    response = await client.sync({client.member_id: b"x"})
    assert response.error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
    assert world.group().state is GroupState.PREPARING_REBALANCE
    await rejoin_all(world, client)


@in_virtual_time
async def test_groups_do_not_know_each_other(world: World) -> None:
    here, there = Client(world, "a"), Client(world, "b", group_id="others")
    await form_group(world, here)
    await form_group(world, there)
    await there.leave()
    assert world.group("others").state is GroupState.EMPTY
    assert await here.heartbeat() is ErrorCode.NONE
    assert (await world.describe(GROUP)).group_state == "Stable"


@in_virtual_time
async def test_an_assignment_that_is_stored_too_late_is_not_handed_out(world: World) -> None:
    leader, follower = Client(world, "leader"), Client(world, "follower")
    await join_all(world, leader, follower)
    world.sink.open.clear()
    late = asyncio.create_task(leader.sync({follower.member_id: b"of generation 1"}))
    await world.settle()
    follower.protocols = (("range", b"news"),)
    rejoining = asyncio.create_task(follower.join())
    await world.settle()
    assert (await late).error_code == ErrorCode.REBALANCE_IN_PROGRESS
    await leader.join()
    await rejoining
    syncing = asyncio.create_task(follower.sync())
    await world.settle()
    world.sink.open.set()
    await world.settle()
    assert world.group().state is GroupState.COMPLETING_REBALANCE
    assert not syncing.done()
    await leader.sync({follower.member_id: b"of generation 2"})
    assert (await syncing).assignment == b"of generation 2"


@in_virtual_time
async def test_a_retry_takes_the_place_of_the_request_before_it(world: World) -> None:
    leader, follower = Client(world, "leader"), Client(world, "follower")
    await join_all(world, leader, follower)
    first = asyncio.create_task(follower.sync())
    await world.settle()
    second = asyncio.create_task(follower.sync())
    await world.settle()
    assert (await first).error_code == ErrorCode.REBALANCE_IN_PROGRESS
    await leader.sync({follower.member_id: b"x"})
    assert (await second).assignment == b"x"
    follower.protocols = (("range", b"news"),)
    first_join = asyncio.create_task(follower.join())
    await world.settle()
    second_join = asyncio.create_task(follower.join())
    await world.settle()
    assert (await first_join).error_code == ErrorCode.REBALANCE_IN_PROGRESS
    await leader.join()
    assert (await second_join).generation_id == 2
