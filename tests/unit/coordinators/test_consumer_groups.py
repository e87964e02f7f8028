"""Groups of the consumer protocol: joining, reconciling, leaving, restarting; what administrators see."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

import pytest

from barnabas.coordinators.groups.consumer.group import ConsumerGroupState
from barnabas.coordinators.groups.consumer.member import MemberState
from barnabas.coordinators.groups.consumer.patterns import matching_topics
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from barnabas.protocol.messages.delete_groups import DeleteGroupsRequest
from barnabas.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from barnabas.protocol.messages.list_groups import ListGroupsRequest
from unit.coordinators.consumer_group_world import GROUP, ConsumerWorld, Reader
from unit.coordinators.group_world import Caller, Client

Scenario = Callable[[ConsumerWorld], Awaitable[None]]


def with_topics(scenario: Scenario) -> Callable[[], None]:
    """Run a test with a coordinator on an empty log, and the topic `orders` of four partitions."""

    def run() -> None:
        async def play() -> None:
            world = ConsumerWorld()
            world.create("orders", 4)
            await world.start()
            try:
                await asyncio.wait_for(scenario(world), 30)
            finally:
                await world.coordinator.close()

        asyncio.run(play())

    run.__name__, run.__doc__ = scenario.__name__, scenario.__doc__
    run.__signature__ = inspect.Signature()  # type: ignore[attr-defined]  # for pytest
    return run


async def rest(*readers: Reader) -> None:
    """Let everybody beat and give back until all is where it shall be."""
    for _ in range(4):
        for reader in readers:
            await reader.beat()
            reader.give_back()


def a_reader(world: ConsumerWorld, name: str, *topics: str, instance_id: str | None = None) -> Reader:
    return Reader(world, name, list(topics) or ["orders"], instance_id)


@with_topics
async def test_the_first_member_gets_everything(world: ConsumerWorld) -> None:
    reader = a_reader(world, "a")
    response = await reader.join()
    assert (response.member_epoch, response.heartbeat_interval_ms) == (1, 5_000)
    assert reader.indexes("orders") == [0, 1, 2, 3]
    steady = await reader.send(1)
    assert (steady.error_code, steady.member_epoch, steady.assignment) == (ErrorCode.NONE, 1, None)


@with_topics
async def test_a_partition_moves_once_it_was_given_back(world: ConsumerWorld) -> None:
    first, second = a_reader(world, "a"), a_reader(world, "b")
    await first.join()
    await second.join()
    assert second.owned == set()
    await first.beat()
    assert (first.epoch, len(first.target), len(first.owned)) == (1, 2, 4)
    await second.beat()
    assert second.owned == set()
    first.give_back()
    await first.beat()
    await second.beat()
    assert (first.epoch, second.epoch) == (2, 2)
    assert sorted(first.indexes("orders") + second.indexes("orders")) == [0, 1, 2, 3]
    assert len(second.owned) == 2


@with_topics
async def test_heartbeats_by_which_nothing_changes_store_nothing(world: ConsumerWorld) -> None:
    reader = a_reader(world, "a")
    await reader.join()
    await reader.send(1)
    stored = len(world.sink.records())
    for _ in range(3):
        await world.advance(5_000)
        await reader.send(1)
    assert len(world.sink.records()) == stored


@with_topics
async def test_a_silent_member_loses_its_partitions(world: ConsumerWorld) -> None:
    first, second = a_reader(world, "a"), a_reader(world, "b")
    await first.join()
    await second.join()
    await rest(first, second)
    for _ in range(10):
        await world.advance(5_000)
        await first.beat()
        first.give_back()
    assert (await second.send(second.epoch)).error_code == ErrorCode.UNKNOWN_MEMBER_ID
    await rest(first)
    assert first.indexes("orders") == [0, 1, 2, 3]


@with_topics
async def test_a_group_may_have_a_session_timeout_of_its_own(world: ConsumerWorld) -> None:
    world.group_configs[GROUP] = {"consumer.session.timeout.ms": "60000", "consumer.heartbeat.interval.ms": "99999"}
    reader = a_reader(world, "a")
    assert (await reader.join()).heartbeat_interval_ms == 15_000  # as much as the broker allows
    await world.advance(55_000)
    assert (await reader.send(1)).error_code == ErrorCode.NONE


@with_topics
async def test_who_does_not_give_back_in_time_is_fenced(world: ConsumerWorld) -> None:
    first, second = a_reader(world, "a"), a_reader(world, "b")
    await first.join(rebalance_timeout_ms=20_000)
    await second.join()
    await first.beat()
    assert world.consumer_group is not None
    assert world.consumer_group.members["a"].state is MemberState.UNREVOKED_PARTITIONS
    for _ in range(4):
        await world.advance(5_000)
        for reader in (first, second):
            await reader.beat()
    assert first.epoch == 0
    await rest(second)
    assert second.indexes("orders") == [0, 1, 2, 3]


@with_topics
async def test_an_epoch_of_the_past_is_fenced_unless_the_answer_was_lost(world: ConsumerWorld) -> None:
    reader = a_reader(world, "a")
    await reader.join()
    await reader.beat_unheard()
    world.create("orders", 6)
    await reader.beat_unheard()
    assert reader.epoch == 1
    await reader.beat()
    assert (reader.epoch, reader.indexes("orders")) == (2, [0, 1, 2, 3, 4, 5])
    assert (await reader.send(7)).error_code == ErrorCode.FENCED_MEMBER_EPOCH
    assert (await reader.send(1)).error_code == ErrorCode.FENCED_MEMBER_EPOCH


@with_topics
async def test_a_static_member_comes_back_to_its_partitions(world: ConsumerWorld) -> None:
    first, other = a_reader(world, "a", instance_id="i"), a_reader(world, "b", instance_id="j")
    await first.join()
    await other.join()
    await rest(first, other)
    had, epoch = first.indexes("orders"), first.epoch
    successor = a_reader(world, "c", instance_id="i")
    assert (await successor.join()).error_code == ErrorCode.UNRELEASED_INSTANCE_ID
    await first.leave(-2)
    await other.send(other.epoch)
    assert len(other.owned) == 2
    await successor.join()
    assert (successor.indexes("orders"), successor.epoch) == (had, epoch)
    late = Reader(world, "a", ["orders"], "i", epoch=epoch)
    assert (await late.beat()).error_code == ErrorCode.FENCED_INSTANCE_ID


@with_topics
async def test_topics_that_come_grow_and_go_wake_the_group(world: ConsumerWorld) -> None:
    reader = a_reader(world, "a", "orders", "later")
    await reader.join()
    world.create("later", 2)
    await rest(reader)
    assert reader.indexes("later") == [0, 1]
    world.create("later", 3)
    await rest(reader)
    assert reader.indexes("later") == [0, 1, 2]
    later = world.topics["later"].topic_id
    world.delete("later")
    await rest(reader)
    assert later not in {topic_id for topic_id, _ in reader.owned}


@with_topics
async def test_a_pattern_finds_the_topics_that_come_later(world: ConsumerWorld) -> None:
    reader = a_reader(world, "a")
    await reader.join(subscribed_topic_names=[], subscribed_topic_regex="ord.*|new-.")
    assert reader.indexes("orders") == [0, 1, 2, 3]
    world.create("new-1", 1)
    world.create("new-10", 1)
    await rest(reader)
    assert reader.indexes("new-1") == [0]
    assert reader.indexes("new-10") == []
    assert (await reader.send(reader.epoch, subscribed_topic_regex="(")).error_code == (
        ErrorCode.INVALID_REGULAR_EXPRESSION
    )


@with_topics
async def test_after_a_crash_the_group_goes_on(world: ConsumerWorld) -> None:
    first, second = a_reader(world, "a"), a_reader(world, "b")
    await first.join()
    await second.join()
    await first.beat()
    await world.crash_and_restart()
    await rest(first, second)
    assert sorted(first.indexes("orders") + second.indexes("orders")) == [0, 1, 2, 3]
    await world.crash_and_restart()
    await world.advance(46_000)
    assert world.consumer_group is not None
    assert world.consumer_group.state is ConsumerGroupState.EMPTY


@with_topics
async def test_what_could_not_be_stored_did_not_happen(world: ConsumerWorld) -> None:
    reader = a_reader(world, "a")
    world.fail_next()
    assert (await reader.join()).error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
    assert world.consumer_group is None
    assert (await reader.join()).member_epoch == 1


@with_topics
async def test_only_members_commit_and_only_at_their_epoch(world: ConsumerWorld) -> None:
    reader = a_reader(world, "a")
    await reader.join()
    for name, epoch, error in (
        ("a", 1, ErrorCode.NONE),
        ("a", 0, ErrorCode.STALE_MEMBER_EPOCH),
        ("b", 1, ErrorCode.UNKNOWN_MEMBER_ID),
        ("", -1, ErrorCode.UNKNOWN_MEMBER_ID),
    ):
        client = Client(world, name, member_id=name, generation_id=epoch)
        response = await world.commit({("orders", 0): 5}, client, api_version=9)
        assert response.topics[0].partitions[0].error_code == error
    assert await world.committed() == {("orders", 0): 5}
    await reader.leave()
    await world.commit({("orders", 0): 9}, api_version=9)
    assert await world.committed() == {("orders", 0): 9}


@with_topics
async def test_offsets_of_an_empty_group_expire_and_the_group_with_them(world: ConsumerWorld) -> None:
    reader = a_reader(world, "a")
    await reader.join()
    await world.commit({("orders", 0): 5}, Client(world, member_id="a", generation_id=1), api_version=9)
    await reader.leave()
    await world.advance(world.settings.offsets_retention_ms + 2 * 600_000, stride_ms=600_000)
    assert await world.committed() == {}
    assert world.consumer_group is None
    assert world.replayed().consumer_groups == {}


@with_topics
async def test_administrators_see_groups_of_both_kinds(world: ConsumerWorld) -> None:
    await world.commit({("orders", 0): 1}, group_id="simple")
    reader = a_reader(world, "a")
    await reader.join()
    for types, expected in (([], {"simple", GROUP}), (["Consumer"], {GROUP}), (["classic"], {"simple"})):
        listed = await world.coordinator.list_groups(ListGroupsRequest(types_filter=types), Caller())
        assert {group.group_id for group in listed.groups} == expected
    described = await world.coordinator.describe_consumer_groups(
        ConsumerGroupDescribeRequest(group_ids=[GROUP, "simple", "missing"]), Caller()
    )
    group, simple, missing = described.groups
    assert (group.group_state, group.group_epoch, group.assignor_name) == ("Stable", 1, "uniform")
    assert group.members[0].assignment.topic_partitions[0].topic_name == "orders"
    assert (simple.error_code, simple.error_message) == (
        ErrorCode.GROUP_ID_NOT_FOUND,
        "Group simple is not a consumer group.",
    )
    assert missing.error_message == "Group missing not found."
    results = await world.coordinator.delete_groups(DeleteGroupsRequest(groups_names=[GROUP]), Caller())
    assert results.results[0].error_code == ErrorCode.NON_EMPTY_GROUP


@with_topics
async def test_an_empty_group_may_change_its_protocol_and_keeps_its_offsets(world: ConsumerWorld) -> None:
    await world.commit({("orders", 0): 1})
    reader = a_reader(world, "a")
    await reader.join()
    request = JoinGroupRequest(
        group_id=GROUP,
        session_timeout_ms=10_000,
        rebalance_timeout_ms=10_000,
        member_id="",
        protocol_type="consumer",
        protocols=[JoinGroupRequestProtocol(name="range", metadata=b"")],
    )
    refused = await world.coordinator.join_group(request, Caller())
    assert refused.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    await reader.leave()
    assert (await world.coordinator.join_group(request, Caller())).error_code == ErrorCode.MEMBER_ID_REQUIRED
    assert world.consumer_group is None
    assert await world.committed() == {("orders", 0): 1}
    assert world.replayed().consumer_groups == {}


@with_topics
async def test_a_classic_group_with_members_stays_classic(world: ConsumerWorld) -> None:
    client = Client(world, "classic")
    joining = asyncio.create_task(client.join())
    await world.settle()
    await world.advance(6_000)
    await joining
    response = await a_reader(world, "a").join()
    assert (response.error_code, response.error_message) == (
        ErrorCode.GROUP_ID_NOT_FOUND,
        f"Group {GROUP} is not a consumer group.",
    )


@with_topics
async def test_a_full_group_takes_nobody_in(world: ConsumerWorld) -> None:
    world.settings = GroupSettings(num_partitions=1, consumer_max_size=1)
    await world.crash_and_restart()
    first = a_reader(world, "a")
    await first.join()
    assert (await a_reader(world, "b").join()).error_code == ErrorCode.GROUP_MAX_SIZE_REACHED
    assert (await first.beat()).error_code == ErrorCode.NONE


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "a++", "(?>a)", r"\Z", r"\p{Greek}", "[[:none:]]"])
def test_what_re2_has_not_is_refused(pattern: str) -> None:
    with pytest.raises(KafkaError) as refused:
        matching_topics(pattern, ["a"])
    assert refused.value.code is ErrorCode.INVALID_REGULAR_EXPRESSION


@pytest.mark.parametrize("pattern", ["a.c", "[[:alpha:]]+", r"\Qabc\E", r"^abc\z", "(?i)ABC", "(?<n>a)bc", r"[\]a]bc"])
def test_what_re2_has_matches_whole_names(pattern: str) -> None:
    assert matching_topics(pattern, ["abc", "1abc1"]) == {"abc"}
