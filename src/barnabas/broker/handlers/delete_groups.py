"""DeleteGroups: delete groups without members, and their offsets.

Versions
    v2 flexible
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.protocol.messages.delete_groups import DeleteGroupsRequest, DeleteGroupsResponse


@dataclass(frozen=True, slots=True)
class DeleteGroups:
    groups: GroupCoordinator

    async def __call__(self, request: DeleteGroupsRequest, context: RequestContext) -> DeleteGroupsResponse:
        return await self.groups.delete_groups(request, context)
