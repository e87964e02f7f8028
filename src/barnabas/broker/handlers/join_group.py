"""JoinGroup: become a member of a classic group's next generation.

Behaviour
    Answers when the generation begins: after `group.initial.rebalance.delay.ms` for a new group, when all members have
    joined otherwise, at the latest after the rebalance timeout.
Versions
    v1 rebalance timeout; v4 newcomers are told their ID first (KIP-394); v5 static members (KIP-345); v6 flexible
    v7 protocol type, nullable protocol name (KIP-559); v8 reason (KIP-800); v9 skip assignment (KIP-814)
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.protocol.messages.join_group import JoinGroupRequest, JoinGroupResponse

_NULLABLE_PROTOCOL_NAME_SINCE = 7


@dataclass(frozen=True, slots=True)
class JoinGroup:
    groups: GroupCoordinator

    async def __call__(self, request: JoinGroupRequest, context: RequestContext) -> JoinGroupResponse:
        response = await self.groups.join_group(request, context)
        if context.api_version < _NULLABLE_PROTOCOL_NAME_SINCE and response.protocol_name is None:
            response.protocol_name = ""
        return response
