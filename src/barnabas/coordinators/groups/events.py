"""What the group state machine asks to be told of later: its timers, and the fate of its records."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from barnabas.coordinators.runtime.outcome import Event


@dataclass(frozen=True, slots=True)
class SessionExpired(Event):
    """A member, or one that was asked to come back with its ID, wasn't heard of for its session timeout."""

    group_id: str
    member_id: str


@dataclass(frozen=True, slots=True)
class InitialDelayEnded(Event):
    """A new group waited for company; it may wait again while newcomers keep arriving."""

    group_id: str
    delay_ms: int
    remaining_ms: int


@dataclass(frozen=True, slots=True)
class JoinDeadline(Event):
    """The rebalance timeout is over: whoever has joined makes up the generation."""

    group_id: str


@dataclass(frozen=True, slots=True)
class SyncDeadline(Event):
    """Members that joined should have asked for their assignment by now."""

    group_id: str
    generation_id: int


@dataclass(frozen=True, slots=True)
class AssignmentStored(Event):
    """The leader's assignment of a generation was written, or wasn't."""

    group_id: str
    generation_id: int
    assignments: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class StaticMemberStored(Event):
    """A stable group with a renamed static member was written, or wasn't and the old name comes back."""

    group_id: str
    old_member_id: str
    new_member_id: str
    old_leader_id: str | None
    old_protocols: tuple[tuple[str, bytes], ...]
    old_rebalance_timeout_ms: int
    old_session_timeout_ms: int
    supports_skipping_assignment: bool


@dataclass(frozen=True, slots=True)
class GroupsDeleted(Event):
    """The tombstones of groups were written, or weren't and the groups live on."""

    group_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpireOffsets(Event):
    """Time to look for offsets past their retention; decided in turn, so that no fresh commit is overlooked."""

    decided_in_turn = True


@dataclass(frozen=True, slots=True)
class ConsumerSessionExpired(Event):
    """A member of a group of the consumer protocol wasn't heard of for its session timeout."""

    decided_in_turn = True
    group_id: str
    member_id: str


@dataclass(frozen=True, slots=True)
class ConsumerRevocationExpired(Event):
    """A member should have given its partitions back by now, and moved on from this epoch."""

    decided_in_turn = True
    group_id: str
    member_id: str
    member_epoch: int


EXPIRY_KEY: Final[Hashable] = ("expiry",)


def session_key(group_id: str, member_id: str) -> Hashable:
    return ("session", group_id, member_id)


def join_key(group_id: str) -> Hashable:
    return ("join", group_id)


def sync_key(group_id: str) -> Hashable:
    return ("sync", group_id)


def consumer_session_key(group_id: str, member_id: str) -> Hashable:
    return ("consumer-session", group_id, member_id)


def consumer_revocation_key(group_id: str, member_id: str) -> Hashable:
    return ("consumer-revocation", group_id, member_id)
