"""All groups of one partition of `__consumer_offsets`, and their committed offsets.

Invariant: a new state to which all records of the partition were replayed in order holds the same offsets, and the same
groups as far as they are stable or empty; a rebalance under way is soft state and starts anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from barnabas.coordinators.groups.classic import ClassicGroup, GroupState
from barnabas.coordinators.groups.consumer.group import ConsumerGroup, Topics
from barnabas.coordinators.groups.consumer.records import apply as apply_consumer_record
from barnabas.coordinators.groups.member import Member
from barnabas.coordinators.groups.records import (
    CommittedOffset,
    GroupMetadataValue,
    GroupRecord,
    MemberMetadata,
    OffsetRecord,
    group_record,
    read_record,
)
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.coordinators.runtime.outcome import CoordinatorRecord

OffsetsOfGroup = dict[str, dict[int, CommittedOffset]]
"""Committed offsets by topic, then by partition."""


@dataclass(slots=True)
class GroupsState:
    """The state that decisions about groups look at and change."""

    settings: GroupSettings
    groups: dict[str, ClassicGroup] = field(default_factory=dict)
    consumer_groups: dict[str, ConsumerGroup] = field(default_factory=dict)
    """Groups of the consumer protocol; a group is of one protocol only."""
    offsets: dict[str, OffsetsOfGroup] = field(default_factory=dict)
    topics: Callable[[], Topics] = dict
    """The topics that there are now."""
    group_config: Callable[[str], Mapping[str, str]] = lambda _: {}
    """What was set for a group itself."""

    def replay(self, record: CoordinatorRecord) -> None:
        """Take in a record while loading, when records are all there is to go by."""
        match read_record(record):
            case GroupRecord(group_id=group_id, value=GroupMetadataValue() as value):
                self.groups[group_id] = _restored_group(group_id, value)
            case _:
                self.apply(record)

    def apply(self, record: CoordinatorRecord) -> None:
        """Take in a record that was just stored; a live group already is what its own record says."""
        match read_record(record):
            case GroupRecord(group_id=group_id, value=None):
                self.groups.pop(group_id, None)
            case None:
                self._apply_consumer_record(record)
            case OffsetRecord(group_id=group_id, committed=None) as offset:
                self._forget_offset(group_id, offset.topic, offset.partition)
            case OffsetRecord(group_id=group_id, committed=CommittedOffset() as committed) as offset:
                self._be_a_group(group_id)
                by_topic = self.offsets.setdefault(group_id, {})
                by_topic.setdefault(offset.topic, {})[offset.partition] = committed
            case _:
                pass

    def committed_offset(self, group_id: str, topic: str, partition: int) -> CommittedOffset | None:
        return self.offsets.get(group_id, {}).get(topic, {}).get(partition)

    def _apply_consumer_record(self, record: CoordinatorRecord) -> None:
        group_id = apply_consumer_record(self.consumer_groups, record)
        if group_id is None:
            return
        if group_id in self.consumer_groups:
            self.groups.pop(group_id, None)
        elif group_id in self.offsets:
            self._be_a_group(group_id)

    def _be_a_group(self, group_id: str) -> None:
        """Who has offsets is a group, if only a "simple" one that has nothing else."""
        if group_id not in self.consumer_groups:
            self.groups.setdefault(group_id, ClassicGroup(group_id))

    def _forget_offset(self, group_id: str, topic: str, partition: int) -> None:
        by_topic = self.offsets.get(group_id, {})
        by_partition = by_topic.get(topic, {})
        by_partition.pop(partition, None)
        if not by_partition:
            by_topic.pop(topic, None)
        if not by_topic:
            self.offsets.pop(group_id, None)


def record_of_group(group: ClassicGroup, assignments: dict[str, bytes]) -> CoordinatorRecord:
    """The record of a group's current generation, with the assignments that it has or is about to get."""
    protocol = group.protocol_name
    assert protocol is not None or not group.members, "a group with members has chosen a protocol"
    return group_record(
        group.group_id,
        GroupMetadataValue(
            protocol_type=group.protocol_type or "",
            generation=group.generation_id,
            protocol=protocol,
            leader=group.leader_id,
            current_state_timestamp=-1 if group.state_since_ms is None else group.state_since_ms,
            members=[
                MemberMetadata(
                    member_id=member.member_id,
                    group_instance_id=member.group_instance_id,
                    client_id=member.client_id,
                    client_host=member.client_host,
                    rebalance_timeout=member.rebalance_timeout_ms,
                    session_timeout=member.session_timeout_ms,
                    subscription=member.metadata(protocol or ""),
                    assignment=assignments[member.member_id],
                )
                for member in group.members.values()
            ],
        ),
    )


def record_of_new_group(group: ClassicGroup) -> CoordinatorRecord:
    """The record of a group that has had no generation yet: it exists, so that it can be described and expire."""
    return group_record(
        group.group_id,
        GroupMetadataValue(
            protocol_type="",
            generation=0,
            current_state_timestamp=-1 if group.state_since_ms is None else group.state_since_ms,
        ),
    )


def _restored_group(group_id: str, value: GroupMetadataValue) -> ClassicGroup:
    timestamp_ms = value.current_state_timestamp
    group = ClassicGroup(
        group_id,
        state=GroupState.STABLE if value.members else GroupState.EMPTY,
        state_since_ms=None if timestamp_ms == -1 else timestamp_ms,
        generation_id=value.generation,
        protocol_type=value.protocol_type or None,
        protocol_name=value.protocol,
        leader_id=value.leader,
    )
    for member in value.members:
        group.add(
            Member(
                member_id=member.member_id,
                group_instance_id=member.group_instance_id,
                client_id=member.client_id,
                client_host=member.client_host,
                rebalance_timeout_ms=(
                    member.session_timeout if member.rebalance_timeout == -1 else member.rebalance_timeout
                ),
                session_timeout_ms=member.session_timeout,
                protocol_type=value.protocol_type,
                protocols=((value.protocol or "", member.subscription),),
                assignment=member.assignment,
            )
        )
    group.subscribed_topics = group.compute_subscribed_topics()
    return group
