"""LeaveGroup: members go, or are sent away.

Versions
    v0-2 one member, whose error is the response's; v3 any number, by member ID or instance ID (KIP-345)
    v4 flexible; v5 reason (KIP-800)
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.protocol.messages.leave_group import LeaveGroupRequest, LeaveGroupResponse, MemberIdentity

_BATCHES_SINCE = 3


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    groups: GroupCoordinator

    async def __call__(self, request: LeaveGroupRequest, context: RequestContext) -> LeaveGroupResponse:
        if context.api_version >= _BATCHES_SINCE:
            return await self.groups.leave_group(request, context)
        of_one = LeaveGroupRequest(group_id=request.group_id, members=[MemberIdentity(member_id=request.member_id)])
        response = await self.groups.leave_group(of_one, context)
        errors = [response.error_code, *(member.error_code for member in response.members)]
        return LeaveGroupResponse(error_code=next((error for error in errors if error), 0))
