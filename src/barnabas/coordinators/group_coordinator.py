"""The group coordinator as handlers see it: requests in, responses out.

It finds the shard of a group, lets the pure decisions in `groups` run there, and puts errors where the response of each
API has them. The partitions it is responsible for are loaded and unloaded as this broker wins and loses their
leadership.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Protocol

from barnabas.coordinators.groups.consumer.describe import describe_consumer_group
from barnabas.coordinators.groups.consumer.group import Topics
from barnabas.coordinators.groups.consumer.heartbeat import Beat, steady_heartbeat
from barnabas.coordinators.groups.consumer.heartbeat import heartbeat as consumer_heartbeat
from barnabas.coordinators.groups.consumer.identity import check_request
from barnabas.coordinators.groups.consumer.leave import leave as leave_consumer_group
from barnabas.coordinators.groups.consumer.member import JOIN_EPOCH
from barnabas.coordinators.groups.consumer.upgrade import make_room_for_classic_group
from barnabas.coordinators.groups.deletion import delete_groups
from barnabas.coordinators.groups.describe import describe_group, failed_description, list_groups
from barnabas.coordinators.groups.heartbeat import heartbeat
from barnabas.coordinators.groups.join import Joining, join_group
from barnabas.coordinators.groups.leave import leave_group
from barnabas.coordinators.groups.machine import GroupsMachine
from barnabas.coordinators.groups.offsets import (
    commit_offsets,
    delete_offsets,
    fetch_offsets,
    topics_deleted,
)
from barnabas.coordinators.groups.rebalance import failed_join, failed_sync
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.coordinators.groups.sync import sync_group
from barnabas.coordinators.partitioning import partition_for
from barnabas.coordinators.runtime.shard import Shard, ShardState
from barnabas.coordinators.runtime.sink import RecordSink
from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.consumer_group_describe import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
)
from barnabas.protocol.messages.consumer_group_describe import (
    DescribedGroup as DescribedConsumerGroup,
)
from barnabas.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse,
)
from barnabas.protocol.messages.delete_groups import (
    DeletableGroupResult,
    DeleteGroupsRequest,
    DeleteGroupsResponse,
)
from barnabas.protocol.messages.describe_groups import (
    DescribedGroup,
    DescribeGroupsRequest,
    DescribeGroupsResponse,
)
from barnabas.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from barnabas.protocol.messages.join_group import JoinGroupRequest, JoinGroupResponse
from barnabas.protocol.messages.leave_group import LeaveGroupRequest, LeaveGroupResponse
from barnabas.protocol.messages.list_groups import ListedGroup, ListGroupsRequest, ListGroupsResponse
from barnabas.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from barnabas.protocol.messages.offset_delete import OffsetDeleteRequest, OffsetDeleteResponse
from barnabas.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
)
from barnabas.protocol.messages.sync_group import SyncGroupRequest, SyncGroupResponse


class Caller(Protocol):
    """What the coordinator wants to know of whoever sent a request."""

    @property
    def api_version(self) -> int: ...

    @property
    def client_id(self) -> str | None: ...

    @property
    def client_host(self) -> str: ...


class GroupCoordinator:
    """Coordinates the groups of all partitions of `__consumer_offsets` that this broker leads."""

    def __init__(
        self,
        sink: RecordSink,
        settings: GroupSettings,
        clock: Clock,
        new_member_id: Callable[[], str],
        topics: Callable[[], Topics] = dict,
        group_config: Callable[[str], Mapping[str, str]] = lambda _: {},
    ) -> None:
        self._sink = sink
        self._settings = settings
        self._clock = clock
        self._new_member_id = new_member_id
        self._topics = topics
        self._group_config = group_config
        self._shards: dict[int, Shard[GroupsMachine]] = {}

    # -- responsibility

    def partition_for(self, group_id: str) -> int:
        return partition_for(group_id, self._settings.num_partitions)

    async def load(self, partition: int) -> None:
        """Become responsible for a partition; raises KafkaError when it can't be read."""
        present = self._shards.get(partition)
        if present is not None and present.state is not ShardState.CLOSED:
            return
        machine = GroupsMachine(self._settings, self._topics, self._group_config)
        shard = Shard(partition, machine, self._sink, self._clock)
        self._shards[partition] = shard
        try:
            await shard.load(buffer_bytes=self._settings.offsets_load_buffer_bytes)
        except BaseException:
            if self._shards.get(partition) is shard:
                del self._shards[partition]
            await shard.close()
            raise

    async def unload(self, partition: int) -> None:
        """Give a partition up; requests that wait there are told to look for its new coordinator."""
        shard = self._shards.pop(partition, None)
        if shard is not None:
            await shard.close()

    async def close(self) -> None:
        for partition in list(self._shards):
            await self.unload(partition)

    async def on_topics_deleted(self, names: Iterable[str]) -> None:
        """Forget what groups committed for topics that don't exist any more."""
        deleted = frozenset(names)
        for shard in self._active_shards():
            try:
                await shard.ask_in_turn(partial(topics_deleted, shard.machine.state, deleted))
            except KafkaError as error:
                if error.code is not ErrorCode.NOT_COORDINATOR:  # it moved away: not ours to do any more
                    raise

    def run_due_timers(self) -> None:
        """Let every timer whose time has come go off now, rather than when the event loop gets to it."""
        for shard in self._active_shards():
            shard.run_due_timers()

    def _active_shards(self) -> list[Shard[GroupsMachine]]:
        return [shard for shard in self._shards.values() if shard.state is ShardState.ACTIVE]

    def _shard_of(self, group_id: str, *, allow_empty: bool = False) -> Shard[GroupsMachine]:
        if not group_id and not allow_empty:
            raise KafkaError(ErrorCode.INVALID_GROUP_ID)
        shard = self._shards.get(self.partition_for(group_id))
        if shard is None:
            raise KafkaError(ErrorCode.NOT_COORDINATOR)
        return shard

    # -- membership

    async def join_group(self, request: JoinGroupRequest, context: Caller) -> JoinGroupResponse:
        """Returns once the generation begins, which may take up to the rebalance timeout."""
        settings = self._settings
        try:
            shard = self._shard_of(request.group_id)
            if not (settings.min_session_timeout_ms <= request.session_timeout_ms <= settings.max_session_timeout_ms):
                raise KafkaError(ErrorCode.INVALID_SESSION_TIMEOUT)
            if request.group_id in shard.read().state.consumer_groups:
                await shard.ask_in_turn(partial(make_room_for_classic_group, shard.machine.state, request.group_id))
            return await shard.ask(
                lambda ticket: join_group(
                    shard.machine.state,
                    Joining(
                        request=request,
                        api_version=context.api_version,
                        client_id=context.client_id or "",
                        client_host=context.client_host,
                        ticket=ticket,
                        new_member_id=self._new_member_id(),
                        now_ms=self._clock.now_ms(),
                    ),
                )
            )
        except KafkaError as error:
            return failed_join(error.code, request.member_id)

    async def sync_group(self, request: SyncGroupRequest, context: Caller) -> SyncGroupResponse:
        """Returns once the leader's assignment is stored."""
        del context
        try:
            shard = self._shard_of(request.group_id)
            return await shard.ask(lambda ticket: sync_group(shard.machine.state, request, ticket))
        except KafkaError as error:
            return failed_sync(error.code)

    async def heartbeat(self, request: HeartbeatRequest, context: Caller) -> HeartbeatResponse:
        del context
        try:
            shard = self._shard_of(request.group_id)
            return await shard.ask(lambda _: heartbeat(shard.machine.state, request))
        except KafkaError as error:
            # A group that is still loading can't tell, and its members need not worry about that.
            is_loading = error.code is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
            return HeartbeatResponse(error_code=ErrorCode.NONE if is_loading else error.code)

    async def leave_group(self, request: LeaveGroupRequest, context: Caller) -> LeaveGroupResponse:
        del context
        try:
            shard = self._shard_of(request.group_id)
            return await shard.ask(lambda _: leave_group(shard.machine.state, request, self._clock.now_ms()))
        except KafkaError as error:
            return LeaveGroupResponse(error_code=error.code)

    # -- the consumer protocol (KIP-848)

    async def consumer_group_heartbeat(
        self, request: ConsumerGroupHeartbeatRequest, context: Caller
    ) -> ConsumerGroupHeartbeatResponse:
        """Returns at once when nothing changes; else once the changes are stored."""
        try:
            check_request(request, context.api_version, self._settings.consumer_assignors)
            shard = self._shard_of(request.group_id)
            state = shard.machine.state
            if request.member_epoch < JOIN_EPOCH:
                return _answered(await shard.ask_in_turn(lambda: leave_consumer_group(state, request)))
            request.member_id = request.member_id or self._new_member_id()
            beat = Beat(request, context.client_id or "", context.client_host, self._clock.now_ms())
            steady = await shard.ask(lambda _: steady_heartbeat(state, beat))
            if steady.response is not None:
                return steady.response
            return _answered(await shard.ask_in_turn(lambda: consumer_heartbeat(state, beat)))
        except KafkaError as error:
            return ConsumerGroupHeartbeatResponse(error_code=error.code, error_message=error.message or None)

    async def describe_consumer_groups(
        self, request: ConsumerGroupDescribeRequest, context: Caller
    ) -> ConsumerGroupDescribeResponse:
        del context
        return ConsumerGroupDescribeResponse(
            groups=[self._describe_consumer_group(group_id) for group_id in request.group_ids]
        )

    def _describe_consumer_group(self, group_id: str) -> DescribedConsumerGroup:
        try:
            return describe_consumer_group(self._shard_of(group_id).read().state, group_id)
        except KafkaError as error:
            return DescribedConsumerGroup(group_id=group_id, error_code=error.code)

    # -- offsets

    async def commit_offsets(self, request: OffsetCommitRequest, context: Caller) -> OffsetCommitResponse:
        """Topics must have their names filled in; whether they exist is not checked here."""
        try:
            shard = self._shard_of(request.group_id, allow_empty=True)
            return await shard.ask(
                lambda _: commit_offsets(shard.machine.state, request, context.api_version, self._clock.now_ms())
            )
        except KafkaError as error:
            return _failed_commit(request, error.code)

    async def fetch_offsets(self, request: OffsetFetchRequest, context: Caller) -> OffsetFetchResponse:
        """The groups of `request.groups`, the form of version 8 and later, with topic names filled in."""
        del context
        return OffsetFetchResponse(groups=[self._fetch_offsets_of(group) for group in request.groups])

    def _fetch_offsets_of(self, request: OffsetFetchRequestGroup) -> OffsetFetchResponseGroup:
        try:
            shard = self._shard_of(request.group_id, allow_empty=True)
            return fetch_offsets(shard.read().state, request)
        except KafkaError as error:
            return OffsetFetchResponseGroup(group_id=request.group_id, error_code=error.code)

    async def delete_offsets(self, request: OffsetDeleteRequest, context: Caller) -> OffsetDeleteResponse:
        del context
        try:
            shard = self._shard_of(request.group_id)
            response = await shard.ask_in_turn(lambda: delete_offsets(shard.machine.state, request))
            assert response is not None
        except KafkaError as error:
            return OffsetDeleteResponse(error_code=error.code)
        return response

    # -- administration

    async def describe_groups(self, request: DescribeGroupsRequest, context: Caller) -> DescribeGroupsResponse:
        return DescribeGroupsResponse(
            groups=[self._describe_group(group_id, context.api_version) for group_id in request.groups]
        )

    def _describe_group(self, group_id: str, api_version: int) -> DescribedGroup:
        try:
            shard = self._shard_of(group_id, allow_empty=True)
            return describe_group(shard.read().state, group_id, api_version)
        except KafkaError as error:
            return failed_description(group_id, error.code)

    async def list_groups(self, request: ListGroupsRequest, context: Caller) -> ListGroupsResponse:
        del context
        groups: list[ListedGroup] = []
        for shard in self._shards.values():
            if shard.state is ShardState.LOADING:
                return ListGroupsResponse(error_code=ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
            if shard.state is ShardState.ACTIVE:
                groups += list_groups(shard.machine.state, request.states_filter, request.types_filter)
        return ListGroupsResponse(groups=groups)

    async def delete_groups(self, request: DeleteGroupsRequest, context: Caller) -> DeleteGroupsResponse:
        del context
        results = [await self._delete_group(group_id) for group_id in dict.fromkeys(request.groups_names)]
        return DeleteGroupsResponse(results=results)

    async def _delete_group(self, group_id: str) -> DeletableGroupResult:
        try:
            shard = self._shard_of(group_id, allow_empty=True)
            response = await shard.ask_in_turn(
                lambda: delete_groups(shard.machine.state, [group_id], self._clock.now_ms())
            )
            assert response is not None
        except KafkaError as error:
            return DeletableGroupResult(group_id=group_id, error_code=error.code)
        return response.results[0]


def _answered(response: ConsumerGroupHeartbeatResponse | None) -> ConsumerGroupHeartbeatResponse:
    assert response is not None, "every heartbeat is answered"
    return response


def _failed_commit(request: OffsetCommitRequest, error: ErrorCode) -> OffsetCommitResponse:
    return OffsetCommitResponse(
        topics=[
            OffsetCommitResponseTopic(
                name=topic.name,
                topic_id=topic.topic_id,
                partitions=[
                    OffsetCommitResponsePartition(partition_index=partition.partition_index, error_code=error)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )
