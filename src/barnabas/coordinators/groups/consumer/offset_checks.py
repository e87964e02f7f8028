"""Who may commit and fetch offsets of a group of the consumer protocol: its members, at their own epoch (KIP-848)."""

from barnabas.coordinators.groups.consumer.group import ConsumerGroup
from barnabas.coordinators.groups.consumer.identity import unknown_member
from barnabas.foundation.errors import ErrorCode, KafkaError

_MEMBER_EPOCHS_SINCE = 9


def check_commit(group: ConsumerGroup, member_id: str, member_epoch: int, api_version: int) -> None:
    """Raises KafkaError UNKNOWN_MEMBER_ID, UNSUPPORTED_VERSION or STALE_MEMBER_EPOCH."""
    if member_epoch < 0 and not group.members:
        return  # an administrator sets offsets while nobody reads
    _check_epoch(group, member_id, member_epoch, api_version)


def check_fetch(group: ConsumerGroup, member_id: str | None, member_epoch: int) -> None:
    """Raises KafkaError UNKNOWN_MEMBER_ID or STALE_MEMBER_EPOCH; whoever is not a member may look."""
    if member_id is None and member_epoch < 0:
        return
    _check_epoch(group, member_id or "", member_epoch, _MEMBER_EPOCHS_SINCE)


def _check_epoch(group: ConsumerGroup, member_id: str, member_epoch: int, api_version: int) -> None:
    member = group.members.get(member_id)
    if member is None:
        raise unknown_member(group, member_id)
    if api_version < _MEMBER_EPOCHS_SINCE:
        raise KafkaError(
            ErrorCode.UNSUPPORTED_VERSION,
            "OffsetCommit version 9 or above must be used by members using the modern group protocol",
        )
    if member_epoch != member.member_epoch:
        raise KafkaError(
            ErrorCode.STALE_MEMBER_EPOCH,
            f"The received member epoch {member_epoch} does not match the expected member epoch {member.member_epoch}.",
        )
