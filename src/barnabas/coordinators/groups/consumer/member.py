"""One member of a group of the consumer protocol, and the sets of partitions that it owns.

A member never changes: a decision makes a new one, and records put it in the old one's place. Source: KIP-848.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Final, TypeAlias
from uuid import UUID

Partitions: TypeAlias = Mapping[UUID, frozenset[int]]
"""Partitions by topic ID; no topic is there without a partition, and nothing in it ever changes."""

NO_PARTITIONS: Final[Partitions] = MappingProxyType({})

JOIN_EPOCH: Final = 0
LEAVE_EPOCH: Final = -1
STATIC_LEAVE_EPOCH: Final = -2
"""The member goes for a moment and keeps its partitions: another process will come with its instance ID."""


class MemberState(IntEnum):
    """How far a member is on its way to its target; the numbers are those of its record."""

    STABLE = 0
    UNREVOKED_PARTITIONS = 1
    """It has yet to give partitions back."""
    UNRELEASED_PARTITIONS = 2
    """It waits for partitions that others have yet to give back."""
    UNKNOWN = 127


@dataclass(frozen=True, slots=True)
class ConsumerMember:
    """What a member said of itself, and what it owns."""

    member_id: str
    instance_id: str | None = None
    rack_id: str | None = None
    client_id: str = ""
    client_host: str = ""
    rebalance_timeout_ms: int = -1
    server_assignor: str | None = None
    subscribed_topic_names: frozenset[str] = frozenset()
    subscribed_topic_regex: str | None = None
    member_epoch: int = JOIN_EPOCH
    previous_member_epoch: int = JOIN_EPOCH
    state: MemberState = MemberState.STABLE
    assigned: Partitions = field(default_factory=dict)
    pending_revocation: Partitions = field(default_factory=dict)

    def is_reconciled_to(self, target_epoch: int) -> bool:
        return self.state is MemberState.STABLE and self.member_epoch == target_epoch


def partitions_of(topics: Iterable[tuple[UUID, Iterable[int]]]) -> Partitions:
    """Partitions by topic, from a list that may name a topic twice or without partitions."""
    found: dict[UUID, frozenset[int]] = {}
    for topic_id, partitions in topics:
        indexes = frozenset(partitions)
        if indexes:
            found[topic_id] = found.get(topic_id, frozenset()) | indexes
    return found


def contains(whole: Partitions, part: Partitions) -> bool:
    return all(indexes <= whole.get(topic_id, frozenset()) for topic_id, indexes in part.items())


def overlap(left: Partitions, right: Partitions) -> bool:
    return any(not indexes.isdisjoint(right.get(topic_id, ())) for topic_id, indexes in left.items())
