"""A group of the consumer protocol: its epochs, its members, what each shall own and who owns what.

Invariant: only records change a group (see `records.apply`), and at most one member owns a partition: `owners` says
which, as long as the partition is assigned to the member or waits to be given back by it. `topics_seen` alone is soft:
the topics that the group was last looked through against. Source: KIP-848.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol
from uuid import UUID

from barnabas.coordinators.groups.consumer.member import NO_PARTITIONS, ConsumerMember, MemberState, Partitions


class TopicShape(Protocol):
    """What a group wants to know of a topic."""

    @property
    def topic_id(self) -> UUID: ...

    @property
    def partitions(self) -> Collection[object]: ...


Topics = Mapping[str, TopicShape]
"""All topics by name at one moment; another object once anything changed."""


class ConsumerGroupState(Enum):
    """Where a group stands; the value is what clients are shown."""

    EMPTY = "Empty"
    ASSIGNING = "Assigning"
    RECONCILING = "Reconciling"
    STABLE = "Stable"


@dataclass(slots=True)
class ConsumerGroup:
    """One group. Nothing here knows of sockets, records or clocks."""

    group_id: str
    group_epoch: int = 0
    metadata_hash: int = 0
    target_epoch: int = 0
    members: dict[str, ConsumerMember] = field(default_factory=dict)
    static_members: dict[str, str] = field(default_factory=dict)
    target: dict[str, Partitions] = field(default_factory=dict)
    patterns: dict[str, frozenset[str]] = field(default_factory=dict)
    """The topics that match each regular expression that a member subscribed to."""
    owners: dict[UUID, dict[int, str]] = field(default_factory=dict)
    topics_seen: Topics | None = None

    @property
    def state(self) -> ConsumerGroupState:
        if not self.members:
            return ConsumerGroupState.EMPTY
        if self.group_epoch > self.target_epoch:
            return ConsumerGroupState.ASSIGNING
        if all(member.is_reconciled_to(self.target_epoch) for member in self.members.values()):
            return ConsumerGroupState.STABLE
        return ConsumerGroupState.RECONCILING

    def target_of(self, member_id: str) -> Partitions:
        return self.target.get(member_id, NO_PARTITIONS)

    def is_subscribed_to(self, topic: str) -> bool:
        return any(
            topic in member.subscribed_topic_names
            or topic in self.patterns.get(member.subscribed_topic_regex or "", ())
            for member in self.members.values()
        )

    def assignor(self, supported: tuple[str, ...]) -> str:
        """The assignor that most members ask for; the broker's first one if none asks."""
        return preferred_assignor(self.members.values(), supported)

    # -- changes, made by records only

    def put(self, member: ConsumerMember) -> None:
        """Add a member or replace the one with its ID."""
        self._forget_owner(self.members.get(member.member_id))
        self.members[member.member_id] = member
        if member.instance_id is not None:
            self.static_members[member.instance_id] = member.member_id
        for partitions in (member.assigned, member.pending_revocation):
            for topic_id, indexes in partitions.items():
                self.owners.setdefault(topic_id, {}).update(dict.fromkeys(indexes, member.member_id))

    def remove(self, member_id: str) -> None:
        member = self.members.pop(member_id, None)
        self._forget_owner(member)
        instance_id = None if member is None else member.instance_id
        if instance_id is not None and self.static_members.get(instance_id) == member_id:
            del self.static_members[instance_id]

    def _forget_owner(self, member: ConsumerMember | None) -> None:
        if member is None:
            return
        for partitions in (member.assigned, member.pending_revocation):
            for topic_id, indexes in partitions.items():
                owners = self.owners.get(topic_id, {})
                for index in indexes:
                    if owners.get(index) == member.member_id:
                        del owners[index]


def preferred_assignor(members: Iterable[ConsumerMember], supported: tuple[str, ...]) -> str:
    votes = Counter(member.server_assignor or supported[0] for member in members)
    return max(supported, key=lambda name: votes[name])


def is_settled(member: ConsumerMember, group: ConsumerGroup) -> bool:
    """Whether nothing is left to do for a member as long as nothing changes."""
    return (
        member.state is MemberState.STABLE
        and member.member_epoch == group.target_epoch
        and group.target_epoch == group.group_epoch
    )
