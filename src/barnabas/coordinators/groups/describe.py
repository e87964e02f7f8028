"""DescribeGroups and ListGroups: what groups there are, and who is in them."""

from barnabas.coordinators.groups.classic import ClassicGroup, GroupState
from barnabas.coordinators.groups.consumer.group import ConsumerGroup
from barnabas.coordinators.groups.member import Member
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.groups.subscription import CONSUMER_PROTOCOL_TYPE
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.describe_groups import DescribedGroup, DescribedGroupMember
from barnabas.protocol.messages.list_groups import ListedGroup

GROUP_TYPE = "classic"
CONSUMER_GROUP_TYPE = "consumer"
_NAMES_MISSING_GROUPS_SINCE = 6


def describe_group(state: GroupsState, group_id: str, api_version: int) -> DescribedGroup:
    """One group with its members; what they subscribe to is told only while the group is stable."""
    group = state.groups.get(group_id)
    if group is None:
        described = failed_description(group_id, ErrorCode.NONE)
        described.group_state = GroupState.DEAD.value
        if api_version >= _NAMES_MISSING_GROUPS_SINCE:  # KIP-1043
            described.error_code = ErrorCode.GROUP_ID_NOT_FOUND
            is_other = group_id in state.consumer_groups
            described.error_message = f"Group {group_id} {'is not a classic group' if is_other else 'not found'}."
        return described
    protocol = group.protocol_name if group.state is GroupState.STABLE else None
    return DescribedGroup(
        error_code=ErrorCode.NONE,
        group_id=group_id,
        group_state=group.state.value,
        protocol_type=group.protocol_type or "",
        protocol_data=protocol or "",
        members=[_described_member(member, protocol) for member in group.members.values()],
    )


def failed_description(group_id: str, error: ErrorCode) -> DescribedGroup:
    return DescribedGroup(
        error_code=error, group_id=group_id, group_state="", protocol_type="", protocol_data="", members=[]
    )


def _described_member(member: Member, protocol: str | None) -> DescribedGroupMember:
    return DescribedGroupMember(
        member_id=member.member_id,
        group_instance_id=member.group_instance_id,
        client_id=member.client_id,
        client_host=member.client_host,
        member_metadata=b"" if protocol is None else member.metadata(protocol),
        member_assignment=member.assignment,
    )


def list_groups(state: GroupsState, states: list[str], types: list[str]) -> list[ListedGroup]:
    """The groups in these states and of these types; an empty list means all. Case doesn't matter."""
    wanted_states = {name.strip().lower() for name in states}
    wanted_types = {name.strip().lower() for name in types}
    listed = [_listed(group) for group in state.groups.values()]
    listed += [_listed_consumer_group(group) for group in state.consumer_groups.values()]
    return [
        group
        for group in listed
        if (not wanted_states or group.group_state.lower() in wanted_states)
        and (not wanted_types or group.group_type in wanted_types)
    ]


def _listed(group: ClassicGroup) -> ListedGroup:
    return ListedGroup(
        group_id=group.group_id,
        protocol_type=group.protocol_type or "",
        group_state=group.state.value,
        group_type=GROUP_TYPE,
    )


def _listed_consumer_group(group: ConsumerGroup) -> ListedGroup:
    return ListedGroup(
        group_id=group.group_id,
        protocol_type=CONSUMER_PROTOCOL_TYPE,
        group_state=group.state.value,
        group_type=CONSUMER_GROUP_TYPE,
    )
