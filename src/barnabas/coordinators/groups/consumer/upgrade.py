"""From the consumer protocol to the classic one, as far as no member is there.

A group without members may be of either protocol next; its offsets stay. In a group with members the other protocol is
refused, as Kafka does with `group.consumer.migration.policy=disabled`.
"""

from barnabas.coordinators.groups.consumer.records import group_tombstones
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.runtime.outcome import Effects, Outcome
from barnabas.foundation.errors import ErrorCode, KafkaError


def make_room_for_classic_group(state: GroupsState, group_id: str) -> Outcome[None]:
    """End an empty group of the consumer protocol; KafkaError INCONSISTENT_GROUP_PROTOCOL when it has members."""
    group = state.consumer_groups.get(group_id)
    if group is None:
        return Outcome()
    if group.members:
        raise KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    effects = Effects()
    effects.append(*group_tombstones(group))
    return effects.outcome()
