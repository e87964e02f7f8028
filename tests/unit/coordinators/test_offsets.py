"""Committing, fetching and deleting offsets."""

import asyncio
from uuid import UUID

import pytest

from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
)
from barnabas.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from barnabas.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from unit.coordinators.group_world import (
    GROUP,
    Caller,
    Client,
    World,
    form_group,
    in_virtual_time,
    join_all,
)


def subscription(*topics: str) -> bytes:
    """What a consumer sends as metadata."""
    names = b"".join(len(topic).to_bytes(2, "big") + topic.encode() for topic in topics)
    return b"\x00\x01" + len(topics).to_bytes(4, "big") + names + b"\xff\xff\xff\xff"


def errors(response: OffsetCommitResponse) -> list[ErrorCode]:
    return [ErrorCode(partition.error_code) for topic in response.topics for partition in topic.partitions]


async def delete(world: World, topic: str, *partitions: int, group_id: str = GROUP) -> list[ErrorCode]:
    request = OffsetDeleteRequest(
        group_id=group_id,
        topics=[
            OffsetDeleteRequestTopic(
                name=topic,
                partitions=[OffsetDeleteRequestPartition(partition_index=index) for index in partitions],
            )
        ],
    )
    response = await world.coordinator.delete_offsets(request, Caller(api_version=0))
    inner = [ErrorCode(partition.error_code) for entry in response.topics for partition in entry.partitions]
    return inner or [ErrorCode(response.error_code)]


@in_virtual_time
async def test_what_a_member_commits_can_be_fetched(world: World) -> None:
    client = Client(world)
    await form_group(world, client)
    response = await world.commit({("t", 0): 5, ("t", 1): 7, ("u", 0): 1}, client, metadata="note")
    assert errors(response) == [ErrorCode.NONE] * 3
    fetched = await world.fetch({"t": [0, 2]})
    assert [topic.name for topic in fetched.topics] == ["t"]
    first, missing = fetched.topics[0].partitions
    assert (first.committed_offset, first.committed_leader_epoch, first.metadata) == (5, 3, "note")
    assert (missing.committed_offset, missing.committed_leader_epoch, missing.metadata) == (-1, -1, "")
    assert missing.error_code == ErrorCode.NONE
    assert await world.committed() == {("t", 0): 5, ("t", 1): 7, ("u", 0): 1}


@in_virtual_time
async def test_a_group_that_never_was_has_no_offsets_and_no_error(world: World) -> None:
    fetched = await world.fetch({"t": [0]})
    assert (fetched.error_code, fetched.topics[0].partitions[0].committed_offset) == (ErrorCode.NONE, -1)
    assert await world.committed() == {}


@in_virtual_time
async def test_a_simple_consumer_needs_no_membership(world: World) -> None:
    assert errors(await world.commit({("t", 0): 5}, metadata=None)) == [ErrorCode.NONE]
    assert await world.committed() == {("t", 0): 5}
    described = await world.describe()
    assert (described.group_state, described.protocol_type, described.members) == ("Empty", "", [])


@in_virtual_time
async def test_a_group_with_members_takes_no_commits_from_others(world: World) -> None:
    client = Client(world)
    await form_group(world, client)
    assert errors(await world.commit({("t", 0): 5})) == [ErrorCode.UNKNOWN_MEMBER_ID]
    client.generation_id = 7
    assert errors(await world.commit({("t", 0): 5}, client)) == [ErrorCode.ILLEGAL_GENERATION]
    client.member_id = "other"
    assert errors(await world.commit({("t", 0): 5}, client)) == [ErrorCode.UNKNOWN_MEMBER_ID]
    assert await world.committed() == {}


@pytest.mark.parametrize(
    ("api_version", "error"), [(8, ErrorCode.ILLEGAL_GENERATION), (9, ErrorCode.GROUP_ID_NOT_FOUND)]
)
@in_virtual_time
async def test_members_of_a_group_that_is_gone(world: World, api_version: int, error: ErrorCode) -> None:
    client = Client(world, member_id="m", generation_id=1)
    assert errors(await world.commit({("t", 0): 5}, client, api_version=api_version)) == [error]


@in_virtual_time
async def test_commits_during_a_rebalance(world: World) -> None:
    client = Client(world)
    await join_all(world, client)
    assert errors(await world.commit({("t", 0): 5}, client)) == [ErrorCode.REBALANCE_IN_PROGRESS]
    await client.sync({})
    newcomer = asyncio.create_task(Client(world, "new").join())
    await world.settle()
    # Members may commit what they have read before they give up their partitions.
    assert errors(await world.commit({("t", 0): 5}, client)) == [ErrorCode.NONE]
    newcomer.cancel()


@in_virtual_time
async def test_metadata_is_limited_in_java_characters(world: World) -> None:
    world.settings = GroupSettings(num_partitions=1, offset_metadata_max_bytes=4)
    await world.crash_and_restart()
    assert errors(await world.commit({("t", 0): 1}, metadata="1234")) == [ErrorCode.NONE]
    assert errors(await world.commit({("t", 0): 2}, metadata="12345")) == [ErrorCode.OFFSET_METADATA_TOO_LARGE]
    assert errors(await world.commit({("t", 0): 3}, metadata="äöüß")) == [ErrorCode.NONE]
    assert errors(await world.commit({("t", 0): 4}, metadata="😀😀")) == [ErrorCode.NONE]
    assert errors(await world.commit({("t", 0): 5}, metadata="😀😀1")) == [ErrorCode.OFFSET_METADATA_TOO_LARGE]
    assert await world.committed() == {("t", 0): 4}


