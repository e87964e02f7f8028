"""ConsumerGroupDescribe: a group of the consumer protocol with its epochs, members and assignments."""

from collections.abc import Mapping
from uuid import UUID

from barnabas.coordinators.groups.consumer.group import ConsumerGroup
from barnabas.coordinators.groups.consumer.member import ConsumerMember, Partitions
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.consumer_group_describe import Assignment, DescribedGroup, Member, TopicPartitions

_CONSUMER_MEMBER = 1


def describe_consumer_group(state: GroupsState, group_id: str) -> DescribedGroup:
    """One group; GROUP_ID_NOT_FOUND for one that is not there or of the classic protocol."""
    group = state.consumer_groups.get(group_id)
    if group is None:
        problem = "is not a consumer group" if group_id in state.groups else "not found"
        return DescribedGroup(
            group_id=group_id,
            error_code=ErrorCode.GROUP_ID_NOT_FOUND,
            error_message=f"Group {group_id} {problem}.",
        )
    names = {topic.topic_id: name for name, topic in state.topics().items()}
    return DescribedGroup(
        group_id=group_id,
        group_state=group.state.value,
        group_epoch=group.group_epoch,
        assignment_epoch=group.target_epoch,
        assignor_name=group.assignor(state.settings.consumer_assignors),
        members=[_described(group, member, names) for member in group.members.values()],
    )


def _described(group: ConsumerGroup, member: ConsumerMember, names: Mapping[UUID, str]) -> Member:
    return Member(
        member_id=member.member_id,
        instance_id=member.instance_id,
        rack_id=member.rack_id,
        member_epoch=member.member_epoch,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=sorted(member.subscribed_topic_names),
        subscribed_topic_regex=member.subscribed_topic_regex,
        assignment=_assignment(member.assigned, names),
        target_assignment=_assignment(group.target_of(member.member_id), names),
        member_type=_CONSUMER_MEMBER,
    )


def _assignment(partitions: Partitions, names: Mapping[UUID, str]) -> Assignment:
    """Partitions with their topics' names; those of topics that are gone can't be named and are left out."""
    return Assignment(
        topic_partitions=[
            TopicPartitions(topic_id=topic_id, topic_name=names[topic_id], partitions=sorted(indexes))
            for topic_id, indexes in partitions.items()
            if topic_id in names
        ]
    )
