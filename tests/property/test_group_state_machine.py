"""Whatever clients do, a group stays sound, and the log alone leads back to it.

Hypothesis drives a coordinator in virtual time: clients join, sync, leave, restart or fall silent, appends fail, the
coordinator crashes. After every step the state that replaying the log gives is compared with the live one; at the end
time runs on, and nobody may be left waiting.
"""

import asyncio
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from barnabas.coordinators.groups.classic import ClassicGroup, GroupState
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.delete_groups import DeleteGroupsRequest
from barnabas.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from unit.coordinators.group_world import Caller, Client, World

GROUPS = ("g1", "g2")
TOPICS = ("t1", "t2")
CLIENTS = 5

clients = st.integers(0, CLIENTS - 1)
protocol_lists = st.lists(st.sampled_from(("range", "sticky", "other")), min_size=1, max_size=3, unique=True)


def durable(group: ClassicGroup) -> tuple[Any, ...]:
    """What a crash may not change about a group that is stable or empty."""
    protocol = group.protocol_name or ""
    members = [
        (
            member.member_id,
            member.group_instance_id,
            member.client_id,
            member.client_host,
            member.rebalance_timeout_ms,
            member.session_timeout_ms,
            member.metadata(protocol),
            member.assignment,
        )
        for member in group.members.values()
    ]
    return (
        group.state,
        group.generation_id,
        group.protocol_type,
        group.protocol_name,
        group.leader_id,
        group.subscribed_topics,
        members,
    )


