"""What stands before a handler: it may measure, change, postpone or refuse; and costs nothing where it is not."""

import asyncio
from collections.abc import Callable
from typing import Any

from barnabas.broker.context import RequestContext
from barnabas.broker.dispatch import Dispatcher, InOrder, behind, serve
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages import HEARTBEAT
from barnabas.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from barnabas.protocol.wire import RequestHeader, request_header_bytes

Handler = Callable[[Any, RequestContext], Any]


def answer(request: HeartbeatRequest, context: RequestContext) -> HeartbeatResponse:
    return HeartbeatResponse()


ROUTE = serve(HEARTBEAT, answer)


def context(header: RequestHeader) -> RequestContext:
    return RequestContext(header.api_version, header.client_id, "/127.0.0.1", 1)


def call(*stages: Callable[[Handler, Any, RequestContext], Any]) -> Any:
    header = request_header_bytes(HEARTBEAT, 4, 7, "a client")
    body = HEARTBEAT.request_codec(4).encode(HeartbeatRequest(group_id="g", generation_id=1, member_id="m"))
    return Dispatcher([behind(stages, ROUTE)]).call(memoryview(header + body), context)[1]


def test_without_stages_the_handler_itself_is_called() -> None:
    assert behind((), ROUTE) is ROUTE
    assert call() == HeartbeatResponse()


def test_a_stage_sees_who_asks_and_sets_the_throttle_time() -> None:
    def throttle(handler: Handler, request: HeartbeatRequest, context: RequestContext) -> Any:
        response = handler(request, context)
        response.throttle_time_ms = len(context.client_id or "")
        return response

    assert call(throttle).throttle_time_ms == 8


def test_the_first_stage_is_the_outermost_and_a_refusal_calls_nobody() -> None:
    called = []

    def first(handler: Handler, request: Any, context: RequestContext) -> Any:
        called.append("first")
        return handler(request, context)

    def refuse(handler: Handler, request: Any, context: RequestContext) -> Any:
        called.append("refuse")
        raise KafkaError(ErrorCode.THROTTLING_QUOTA_EXCEEDED)

    assert call(first, refuse, first).error_code == ErrorCode.THROTTLING_QUOTA_EXCEEDED
    assert called == ["first", "refuse"]


def test_a_stage_may_postpone_the_handler_and_hold_the_connection() -> None:
    def later(handler: Handler, request: Any, context: RequestContext) -> InOrder:
        async def work() -> Any:
            await asyncio.sleep(0)
            return handler(request, context)

        return InOrder(work())

    result = call(later)
    assert isinstance(result, InOrder)
    assert asyncio.run(result.work) == HeartbeatResponse()
