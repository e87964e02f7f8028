"""ListGroups: the groups that this broker coordinates.

Versions
    v3 flexible; v4 filter by state (KIP-518); v5 filter by type (KIP-848)
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.protocol.messages.list_groups import ListGroupsRequest, ListGroupsResponse


@dataclass(frozen=True, slots=True)
class ListGroups:
    groups: GroupCoordinator

    async def __call__(self, request: ListGroupsRequest, context: RequestContext) -> ListGroupsResponse:
        return await self.groups.list_groups(request, context)