class Groups(RuleBasedStateMachine):
    """Five clients, of which the last two are static, and two groups."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.requests: list[asyncio.Task[Any]] = []
        self.world = self.runner.run(self._new_world())
        self.clients = [
            Client(
                self.world,
                f"c{number}",
                instance_id=f"i{number}" if number >= 3 else None,
                group_id=GROUPS[0],
                rebalance_timeout_ms=15_000 + 5_000 * number,
            )
            for number in range(CLIENTS)
        ]

    async def _new_world(self) -> World:
        world = World(
            settings=GroupSettings(
                num_partitions=1,
                max_size=4,
                offsets_retention_ms=200_000,
                offsets_retention_check_interval_ms=50_000,
            )
        )
        await world.start()
        return world

    def _start(self, *requests: Any) -> None:
        """Send requests, and let happen what can happen at once; answers may come later."""

        async def go() -> None:
            self.requests += [asyncio.ensure_future(request) for request in requests]
            await self.world.settle()

        self.runner.run(go())
        self.requests = [request for request in self.requests if not (request.done() and request.result() is None)]

    @rule(number=clients, group=st.sampled_from(GROUPS), protocols=protocol_lists, version=st.sampled_from((3, 8, 9)))
    def join(self, number: int, group: str, protocols: list[str], version: int) -> None:
        client = self.clients[number]
        if client.group_id != group:  # it moved on without leaving
            client.group_id, client.member_id, client.generation_id, client.joined = group, "", -1, None
        client.protocols = [(name, f"{client.name} {name}".encode()) for name in protocols]
        client.api_version = version
        self._start(self._join(client))

    async def _join(self, client: Client) -> None:
        response = await client.join()
        if response.error_code in (ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_INSTANCE_ID):
            client.member_id = ""

    @rule(number=clients)
    def restart_client(self, number: int) -> None:
        client = self.clients[number]
        client.member_id, client.generation_id, client.joined = "", -1, None

    @rule(number=clients)
    def hand_out_id_only(self, number: int) -> None:
        client = self.clients[number]
        request = client.join_request()
        request.member_id, request.group_instance_id = "", None
        self._start(self.world.coordinator.join_group(request, client.caller))

    @rule(number=clients, fails=st.booleans())
    def sync(self, number: int, fails: bool) -> None:
        client = self.clients[number]
        assignments: dict[str, bytes] = {}
        if client.is_leader and client.joined is not None:
            assignments = {member.member_id: member.member_id.encode() for member in client.joined.members}
        if fails:
            self.world.sink.fail_next(KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS))
        self._start(client.sync(assignments))
        self.world.sink.failures.clear()

    @rule()
    def sync_all(self) -> None:
        for number in range(CLIENTS):
            self.sync(number, False)

    @rule(number=clients)
    def heartbeat(self, number: int) -> None:
        self._start(self.clients[number].heartbeat())

    @rule(number=clients)
    def leave(self, number: int) -> None:
        self._start(self.clients[number].leave())

    @rule(number=st.none() | clients, topic=st.sampled_from(TOPICS), offset=st.integers(0, 9), fails=st.booleans())
    def commit(self, number: int | None, topic: str, offset: int, fails: bool) -> None:
        client = None if number is None else self.clients[number]
        if fails:
            self.world.sink.fail_next(KafkaError(ErrorCode.KAFKA_STORAGE_ERROR))
        group_id = GROUPS[1] if client is None else client.group_id
        self._start(self.world.commit({(topic, 0): offset, (topic, 1): offset}, client, group_id=group_id))
        self.world.sink.failures.clear()

    @rule(group=st.sampled_from(GROUPS), topic=st.sampled_from(TOPICS))
    def delete_offsets(self, group: str, topic: str) -> None:
        partitions = [OffsetDeleteRequestPartition(partition_index=0)]
        topics = [OffsetDeleteRequestTopic(name=topic, partitions=partitions)]
        self._start(self.world.coordinator.delete_offsets(OffsetDeleteRequest(group_id=group, topics=topics), Caller()))

    @rule(group=st.sampled_from(GROUPS))
    def delete_group(self, group: str) -> None:
        self._start(self.world.coordinator.delete_groups(DeleteGroupsRequest(groups_names=[group]), Caller()))

    @rule(topic=st.sampled_from(TOPICS))
    def delete_topic(self, topic: str) -> None:
        self._start(self.world.coordinator.on_topics_deleted([topic]))

    @rule(
        actions=st.lists(st.tuples(st.sampled_from(("join", "sync", "leave", "delete", "commit")), clients), max_size=6)
    )
    def much_at_once(self, actions: list[tuple[str, int]]) -> None:
        """Requests that arrive while an append is on its way."""
        self.world.sink.open.clear()
        for action, number in actions:
            client = self.clients[number]
            match action:
                case "join":
                    self._start(self._join(client))
                case "sync":
                    self._start(client.sync({client.member_id: b"mine"}))
                case "leave":
                    self._start(client.leave())
                case "delete":
                    self.delete_group(client.group_id)
                case _:
                    self.commit(None, TOPICS[0], number, False)
        self.world.sink.open.set()
        self._start()

    @rule(seconds=st.sampled_from((1, 3, 9, 20, 60)))
    def let_time_pass(self, seconds: int) -> None:
        self.runner.run(self.world.advance(seconds * 1_000))

    @rule()
    def let_the_members_rejoin(self) -> None:
        """What well-behaved clients do on a heartbeat: it brings groups to a stable state again and again."""
        for client in self.clients:
            if client.member_id:
                self._start(self._join(client))
        self.let_time_pass(9)
        self.sync_all()

    @precondition(lambda self: bool(self.world.sink.batches[0]))
    @rule()
    def crash(self) -> None:
        self.runner.run(self.world.crash_and_restart())
        self._start()

    @invariant()
    def the_log_leads_to_the_same_state(self) -> None:
        live, replayed = self.world.state, self.world.replayed()
        assert replayed.offsets == live.offsets
        assert replayed.groups.keys() == live.groups.keys()
        for group_id, group in live.groups.items():
            if group.state in (GroupState.STABLE, GroupState.EMPTY):
                assert durable(replayed.groups[group_id]) == durable(group)
            else:
                assert replayed.groups[group_id].generation_id <= group.generation_id

    @invariant()
    def groups_are_sound(self) -> None:
        for group in self.world.state.groups.values():
            members = group.members
            assert all(member_id == member.member_id for member_id, member in members.items())
            assert group.leader_id is None if not members else group.leader_id in members
            assert group.static_members == {
                member.group_instance_id: member.member_id for member in members.values() if member.is_static
            }
            assert not group.pending_joins & members.keys()
            assert group.pending_syncs <= members.keys()
            names = Counter(name for member in members.values() for name, _ in member.protocols)
            assert +group.protocol_supporters == names
            assert not members or max(names.values()) == len(members)
            assert (group.state is GroupState.EMPTY) <= (not members)
            if group.state in (GroupState.STABLE, GroupState.COMPLETING_REBALANCE):
                assert members
                assert not any(member.awaits_join for member in members.values())
            if group.state is not GroupState.COMPLETING_REBALANCE:
                assert not any(member.awaits_sync for member in members.values())
            assert group.state is not GroupState.DEAD

    @invariant()
    def every_parked_request_is_known_to_its_group(self) -> None:
        tickets = [
            ticket
            for group in self.world.state.groups.values()
            for member in group.members.values()
            for ticket in (member.join_ticket, member.sync_ticket)
            if ticket is not None
        ]
        assert sorted(tickets) == sorted(self.world.coordinator._shards[0]._parked)

    def teardown(self) -> None:
        try:
            self.runner.run(self.world.advance(1_200_000, stride_ms=15_000))
            assert not [request for request in self.requests if not request.done()]
            assert not self.world.state.groups
            assert not self.world.replayed().groups
            assert len(self.world.coordinator._shards[0]._timers) == 1  # that of expiry
        finally:
            self.runner.run(self.world.coordinator.close())
            self.runner.close()


Groups.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
test_groups = Groups.TestCase
