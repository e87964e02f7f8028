"""One step of a member towards its target assignment.

Invariant: a partition is given to a member only when nobody owns it, and it is owned until its owner says that it gave
it back. So no partition is ever with two members. The member's epoch moves on once it has revoked everything that is
not in its target. Source: KIP-848, "Reconciliation of the group".
"""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from barnabas.coordinators.groups.consumer.member import ConsumerMember, MemberState, Partitions, overlap
from barnabas.foundation.errors import ErrorCode, KafkaError

IsFree = Callable[[UUID, int], bool]
"""Whether a partition has no owner now."""


def reconcile(
    member: ConsumerMember, target_epoch: int, target: Partitions, is_free: IsFree, owned: Partitions | None
) -> ConsumerMember:
    """The member after its next step; `owned` is what it says it owns, None when it didn't say."""
    match member.state:
        case MemberState.STABLE:
            if member.member_epoch == target_epoch:
                return member
        case MemberState.UNREVOKED_PARTITIONS:
            if _still_owns(owned, member.pending_revocation):
                return member
        case MemberState.UNRELEASED_PARTITIONS:
            pass
        case MemberState.UNKNOWN:
            if owned is None or owned:
                raise KafkaError(
                    ErrorCode.FENCED_MEMBER_EPOCH,
                    "The consumer group member is in a unknown state. "
                    "The member must abandon all its partitions and rejoin.",
                )
    return _next_step(member, target_epoch, target, is_free, owned)


def _next_step(
    member: ConsumerMember, target_epoch: int, target: Partitions, is_free: IsFree, owned: Partitions | None
) -> ConsumerMember:
    kept: dict[UUID, frozenset[int]] = {}
    to_revoke: dict[UUID, frozenset[int]] = {}
    gained: dict[UUID, frozenset[int]] = {}
    has_unreleased = False
    for topic_id in {**member.assigned, **target}:
        wanted = target.get(topic_id, frozenset())
        assigned = member.assigned.get(topic_id, frozenset())
        missing = wanted - assigned
        free = frozenset(index for index in missing if is_free(topic_id, index))
        has_unreleased = has_unreleased or free != missing
        for partitions, indexes in ((kept, assigned & wanted), (to_revoke, assigned - wanted), (gained, free)):
            if indexes:
                partitions[topic_id] = indexes
    if to_revoke and _still_owns(owned, to_revoke):
        # It stays in its epoch until it has revoked them: its commits for them are still good.
        return replace(
            member,
            state=MemberState.UNREVOKED_PARTITIONS,
            previous_member_epoch=member.member_epoch,
            assigned=kept,
            pending_revocation=to_revoke,
        )
    for topic_id, indexes in gained.items():
        kept[topic_id] = kept.get(topic_id, frozenset()) | indexes
    return replace(
        member,
        state=MemberState.UNRELEASED_PARTITIONS if has_unreleased else MemberState.STABLE,
        member_epoch=target_epoch,
        previous_member_epoch=member.member_epoch,
        assigned=kept,
        pending_revocation={},
    )


def _still_owns(owned: Partitions | None, revoked: Partitions) -> bool:
    """Without word from the member it has to be taken for owning them still."""
    return owned is None or overlap(owned, revoked)
