"""A group coordinator in virtual time, and clients that speak its protocol."""

import asyncio
import inspect
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec

from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.coordinators.groups.classic import ClassicGroup
from barnabas.coordinators.groups.machine import GroupsMachine
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.describe_groups import DescribedGroup, DescribeGroupsRequest
from barnabas.protocol.messages.heartbeat import HeartbeatRequest
from barnabas.protocol.messages.join_group import (
    JoinGroupRequest,
    JoinGroupRequestProtocol,
    JoinGroupResponse,
)
from barnabas.protocol.messages.leave_group import LeaveGroupRequest, LeaveGroupResponse, MemberIdentity
from barnabas.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
)
from barnabas.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
    OffsetFetchResponseGroup,
)
from barnabas.protocol.messages.sync_group import (
    SyncGroupRequest,
    SyncGroupRequestAssignment,
    SyncGroupResponse,
)
from unit.coordinators.memory_sink import MemorySink

GROUP = "readers"
SESSION_TIMEOUT_MS = 10_000
REBALANCE_TIMEOUT_MS = 60_000


@dataclass(frozen=True)
class Caller:
    """What a request brings along besides its body."""

    api_version: int = 9
    client_id: str | None = "client"
    client_host: str = "/127.0.0.1"


@dataclass
class World:
    """One coordinator over one log; time moves only with `advance`."""

    settings: GroupSettings = field(default_factory=lambda: GroupSettings(num_partitions=1))
    clock: ManualClock = field(default_factory=ManualClock)
    sink: MemorySink = field(default_factory=MemorySink)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    coordinator: GroupCoordinator = field(init=False)

    async def start(self) -> None:
        """Begin as a broker does that just started: with what the log says."""
        self.coordinator = GroupCoordinator(self.sink, self.settings, self.clock, lambda: f"id{next(self.numbers)}")
        await self.coordinator.load(0)

    async def crash_and_restart(self) -> None:
        """Lose all that isn't in the log."""
        await self.coordinator.close()
        await self.start()

    async def settle(self) -> None:
        """Let everything run that can run without time passing."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def advance(self, by_ms: int, stride_ms: int = 1_000) -> None:
        """Let time pass in strides; a timer rings at the end of the stride in which it is due."""
        while by_ms > 0:
            passed_ms = min(by_ms, stride_ms)
            by_ms -= passed_ms
            self.clock.advance_ms(passed_ms)
            self.coordinator.run_due_timers()
            await self.settle()

    @property
    def state(self) -> GroupsState:
        return self.coordinator._shards[0].machine.state

    def group(self, group_id: str = GROUP) -> ClassicGroup:
        return self.state.groups[group_id]

    def replayed(self) -> GroupsState:
        """The state that the log alone leads to."""
        machine = GroupsMachine(self.settings)
        for record in self.sink.records():
            machine.replay(record)
        return machine.state

    async def describe(self, group_id: str = GROUP, api_version: int = 5) -> DescribedGroup:
        request = DescribeGroupsRequest(groups=[group_id])
        response = await self.coordinator.describe_groups(request, Caller(api_version=api_version))
        return response.groups[0]

    async def commit(
        self,
        offsets: dict[tuple[str, int], int],
        client: "Client | None" = None,
        *,
        group_id: str = GROUP,
        metadata: str | None = "",
        api_version: int = 8,
        retention_time_ms: int = -1,
    ) -> OffsetCommitResponse:
        """Commit offsets, for a member or without membership."""
        topics: dict[str, list[OffsetCommitRequestPartition]] = {}
        for (topic, partition), offset in offsets.items():
            topics.setdefault(topic, []).append(
                OffsetCommitRequestPartition(
                    partition_index=partition,
                    committed_offset=offset,
                    committed_leader_epoch=3,
                    committed_metadata=metadata,
                )
            )
        request = OffsetCommitRequest(
            group_id=group_id,
            generation_id_or_member_epoch=-1 if client is None else client.generation_id,
            member_id="" if client is None else client.member_id,
            group_instance_id=None if client is None else client.instance_id,
            retention_time_ms=retention_time_ms,
            topics=[OffsetCommitRequestTopic(name=name, partitions=parts) for name, parts in topics.items()],
        )
        return await self.coordinator.commit_offsets(request, Caller(api_version=api_version))

    async def fetch(
        self, topics: dict[str, list[int]] | None = None, group_id: str = GROUP
    ) -> OffsetFetchResponseGroup:
        asked = None
        if topics is not None:
            asked = [OffsetFetchRequestTopics(name=name, partition_indexes=indexes) for name, indexes in topics.items()]
        group = OffsetFetchRequestGroup(group_id=group_id, topics=asked)
        response = await self.coordinator.fetch_offsets(OffsetFetchRequest(groups=[group]), Caller())
        return response.groups[0]

    async def committed(self, group_id: str = GROUP) -> dict[tuple[str, int], int]:
        """All committed offsets of a group."""
        group = await self.fetch(None, group_id)
        return {
            (topic.name, partition.partition_index): partition.committed_offset
            for topic in group.topics
            for partition in topic.partitions
        }


@dataclass
class Client:
    """A member of a group, as a consumer would behave."""

    world: World
    name: str = "client"
    group_id: str = GROUP
    instance_id: str | None = None
    protocols: Sequence[tuple[str, bytes]] = (("range", b"metadata"),)
    protocol_type: str = "consumer"
    member_id: str = ""
    generation_id: int = -1
    session_timeout_ms: int = SESSION_TIMEOUT_MS
    rebalance_timeout_ms: int = REBALANCE_TIMEOUT_MS
    api_version: int = 9
    joined: JoinGroupResponse | None = None

    @property
    def caller(self) -> Caller:
        return Caller(api_version=self.api_version, client_id=self.name)

    def join_request(self) -> JoinGroupRequest:
        return JoinGroupRequest(
            group_id=self.group_id,
            session_timeout_ms=self.session_timeout_ms,
            rebalance_timeout_ms=self.rebalance_timeout_ms,
            member_id=self.member_id,
            group_instance_id=self.instance_id,
            protocol_type=self.protocol_type,
            protocols=[JoinGroupRequestProtocol(name=name, metadata=data) for name, data in self.protocols],
        )

    async def join(self) -> JoinGroupResponse:
        """Join, coming back with the ID if asked to; returns when the generation begins."""
        response = await self.world.coordinator.join_group(self.join_request(), self.caller)
        if response.error_code == ErrorCode.MEMBER_ID_REQUIRED:
            self.member_id = response.member_id
            response = await self.world.coordinator.join_group(self.join_request(), self.caller)
        if response.error_code == ErrorCode.NONE:
            self.member_id = response.member_id
            self.generation_id = response.generation_id
            self.joined = response
        return response

    async def sync(self, assignments: dict[str, bytes] | None = None) -> SyncGroupResponse:
        request = SyncGroupRequest(
            group_id=self.group_id,
            generation_id=self.generation_id,
            member_id=self.member_id,
            group_instance_id=self.instance_id,
            assignments=[
                SyncGroupRequestAssignment(member_id=member_id, assignment=assignment)
                for member_id, assignment in (assignments or {}).items()
            ],
        )
        return await self.world.coordinator.sync_group(request, replace(self.caller, api_version=4))

    async def heartbeat(self) -> ErrorCode:
        request = HeartbeatRequest(
            group_id=self.group_id,
            generation_id=self.generation_id,
            member_id=self.member_id,
            group_instance_id=self.instance_id,
        )
        return ErrorCode((await self.world.coordinator.heartbeat(request, self.caller)).error_code)

    async def leave(self) -> LeaveGroupResponse:
        members = [MemberIdentity(member_id=self.member_id, group_instance_id=self.instance_id)]
        request = LeaveGroupRequest(group_id=self.group_id, members=members)
        return await self.world.coordinator.leave_group(request, self.caller)

    @property
    def is_leader(self) -> bool:
        return self.joined is not None and self.joined.leader == self.member_id


P = ParamSpec("P")


def in_virtual_time(scenario: Callable[Concatenate[World, P], Awaitable[None]]) -> Callable[P, None]:
    """Run a test with a coordinator that was just started on an empty log."""

    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def play() -> None:
            world = World()
            await world.start()
            try:
                await asyncio.wait_for(scenario(world, *args, **kwargs), 30)
            finally:
                await world.coordinator.close()

        asyncio.run(play())

    run.__name__ = scenario.__name__
    run.__doc__ = scenario.__doc__
    _world, *parameters = inspect.signature(scenario).parameters.values()
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # for pytest's parametrize
    return run


async def form_group(world: World, *clients: Client) -> None:
    """Bring clients into one stable generation; each is assigned its own name."""
    await join_all(world, *clients)
    await sync_all(*clients)


async def join_all(world: World, *clients: Client) -> None:
    """Let clients join a new group, the first of them to lead."""
    joins = []
    for client in clients:
        joins.append(asyncio.create_task(client.join()))
        await world.settle()
    await world.advance(world.settings.initial_rebalance_delay_ms * 2)
    for join in joins:
        assert (await join).error_code == ErrorCode.NONE


async def sync_all(*clients: Client) -> None:
    """Let every member of a new generation sync; each is assigned its own name."""
    assignments = {client.member_id: client.name.encode() for client in clients}
    responses = await asyncio.gather(*(client.sync(assignments if client.is_leader else None) for client in clients))
    for client, response in zip(clients, responses, strict=True):
        assert response.error_code == ErrorCode.NONE
        assert response.assignment == client.name.encode()


async def rejoin_all(world: World, *clients: Client) -> None:
    """Let every client join the rebalance that is under way, and sync."""
    responses = await gather_settled(world, *(client.join() for client in clients))
    assert [response.error_code for response in responses] == [ErrorCode.NONE] * len(clients)
    await sync_all(*clients)


async def gather_settled(world: World, *requests: Any) -> list[Any]:
    tasks = [asyncio.ensure_future(request) for request in requests]
    await world.settle()
    return [await task for task in tasks]
