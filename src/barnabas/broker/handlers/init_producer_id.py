"""InitProducerId: a new identity for an idempotent producer (KIP-98).

Behaviour
    IDs come from blocks of a thousand that the controller hands out. A transactional ID needs the transaction
    coordinator, which this version does not have: COORDINATOR_NOT_AVAILABLE.
Versions
    v3  a producer may name its current ID and epoch, both or neither; without a transactional ID they do not matter
    v4  PRODUCER_FENCED may be answered; v5 TRANSACTION_ABORTABLE
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.init_producer_id import InitProducerIdRequest, InitProducerIdResponse


@dataclass(frozen=True, slots=True)
class InitProducerId:
    next_producer_id: Callable[[], Awaitable[int]]

    async def __call__(self, request: InitProducerIdRequest, context: RequestContext) -> InitProducerIdResponse:
        if request.transactional_id is not None:
            code = ErrorCode.INVALID_REQUEST if request.transactional_id == "" else ErrorCode.COORDINATOR_NOT_AVAILABLE
            return InitProducerIdResponse(error_code=code, producer_id=-1, producer_epoch=-1)
        if (request.producer_id == -1) != (request.producer_epoch == -1):
            return InitProducerIdResponse(error_code=ErrorCode.INVALID_REQUEST, producer_id=-1, producer_epoch=-1)
        return InitProducerIdResponse(producer_id=await self.next_producer_id(), producer_epoch=0)