@in_virtual_time
async def test_a_commit_is_seen_only_once_it_is_stored(world: World) -> None:
    world.sink.open.clear()
    committing = asyncio.create_task(world.commit({("t", 0): 5}))
    await world.settle()
    assert await world.committed() == {}
    assert not committing.done()
    world.sink.open.set()
    assert errors(await committing) == [ErrorCode.NONE]
    assert await world.committed() == {("t", 0): 5}


@pytest.mark.parametrize(
    ("append_error", "client_error"),
    [
        (ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE),
        (ErrorCode.REQUEST_TIMED_OUT, ErrorCode.COORDINATOR_NOT_AVAILABLE),
        (ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR),
        (ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_COORDINATOR),
        (ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR),
        (ErrorCode.INVALID_RECORD, ErrorCode.INVALID_RECORD),
    ],
)
@in_virtual_time
async def test_a_commit_that_is_not_stored(world: World, append_error: ErrorCode, client_error: ErrorCode) -> None:
    world.sink.fail_next(KafkaError(append_error))
    assert errors(await world.commit({("t", 0): 5, ("t", 1): 6})) == [client_error] * 2
    assert await world.committed() == {}


@in_virtual_time
async def test_commits_of_many_at_once_share_a_batch_and_the_last_one_counts(world: World) -> None:
    world.sink.open.clear()
    first = asyncio.create_task(world.commit({("t", 0): 0}))
    await world.settle()
    rest = [asyncio.create_task(world.commit({("t", 0): number})) for number in range(1, 20)]
    await world.settle()
    world.sink.open.set()
    await asyncio.gather(first, *rest)
    assert len(world.sink.batches[0]) == 2
    assert await world.committed() == {("t", 0): 19}
    assert world.replayed().offsets == world.state.offsets


@in_virtual_time
async def test_offsets_of_a_deleted_topic_do_not_pass_for_those_of_its_successor(world: World) -> None:
    old, new = UUID(int=1), UUID(int=2)
    topic = OffsetCommitRequestTopic(
        name="t", topic_id=old, partitions=[OffsetCommitRequestPartition(partition_index=0, committed_offset=5)]
    )
    request = OffsetCommitRequest(group_id=GROUP, member_id="", topics=[topic])
    await world.coordinator.commit_offsets(request, Caller(api_version=10))
    found = {}
    for topic_id in (old, new, UUID(int=0)):
        asked = OffsetFetchRequestTopics(name="t", topic_id=topic_id, partition_indexes=[0])
        groups = [OffsetFetchRequestGroup(group_id=GROUP, topics=[asked])]
        response = await world.coordinator.fetch_offsets(OffsetFetchRequest(groups=groups), Caller(api_version=10))
        found[topic_id] = response.groups[0].topics[0].partitions[0].committed_offset
    assert found == {old: 5, new: -1, UUID(int=0): 5}


@in_virtual_time
async def test_several_groups_are_fetched_together(world: World) -> None:
    await world.commit({("t", 0): 1}, group_id="g1")
    await world.commit({("t", 0): 2}, group_id="g2")
    groups = [OffsetFetchRequestGroup(group_id=name, topics=None) for name in ("g1", "g2", "g3")]
    response = await world.coordinator.fetch_offsets(OffsetFetchRequest(groups=groups), Caller())
    assert [[topic.partitions[0].committed_offset for topic in group.topics] for group in response.groups] == [
        [1],
        [2],
        [],
    ]


@in_virtual_time
async def test_deleting_offsets_of_an_empty_group(world: World) -> None:
    await world.commit({("t", 0): 1, ("t", 1): 2})
    assert await delete(world, "t", 0, 9) == [ErrorCode.NONE, ErrorCode.NONE]
    assert await world.committed() == {("t", 1): 2}
    assert world.replayed().offsets == world.state.offsets


@in_virtual_time
async def test_a_consumer_group_keeps_offsets_of_topics_that_it_reads(world: World) -> None:
    client = Client(world, protocols=(("range", subscription("read")),))
    await form_group(world, client)
    await world.commit({("read", 0): 1, ("formerly-read", 0): 2}, client)
    assert await delete(world, "read", 0) == [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]
    assert await delete(world, "formerly-read", 0) == [ErrorCode.NONE]
    assert await world.committed() == {("read", 0): 1}


@pytest.mark.parametrize("metadata", [b"", b"\x00\x01\x00\x00\x00\x05", b"\x00\x01\x00\x00\x00\x01\x00\x02\xff\xff"])
@in_virtual_time
async def test_a_subscription_that_cannot_be_read_may_be_to_any_topic(world: World, metadata: bytes) -> None:
    client = Client(world, protocols=(("range", metadata),))
    await form_group(world, client)
    await world.commit({("t", 0): 1}, client)
    assert await delete(world, "t", 0) == [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]


@in_virtual_time
async def test_groups_of_other_kinds_have_to_be_empty(world: World) -> None:
    await form_group(world, Client(world, protocol_type="connect"))
    assert await delete(world, "t", 0) == [ErrorCode.NON_EMPTY_GROUP]
    assert await delete(world, "t", 0, group_id="unknown") == [ErrorCode.GROUP_ID_NOT_FOUND]
    assert await delete(world, "t", 0, group_id="") == [ErrorCode.INVALID_GROUP_ID]


@in_virtual_time
async def test_offsets_go_with_their_topic(world: World) -> None:
    for group_id in ("g1", "g2"):
        await world.commit({("gone", 0): 1, ("gone", 1): 1, ("stays", 0): 1}, group_id=group_id)
    await world.coordinator.on_topics_deleted(["gone", "never-was"])
    assert await world.committed("g1") == await world.committed("g2") == {("stays", 0): 1}
    assert world.replayed().offsets == world.state.offsets
