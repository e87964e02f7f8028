"""A classic consumer group: its states, its members, and the rules about who may join it.

Invariants: `protocol_supporters[name]` counts the members that know a protocol; `static_members` maps every
`group_instance_id` to its one member; the leader, if there is one, is a member. Source: KIP-62, KIP-345, KIP-394 and
the behaviour of Apache Kafka 4.x.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from barnabas.coordinators.groups.member import Member
from barnabas.coordinators.groups.subscription import CONSUMER_PROTOCOL_TYPE, subscribed_topics
from barnabas.foundation.errors import ErrorCode, KafkaError


class GroupState(Enum):
    """Where a group stands in its rebalance; the value is what clients are shown."""

    EMPTY = "Empty"
    PREPARING_REBALANCE = "PreparingRebalance"
    COMPLETING_REBALANCE = "CompletingRebalance"
    STABLE = "Stable"
    DEAD = "Dead"


MOVES: Final[dict[GroupState, frozenset[GroupState]]] = {
    GroupState.EMPTY: frozenset({GroupState.PREPARING_REBALANCE, GroupState.DEAD}),
    GroupState.PREPARING_REBALANCE: frozenset({GroupState.COMPLETING_REBALANCE, GroupState.EMPTY, GroupState.DEAD}),
    GroupState.COMPLETING_REBALANCE: frozenset({GroupState.STABLE, GroupState.PREPARING_REBALANCE, GroupState.DEAD}),
    GroupState.STABLE: frozenset({GroupState.PREPARING_REBALANCE, GroupState.DEAD}),
    # A group is dead while its tombstone is being stored; when that fails it is as empty as before.
    GroupState.DEAD: frozenset({GroupState.EMPTY}),
}


@dataclass(slots=True)
class ClassicGroup:
    """One group. All methods are synchronous; nothing here knows of sockets, records or clocks."""

    group_id: str
    state: GroupState = GroupState.EMPTY
    previous_state: GroupState = GroupState.DEAD
    state_since_ms: int | None = None
    generation_id: int = 0
    protocol_type: str | None = None
    protocol_name: str | None = None
    leader_id: str | None = None
    members: dict[str, Member] = field(default_factory=dict)
    static_members: dict[str, str] = field(default_factory=dict)
    pending_joins: set[str] = field(default_factory=set)
    """Member IDs that were handed out (KIP-394) and have not come back with a JoinGroup yet."""
    pending_syncs: set[str] = field(default_factory=set)
    new_member_added: bool = False
    protocol_supporters: Counter[str] = field(default_factory=Counter)
    subscribed_topics: set[str] | None = None

    def move_to(self, state: GroupState, now_ms: int) -> None:
        assert state in MOVES[self.state], f"group {self.group_id}: {self.state} can't become {state}"
        self.previous_state = self.state
        self.state = state
        self.state_since_ms = now_ms

    # -- questions

    @property
    def uses_consumer_protocol(self) -> bool:
        return self.protocol_type == CONSUMER_PROTOCOL_TYPE

    @property
    def can_rebalance(self) -> bool:
        return GroupState.PREPARING_REBALANCE in MOVES[self.state]

    @property
    def awaiting_join_count(self) -> int:
        return sum(1 for member in self.members.values() if member.awaits_join)

    @property
    def has_all_members_joined(self) -> bool:
        return not self.pending_joins and all(member.awaits_join for member in self.members.values())

    @property
    def rebalance_timeout_ms(self) -> int:
        """The patience of its most patient member."""
        return max((member.rebalance_timeout_ms for member in self.members.values()), default=0)

    def is_leader(self, member_id: str) -> bool:
        return self.leader_id is not None and self.leader_id == member_id

    def is_subscribed_to(self, topic: str) -> bool:
        if self.subscribed_topics is None:  # a consumer group that we can't read might want any topic
            return self.uses_consumer_protocol
        return topic in self.subscribed_topics

    def supports_protocols(self, protocol_type: str, names: set[str]) -> bool:
        """Whether someone with these protocols can live with the members that are there."""
        if self.state is GroupState.EMPTY:
            return bool(protocol_type) and bool(names)
        return protocol_type == self.protocol_type and any(
            self.protocol_supporters[name] == len(self.members) for name in names
        )

    def require_member(self, member_id: str, group_instance_id: str | None) -> Member:
        """The member, or UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID if another one took over its instance ID."""
        if group_instance_id is not None:
            current = self.static_members.get(group_instance_id)
            if current is None:
                raise KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
            if current != member_id:
                raise KafkaError(ErrorCode.FENCED_INSTANCE_ID)
        member = self.members.get(member_id)
        if member is None:
            raise KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
        return member

    # -- membership

    def add(self, member: Member) -> None:
        if member.group_instance_id is not None:
            assert member.group_instance_id not in self.static_members
            self.static_members[member.group_instance_id] = member.member_id
        if not self.members:
            self.protocol_type = member.protocol_type
        if self.leader_id is None:
            self.leader_id = member.member_id
        self.members[member.member_id] = member
        self.protocol_supporters.update(name for name, _ in member.protocols)
        self.pending_joins.discard(member.member_id)

    def remove(self, member_id: str) -> None:
        """Forget a member or a pending member; a lost leader is followed by the oldest member left."""
        member = self.members.pop(member_id, None)
        if member is not None:
            self.protocol_supporters.subtract(name for name, _ in member.protocols)
            if member.group_instance_id is not None:
                self.static_members.pop(member.group_instance_id, None)
        if self.is_leader(member_id):
            self.leader_id = next(iter(self.members), None)
        self.pending_joins.discard(member_id)
        self.pending_syncs.discard(member_id)

    def set_protocols(self, member: Member, protocols: tuple[tuple[str, bytes], ...]) -> None:
        self.protocol_supporters.subtract(name for name, _ in member.protocols)
        member.protocols = protocols
        self.protocol_supporters.update(name for name, _ in protocols)

    def rename_member(self, member: Member, new_member_id: str) -> None:
        """Give a static member that restarted its new ID; assignment and leadership go with it."""
        old_member_id = member.member_id
        assert member.group_instance_id is not None
        del self.members[old_member_id]
        member.member_id = new_member_id
        self.members[new_member_id] = member
        self.static_members[member.group_instance_id] = new_member_id
        if self.is_leader(old_member_id):
            self.leader_id = new_member_id
        if old_member_id in self.pending_syncs:
            self.pending_syncs.remove(old_member_id)

    # -- generations

    def elect_joined_leader(self) -> bool:
        """Make sure that the leader is one who rejoined; False when nobody did."""
        if self.leader_id is None:
            return False
        if self.members[self.leader_id].awaits_join:
            return True
        joined = next((member for member in self.members.values() if member.awaits_join), None)
        if joined is None:
            return False
        self.leader_id = joined.member_id
        return True

    def select_protocol(self) -> str:
        """The protocol with most votes among those that every member knows; the first voted for wins a tie."""
        candidates = {name for name, count in self.protocol_supporters.items() if count == len(self.members)}
        votes = Counter(member.vote(candidates) for member in self.members.values())
        return votes.most_common(1)[0][0]

    def start_next_generation(self, now_ms: int) -> None:
        self.generation_id += 1
        self.pending_syncs.clear()
        self.protocol_name = self.select_protocol() if self.members else None
        self.subscribed_topics = self.compute_subscribed_topics()
        self.move_to(GroupState.COMPLETING_REBALANCE if self.members else GroupState.EMPTY, now_ms)

    def compute_subscribed_topics(self) -> set[str] | None:
        """All topics of all members; None when that can't be known."""
        if not self.uses_consumer_protocol:
            return None
        if not self.members:
            return set()
        if self.protocol_name is None:
            return None
        topics: set[str] = set()
        for member in self.members.values():
            subscription = subscribed_topics(member.metadata(self.protocol_name))
            if subscription is None:
                return None
            topics |= subscription
        return topics
