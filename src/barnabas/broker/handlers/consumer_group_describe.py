"""ConsumerGroupDescribe: state, epochs and members of groups of the consumer protocol (KIP-848).

Behaviour
    A group that is not there or of the classic protocol is answered with GROUP_ID_NOT_FOUND; DescribeGroups knows the
    classic ones.
Versions
    v1 type of each member (KIP-1099)
"""

from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.broker.handlers.describe_groups import ALL_GROUP_OPERATIONS
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.consumer_group_describe import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
)


@dataclass(frozen=True, slots=True)
class ConsumerGroupDescribe:
    groups: GroupCoordinator

    async def __call__(
        self, request: ConsumerGroupDescribeRequest, context: RequestContext
    ) -> ConsumerGroupDescribeResponse:
        response = await self.groups.describe_consumer_groups(request, context)
        if request.include_authorized_operations:
            for group in response.groups:
                if group.error_code == ErrorCode.NONE:
                    group.authorized_operations = ALL_GROUP_OPERATIONS
        return response
