"""What the handlers of group APIs add: the forms of old versions, topics by ID, topics that don't exist."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from barnabas.broker.context import RequestContext
from barnabas.broker.handlers.delete_groups import DeleteGroups
from barnabas.broker.handlers.describe_groups import DescribeGroups
from barnabas.broker.handlers.heartbeat import Heartbeat
from barnabas.broker.handlers.join_group import JoinGroup
from barnabas.broker.handlers.leave_group import LeaveGroup
from barnabas.broker.handlers.list_groups import ListGroups
from barnabas.broker.handlers.offset_commit import OffsetCommit
from barnabas.broker.handlers.offset_delete import OffsetDelete
from barnabas.broker.handlers.offset_fetch import OffsetFetch
from barnabas.broker.handlers.sync_group import SyncGroup
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages.delete_groups import DELETE_GROUPS, DeleteGroupsRequest
from barnabas.protocol.messages.describe_groups import DESCRIBE_GROUPS, DescribeGroupsRequest
from barnabas.protocol.messages.heartbeat import HEARTBEAT, HeartbeatRequest
from barnabas.protocol.messages.join_group import JOIN_GROUP, JoinGroupRequest, JoinGroupRequestProtocol
from barnabas.protocol.messages.leave_group import LEAVE_GROUP, LeaveGroupRequest, MemberIdentity
from barnabas.protocol.messages.list_groups import LIST_GROUPS, ListGroupsRequest
from barnabas.protocol.messages.offset_commit import (
    OFFSET_COMMIT,
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from barnabas.protocol.messages.offset_delete import (
    OFFSET_DELETE,
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from barnabas.protocol.messages.offset_fetch import (
    OFFSET_FETCH,
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from barnabas.protocol.messages.sync_group import SYNC_GROUP, SyncGroupRequest, SyncGroupRequestAssignment
from barnabas.protocol.wire import Api
from unit.coordinators.group_world import Client, World, form_group, in_virtual_time

TOPIC_ID, UNKNOWN_ID = UUID(int=1), UUID(int=99)


@dataclass(frozen=True)
class Topics:
    """A TopicLookup with one topic of two partitions."""

    counts: dict[str, int] = field(default_factory=lambda: {"t": 2})
    ids: dict[UUID, str] = field(default_factory=lambda: {TOPIC_ID: "t"})

    def partition_count(self, topic: str) -> int | None:
        return self.counts.get(topic)

    def topic_name(self, topic_id: UUID) -> str | None:
        return self.ids.get(topic_id)

    def topic_id(self, topic: str) -> UUID | None:
        return next((topic_id for topic_id, name in self.ids.items() if name == topic), None)


async def call(api: Api[Any, Any], version: int, handler: Any, request: Any) -> Any:
    """Send a request over the wire and back, as far as its bytes are concerned."""
    codec = api.request_codec(version)
    received = codec.decode(codec.encode(request))
    response = await handler(received, RequestContext(version, "client", "/127.0.0.1", 1))
    answer = api.response_codec(version)
    return answer.decode(answer.encode(response))


def commit_request(*topics: OffsetCommitRequestTopic) -> OffsetCommitRequest:
    return OffsetCommitRequest(group_id="g", member_id="", topics=list(topics))


def to_commit(offset: int, *partitions: int, name: str = "", topic_id: UUID = ZERO_UUID) -> OffsetCommitRequestTopic:
    entries = [
        OffsetCommitRequestPartition(partition_index=partition, committed_offset=offset) for partition in partitions
    ]
    return OffsetCommitRequestTopic(name=name, topic_id=topic_id, partitions=entries)


def commit_errors(response: Any) -> dict[tuple[Any, int], ErrorCode]:
    return {
        (topic.name or topic.topic_id, partition.partition_index): ErrorCode(partition.error_code)
        for topic in response.topics
        for partition in topic.partitions
    }


@pytest.mark.parametrize("version", range(JOIN_GROUP.min_version, JOIN_GROUP.max_version + 1))
@in_virtual_time
async def test_every_version_of_the_membership_apis(world: World, version: int) -> None:
    groups = world.coordinator
    request = JoinGroupRequest(
        group_id="g",
        session_timeout_ms=10_000,
        rebalance_timeout_ms=20_000 if version else -1,
        member_id="",
        protocol_type="consumer",
        protocols=[JoinGroupRequestProtocol(name="range", metadata=b"m")],
    )
    if version >= 4:
        refused = await call(JOIN_GROUP, version, JoinGroup(groups), request)
        assert refused.error_code == ErrorCode.MEMBER_ID_REQUIRED
        assert refused.protocol_name == (None if version >= 7 else "")
        request.member_id = refused.member_id
    joining = asyncio.create_task(call(JOIN_GROUP, version, JoinGroup(groups), request))
    await world.settle()
    await world.advance(3_000)
    joined = await joining
    assert (joined.error_code, joined.generation_id, joined.protocol_name) == (ErrorCode.NONE, 1, "range")
    assert joined.protocol_type == ("consumer" if version >= 7 else None)
    assert world.group("g").rebalance_timeout_ms == (20_000 if version else 10_000)

    sync_version = min(version, SYNC_GROUP.max_version)
    sync = SyncGroupRequest(
        group_id="g",
        generation_id=1,
        member_id=joined.member_id,
        protocol_type="consumer" if sync_version >= 5 else None,
        protocol_name="range" if sync_version >= 5 else None,
        assignments=[SyncGroupRequestAssignment(member_id=joined.member_id, assignment=b"a")],
    )
    assert (await call(SYNC_GROUP, sync_version, SyncGroup(groups), sync)).assignment == b"a"

    beat = HeartbeatRequest(group_id="g", generation_id=1, member_id=joined.member_id)
    assert (await call(HEARTBEAT, min(version, 4), Heartbeat(groups), beat)).error_code == ErrorCode.NONE

    leave_version = min(version, LEAVE_GROUP.max_version)
    for expected in (ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID):
        leave = LeaveGroupRequest(group_id="g", member_id=joined.member_id)
        if leave_version >= 3:
            leave = LeaveGroupRequest(group_id="g", members=[MemberIdentity(member_id=joined.member_id)])
        left = await call(LEAVE_GROUP, leave_version, LeaveGroup(groups), leave)
        if leave_version >= 3:
            assert (left.error_code, left.members[0].error_code) == (ErrorCode.NONE, expected)
        else:
            assert left.error_code == expected


@pytest.mark.parametrize(
    ("protocol_type", "protocol_name"),
    [(None, "range"), ("consumer", None), ("connect", "range"), ("consumer", "sticky")],
)
@in_virtual_time
async def test_since_version_5_a_sync_says_what_it_is_about(
    world: World, protocol_type: str | None, protocol_name: str | None
) -> None:
    client = Client(world)
    await form_group(world, client)
    request = SyncGroupRequest(
        group_id=client.group_id,
        generation_id=1,
        member_id=client.member_id,
        protocol_type=protocol_type,
        protocol_name=protocol_name,
    )
    response = await call(SYNC_GROUP, 5, SyncGroup(world.coordinator), request)
    assert response.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL


@pytest.mark.parametrize("version", range(2, 10))
@in_virtual_time
async def test_committing_to_partitions_that_exist_and_to_others(world: World, version: int) -> None:
    handler = OffsetCommit(world.coordinator, Topics())
    request = commit_request(to_commit(5, 0, 2, name="t"), to_commit(6, 0, name="none"))
    assert commit_errors(await call(OFFSET_COMMIT, version, handler, request)) == {
        ("t", 0): ErrorCode.NONE,
        ("t", 2): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ("none", 0): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }
    assert await world.committed("g") == {("t", 0): 5}


@in_virtual_time
async def test_committing_by_topic_id(world: World) -> None:
    handler = OffsetCommit(world.coordinator, Topics())
    request = commit_request(to_commit(5, 1, 2, topic_id=TOPIC_ID), to_commit(6, 0, topic_id=UNKNOWN_ID))
    assert commit_errors(await call(OFFSET_COMMIT, 10, handler, request)) == {
        (TOPIC_ID, 1): ErrorCode.NONE,
        (TOPIC_ID, 2): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        (UNKNOWN_ID, 0): ErrorCode.UNKNOWN_TOPIC_ID,
    }
    assert await world.committed("g") == {("t", 1): 5}


@in_virtual_time
async def test_a_commit_of_nothing_that_exists_makes_no_group(world: World) -> None:
    handler = OffsetCommit(world.coordinator, Topics())
    await call(OFFSET_COMMIT, 8, handler, commit_request(to_commit(5, 0, name="none")))
    assert not world.state.groups


@pytest.mark.parametrize("version", range(1, 8))
@in_virtual_time
async def test_fetching_offsets_of_one_group(world: World, version: int) -> None:
    await world.commit({("t", 0): 5}, group_id="g")
    handler = OffsetFetch(world.coordinator, Topics())
    asked = [OffsetFetchRequestTopic(name="t", partition_indexes=[0, 1])]
    response = await call(OFFSET_FETCH, version, handler, OffsetFetchRequest(group_id="g", topics=asked))
    offsets = [
        (partition.partition_index, partition.committed_offset, partition.committed_leader_epoch)
        for partition in response.topics[0].partitions
    ]
    assert offsets == [(0, 5, 3 if version >= 5 else -1), (1, -1, -1)]
    if version >= 2:
        response = await call(OFFSET_FETCH, version, handler, OffsetFetchRequest(group_id="g", topics=None))
        assert [topic.name for topic in response.topics] == ["t"]


@in_virtual_time
async def test_errors_of_a_single_group(world: World) -> None:
    await world.coordinator.close()
    handler = OffsetFetch(world.coordinator, Topics())
    asked = [OffsetFetchRequestTopic(name="t", partition_indexes=[0])]
    response = await call(OFFSET_FETCH, 1, handler, OffsetFetchRequest(group_id="g", topics=asked))
    assert response.topics[0].partitions[0].error_code == ErrorCode.NOT_COORDINATOR
    response = await call(OFFSET_FETCH, 7, handler, OffsetFetchRequest(group_id="g", topics=asked))
    assert (response.error_code, response.topics) == (ErrorCode.NOT_COORDINATOR, [])


@pytest.mark.parametrize("version", [8, 9])
@in_virtual_time
async def test_fetching_offsets_of_several_groups(world: World, version: int) -> None:
    await world.commit({("t", 0): 5}, group_id="g")
    handler = OffsetFetch(world.coordinator, Topics())
    topics = [OffsetFetchRequestTopics(name="t", partition_indexes=[0])]
    request = OffsetFetchRequest(
        groups=[
            OffsetFetchRequestGroup(group_id="g", topics=topics),
            OffsetFetchRequestGroup(group_id="h", topics=topics),
            OffsetFetchRequestGroup(group_id="g", topics=None),
        ]
    )
    response = await call(OFFSET_FETCH, version, handler, request)
    assert [
        (group.group_id, group.topics[0].name, group.topics[0].partitions[0].committed_offset)
        for group in response.groups
    ] == [("g", "t", 5), ("h", "t", -1), ("g", "t", 5)]


@in_virtual_time
async def test_fetching_offsets_by_topic_id(world: World) -> None:
    await world.commit({("t", 0): 5, ("deleted", 0): 6}, group_id="g")
    handler = OffsetFetch(world.coordinator, Topics())
    topics = [OffsetFetchRequestTopics(topic_id=topic_id, partition_indexes=[0]) for topic_id in (UNKNOWN_ID, TOPIC_ID)]
    request = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id="g", topics=topics)])
    response = await call(OFFSET_FETCH, 10, handler, request)
    assert {
        topic.topic_id: (topic.partitions[0].committed_offset, topic.partitions[0].error_code)
        for topic in response.groups[0].topics
    } == {TOPIC_ID: (5, ErrorCode.NONE), UNKNOWN_ID: (-1, ErrorCode.UNKNOWN_TOPIC_ID)}
    request = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id="g", topics=None)])
    response = await call(OFFSET_FETCH, 10, handler, request)
    assert [topic.topic_id for topic in response.groups[0].topics] == [TOPIC_ID]


@in_virtual_time
async def test_deleting_offsets_of_topics_that_exist_and_of_others(world: World) -> None:
    await world.commit({("t", 0): 5}, group_id="g")
    handler = OffsetDelete(world.coordinator, Topics())
    partitions = [OffsetDeleteRequestPartition(partition_index=0)]
    topics = [OffsetDeleteRequestTopic(name=name, partitions=partitions) for name in ("none", "t")]
    response = await call(OFFSET_DELETE, 0, handler, OffsetDeleteRequest(group_id="g", topics=topics))
    assert {topic.name: topic.partitions[0].error_code for topic in response.topics} == {
        "t": ErrorCode.NONE,
        "none": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }
    assert await world.committed("g") == {}
    response = await call(OFFSET_DELETE, 0, handler, OffsetDeleteRequest(group_id="h", topics=topics))
    assert (response.error_code, response.topics) == (ErrorCode.GROUP_ID_NOT_FOUND, [])


@pytest.mark.parametrize("version", range(7))
@in_virtual_time
async def test_describing_groups(world: World, version: int) -> None:
    await form_group(world, Client(world, group_id="g", instance_id="i"))
    handler = DescribeGroups(world.coordinator)
    request = DescribeGroupsRequest(groups=["g", "none"], include_authorized_operations=version >= 3)
    known, missing = (await call(DESCRIBE_GROUPS, version, handler, request)).groups
    assert (known.group_state, missing.group_state) == ("Stable", "Dead")
    assert known.members[0].group_instance_id == ("i" if version >= 4 else None)
    # READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS, as Kafka 4.1.1 answers without an authorizer
    assert known.authorized_operations == (3400 if version >= 3 else -0x8000_0000)
    assert missing.error_code == (ErrorCode.GROUP_ID_NOT_FOUND if version >= 6 else ErrorCode.NONE)


@pytest.mark.parametrize("version", range(6))
@in_virtual_time
async def test_listing_groups(world: World, version: int) -> None:
    await world.commit({("t", 0): 5}, group_id="g")
    request = ListGroupsRequest(
        states_filter=["Empty"] if version >= 4 else [], types_filter=["classic"] if version >= 5 else []
    )
    (group,) = (await call(LIST_GROUPS, version, ListGroups(world.coordinator), request)).groups
    assert (group.group_id, group.protocol_type) == ("g", "")
    assert group.group_state == ("Empty" if version >= 4 else "")
    assert group.group_type == ("classic" if version >= 5 else "")


@pytest.mark.parametrize("version", range(3))
@in_virtual_time
async def test_deleting_groups(world: World, version: int) -> None:
    await world.commit({("t", 0): 5}, group_id="g")
    request = DeleteGroupsRequest(groups_names=["g", "none"])
    response = await call(DELETE_GROUPS, version, DeleteGroups(world.coordinator), request)
    assert [(result.group_id, result.error_code) for result in response.results] == [
        ("g", ErrorCode.NONE),
        ("none", ErrorCode.GROUP_ID_NOT_FOUND),
    ]
