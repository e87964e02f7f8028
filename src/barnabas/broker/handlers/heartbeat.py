"""Heartbeat: a classic group's member says that it is alive.

Behaviour
    Answers REBALANCE_IN_PROGRESS while the group prepares a rebalance, so that the member joins again.
Versions
    v3 static members (KIP-345); v4 flexible
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse


@dataclass(frozen=True, slots=True)
class Heartbeat:
    groups: GroupCoordinator

    async def __call__(self, request: HeartbeatRequest, context: RequestContext) -> HeartbeatResponse:
        return await self.groups.heartbeat(request, context)
