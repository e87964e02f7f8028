"""DescribeGroups: state and members of classic groups.

Behaviour
    A group that doesn't exist is described as dead; since v6 with the error GROUP_ID_NOT_FOUND as well (KIP-1043).
Versions
    v3 authorized operations; v4 static members (KIP-345); v5 flexible; v6 error message
"""

from dataclasses import dataclass
from typing import Final

from barnabas.broker.context import RequestContext
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.describe_groups import DescribeGroupsRequest, DescribeGroupsResponse

_READ, _DELETE, _DESCRIBE, _DESCRIBE_CONFIGS, _ALTER_CONFIGS = 3, 6, 8, 10, 11
ALL_GROUP_OPERATIONS: Final = sum(
    1 << operation for operation in (_READ, _DELETE, _DESCRIBE, _DESCRIBE_CONFIGS, _ALTER_CONFIGS)
)
"""What there is to do with a group, as bits of Kafka's AclOperation: without an authorizer everybody may do it all."""


@dataclass(frozen=True, slots=True)
class DescribeGroups:
    groups: GroupCoordinator

    async def __call__(self, request: DescribeGroupsRequest, context: RequestContext) -> DescribeGroupsResponse:
        response = await self.groups.describe_groups(request, context)
        if request.include_authorized_operations:
            for group in response.groups:
                if group.error_code == ErrorCode.NONE:
                    group.authorized_operations = ALL_GROUP_OPERATIONS
        return response
