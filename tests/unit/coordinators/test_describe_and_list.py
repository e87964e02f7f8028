"""What groups look like from outside."""

import pytest

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.list_groups import ListGroupsRequest
from unit.coordinators.group_world import GROUP, Caller, Client, World, form_group, in_virtual_time, join_all


async def listed(world: World, states: list[str], types: list[str]) -> set[tuple[str, str, str, str]]:
    request = ListGroupsRequest(states_filter=states, types_filter=types)
    response = await world.coordinator.list_groups(request, Caller(api_version=5))
    assert response.error_code == ErrorCode.NONE
    return {(group.group_id, group.protocol_type, group.group_state, group.group_type) for group in response.groups}


@in_virtual_time
async def test_a_stable_group_is_described_with_subscriptions_and_assignments(world: World) -> None:
    client = Client(world, "c", instance_id="i", protocols=(("range", b"m"),))
    await form_group(world, client)
    group = await world.describe()
    assert (group.error_code, group.group_id, group.group_state) == (ErrorCode.NONE, GROUP, "Stable")
    assert (group.protocol_type, group.protocol_data) == ("consumer", "range")
    (member,) = group.members
    assert (member.member_id, member.group_instance_id) == (client.member_id, "i")
    assert (member.client_id, member.client_host) == ("c", "/127.0.0.1")
    assert (member.member_metadata, member.member_assignment) == (b"m", b"c")


@in_virtual_time
async def test_a_group_in_a_rebalance_is_described_without_subscriptions(world: World) -> None:
    await join_all(world, Client(world))
    group = await world.describe()
    assert (group.group_state, group.protocol_data) == ("CompletingRebalance", "")
    assert [member.member_metadata for member in group.members] == [b""]


@in_virtual_time
async def test_a_missing_group_is_dead_and_since_version_6_an_error(world: World) -> None:
    group = await world.describe("none", api_version=5)
    assert (group.error_code, group.group_state, group.error_message) == (ErrorCode.NONE, "Dead", None)
    group = await world.describe("none", api_version=6)
    assert (group.error_code, group.group_state) == (ErrorCode.GROUP_ID_NOT_FOUND, "Dead")
    assert group.error_message == "Group none not found."


@pytest.mark.parametrize(
    ("states", "types", "expected"),
    [
        ([], [], {"stable", "simple"}),
        (["Stable"], [], {"stable"}),
        (["sTABLE", "empty"], ["Classic"], {"stable", "simple"}),
        (["Dead"], [], set()),
        (["nonsense"], [], set()),
        ([], ["consumer"], set()),
        ([], ["consumer", "classic"], {"stable", "simple"}),
    ],
)
@in_virtual_time
async def test_groups_are_listed_by_state_and_type(
    world: World, states: list[str], types: list[str], expected: set[str]
) -> None:
    await form_group(world, Client(world, group_id="stable"))
    await world.commit({("t", 0): 1}, group_id="simple")
    everything = {("stable", "consumer", "Stable", "classic"), ("simple", "", "Empty", "classic")}
    assert await listed(world, states, types) == {entry for entry in everything if entry[0] in expected}
