"""Who a heartbeat is from, and whether it may speak for that member; and requests that make no sense at all.

A member is what its ID says, a static one what its instance ID says, and only at the epoch that it was last told; at
the epoch before, too, as long as it owns no more than it has: then the answer was lost on its way. Source: KIP-848.
"""

from dataclasses import replace

from barnabas.coordinators.groups.consumer.group import ConsumerGroup
from barnabas.coordinators.groups.consumer.member import (
    JOIN_EPOCH,
    LEAVE_EPOCH,
    STATIC_LEAVE_EPOCH,
    ConsumerMember,
    Partitions,
    contains,
)
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatRequest

_MEMBERS_MAKE_THEIR_ID_SINCE = 1


def check_request(request: ConsumerGroupHeartbeatRequest, api_version: int, assignors: tuple[str, ...]) -> None:
    """Raises KafkaError INVALID_REQUEST or UNSUPPORTED_ASSIGNOR."""
    epoch = request.member_epoch
    if api_version >= _MEMBERS_MAKE_THEIR_ID_SINCE or epoch > 0 or epoch == LEAVE_EPOCH:
        _require(bool(request.member_id.strip()), "MemberId can't be empty.")
    _require(bool(request.group_id.strip()), "GroupId can't be empty.")
    _require(request.instance_id is None or bool(request.instance_id.strip()), "InstanceId can't be empty.")
    _require(request.rack_id is None or bool(request.rack_id.strip()), "RackId can't be empty.")
    if epoch == JOIN_EPOCH:
        _require(request.rebalance_timeout_ms != -1, "RebalanceTimeoutMs must be provided in first request.")
        _require(request.topic_partitions == [], "TopicPartitions must be empty when (re-)joining.")
        _require(
            request.subscribed_topic_names is not None or request.subscribed_topic_regex is not None,
            "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.",
        )
    elif epoch == STATIC_LEAVE_EPOCH:
        _require(request.instance_id is not None, "InstanceId can't be null.")
    else:
        _require(epoch >= LEAVE_EPOCH, "MemberEpoch is invalid.")
    if request.server_assignor is not None and request.server_assignor not in assignors:
        raise KafkaError(
            ErrorCode.UNSUPPORTED_ASSIGNOR,
            f"ServerAssignor {request.server_assignor} is not supported. Supported assignors: {', '.join(assignors)}.",
        )


def _require(is_so: bool, message: str) -> None:
    if not is_so:
        raise KafkaError(ErrorCode.INVALID_REQUEST, message)


def find_member(
    group: ConsumerGroup, request: ConsumerGroupHeartbeatRequest, owned: Partitions | None
) -> tuple[ConsumerMember, ConsumerMember | None]:
    """The member that a heartbeat is from, maybe a new one; and the static member whose place it takes, if any."""
    joins = request.member_epoch == JOIN_EPOCH
    if request.instance_id is None:
        member = group.members.get(request.member_id)
        if member is None and not joins:
            raise unknown_member(group, request.member_id)
    elif joins:
        present = group.static_members.get(request.instance_id)
        if present is not None and present != request.member_id:
            return _successor(group, group.members[present], request)
        member = group.members.get(request.member_id)
    else:
        member = static_member(group, request)
    if member is None:
        return ConsumerMember(request.member_id), None
    _check_epoch(member, request.member_epoch, owned)
    return member, None


def static_member(group: ConsumerGroup, request: ConsumerGroupHeartbeatRequest) -> ConsumerMember:
    """The member with an instance ID, or KafkaError UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID for an old one."""
    present = group.static_members.get(request.instance_id or "")
    if present is None:
        raise KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, f"Instance id {request.instance_id} is unknown.")
    if present != request.member_id:
        raise KafkaError(
            ErrorCode.FENCED_INSTANCE_ID,
            f"Static member {request.member_id} with instance id {request.instance_id} was fenced by member {present}.",
        )
    return group.members[present]


def unknown_member(group: ConsumerGroup, member_id: str) -> KafkaError:
    return KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, f"Member {member_id} is not a member of group {group.group_id}.")


def _successor(
    group: ConsumerGroup, present: ConsumerMember, request: ConsumerGroupHeartbeatRequest
) -> tuple[ConsumerMember, ConsumerMember]:
    if present.member_epoch != STATIC_LEAVE_EPOCH:
        raise KafkaError(
            ErrorCode.UNRELEASED_INSTANCE_ID,
            f"Static member {request.member_id} with instance id {request.instance_id} cannot join the group "
            f"because the instance id is owned by {present.member_id} member.",
        )
    successor = replace(present, member_id=request.member_id, member_epoch=JOIN_EPOCH, previous_member_epoch=JOIN_EPOCH)
    return successor, present


def _check_epoch(member: ConsumerMember, epoch: int, owned: Partitions | None) -> None:
    if epoch > member.member_epoch:
        comparison = "greater"
    elif epoch < member.member_epoch and not (
        epoch == member.previous_member_epoch and owned is not None and contains(member.assigned, owned)
    ):
        comparison = "smaller"
    else:
        return
    raise KafkaError(
        ErrorCode.FENCED_MEMBER_EPOCH,
        f"The consumer group member has a {comparison} member epoch ({epoch}) than the one known by the group "
        f"coordinator ({member.member_epoch}). The member must abandon all its partitions and rejoin.",
    )
