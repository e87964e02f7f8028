"""ConsumerGroupHeartbeat: membership in groups of the consumer protocol (KIP-848).

Versions
    v1 members make their own IDs (KIP-1082), and may subscribe to a regular expression
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse,
)


@dataclass(frozen=True, slots=True)
class ConsumerGroupHeartbeat:
    groups: GroupCoordinator

    async def __call__(
        self, request: ConsumerGroupHeartbeatRequest, context: RequestContext
    ) -> ConsumerGroupHeartbeatResponse:
        return await self.groups.consumer_group_heartbeat(request, context)
