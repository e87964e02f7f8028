"""SyncGroup: receive one's assignment in a new generation; the leader brings everybody's.

Behaviour
    Answers when the leader's assignment is stored in `__consumer_offsets`.
Versions
    v3 static members (KIP-345); v4 flexible
    v5 protocol type and name, which are mandatory (KIP-559)
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.sync_group import SyncGroupRequest, SyncGroupResponse

_PROTOCOL_MANDATORY_SINCE = 5


@dataclass(frozen=True, slots=True)
class SyncGroup:
    groups: GroupCoordinator

    async def __call__(self, request: SyncGroupRequest, context: RequestContext) -> SyncGroupResponse:
        if context.api_version >= _PROTOCOL_MANDATORY_SINCE and None in (
            request.protocol_type,
            request.protocol_name,
        ):
            return SyncGroupResponse(error_code=ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        return await self.groups.sync_group(request, context)
