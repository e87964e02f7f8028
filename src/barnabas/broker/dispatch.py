"""From the bytes of a request to a handler, and from its response to bytes.

A handler is called at once, while the frame's bytes are lent. It returns the response, or a coroutine when it has to
wait for something; a produce or fetch that need not wait never becomes a task. None sends nothing (acks=0). `InOrder`
keeps the connection's later requests waiting, where they must not overtake this one.
"""

import functools
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from barnabas.broker.context import RequestContext
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages import API_VERSIONS
from barnabas.protocol.wire import (
    Api,
    MalformedMessage,
    RequestHeader,
    read_request_header,
    response_header_bytes,
)
from barnabas.transport import OutgoingPart

log = logging.getLogger(__name__)

Q = TypeVar("Q")
R = TypeVar("R")

Parts = list[OutgoingPart]


class CloseConnection(Exception):
    """Nothing can be answered any more; the text is the reason."""


@dataclass(frozen=True, slots=True)
class InOrder:
    """What has to be done before the connection's next request is looked at.

    `work` returns what a handler returns: a response, None, or a coroutine, which later requests may overtake.
    """

    work: Coroutine[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """An API and who answers it."""

    api: Api[Any, Any]
    handler: Callable[[Any, RequestContext], Any]


Stage = Callable[[Callable[[Any, RequestContext], Any], Any, RequestContext], Any]
"""What stands before a handler: called with the handler, the request and its context, it returns what a handler
returns. It may call the handler now, later (in a coroutine, or in order) or not at all, and change its answer."""


def behind(stages: Sequence[Stage], route: Route) -> Route:
    """The route with stages before its handler, the first one outermost; without any it is the route itself."""
    handler = route.handler
    for stage in reversed(stages):
        handler = functools.partial(stage, handler)
    return Route(route.api, handler) if stages else route


def serve(
    api: Api[Q, R],
    handler: Callable[[Q, RequestContext], R | Coroutine[Any, Any, R | None] | InOrder | None],
) -> Route:
    """Pair an API with its handler; the type checker refuses a handler of another API."""
    return Route(api, handler)


class Dispatcher:
    """The table of routes, and the way through it."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = {route.api.key: route for route in routes}
        self._entries: dict[tuple[int, int], tuple[Callable[..., Any], Callable[..., Any]]] = {}
        self._encoders: dict[tuple[int, int], Callable[[Any], list[Any]]] = {}

    def call(
        self, frame: memoryview, context_for: Callable[[RequestHeader], RequestContext]
    ) -> "tuple[RequestHeader, Any]":
        """Decode one request and call its handler; returns the header and what the handler returned.

        Raises CloseConnection for what cannot be answered: bytes that are no request, an unknown API, or a version
        that was never advertised (except for ApiVersions, which answers those with UNSUPPORTED_VERSION, KIP-511).
        """
        try:
            header, body_offset = read_request_header(frame)
        except MalformedMessage as error:
            raise CloseConnection(str(error)) from None
        entry = self._entries.get((header.api_key, header.api_version))
        if entry is None:
            route = self._route(header)
            if route is None:
                return self._unsupported_api_versions(header, context_for(header))
            entry = (route.api.request_codec(header.api_version).decode_prefix, route.handler)
            self._entries[header.api_key, header.api_version] = entry
        decode, handler = entry
        try:
            # Kafka ignores bytes after a request, and librdkafka counts on it: its Metadata request for all topics
            # writes a null array of one byte as four (seen in 2.16, version 13).
            request, _end = decode(frame, body_offset)
        except MalformedMessage as error:
            raise CloseConnection(str(error)) from None
        context = context_for(header)
        try:
            return header, handler(request, context)
        except CloseConnection:
            raise
        except Exception as error:  # the edge: whatever a handler missed ends here, once
            return header, self.failed(header, error)

    async def finish(self, header: RequestHeader, waiting: Awaitable[Any]) -> Any:
        """Wait for a handler that had to; what it raises becomes the error response."""
        try:
            return await waiting
        except CloseConnection:
            raise
        except Exception as error:  # as above
            return self.failed(header, error)

    def failed(self, header: RequestHeader, error: Exception) -> Any:
        """The response to a request whose handler raised; raises CloseConnection where the API has no place for it."""
        route = self._routes[header.api_key]
        if isinstance(error, KafkaError):
            code, message = error.code, error.message
        else:
            log.error("%s v%d failed", route.api.name, header.api_version, exc_info=error)
            code, message = ErrorCode.UNKNOWN_SERVER_ERROR, ""
        response = route.api.response()
        if not hasattr(response, "error_code"):
            raise CloseConnection(f"{route.api.name} failed: {code.name}") from error
        response.error_code = code
        if message and hasattr(response, "error_message"):
            response.error_message = message
        return response

    def encode(self, header: RequestHeader, response: Any) -> Parts:
        """A response frame: the first part begins with length and header, slices of the log stay slices.

        Raises CloseConnection when a handler left a response that this version has no form for.
        """
        key, version = header.api_key, header.api_version
        encode = self._encoders.get((key, version))
        api = self._routes[key].api
        if encode is None:
            # ApiVersions in a version from the future is answered in version 0.
            encoded_version = version if version in api.versions else 0
            encode = self._encoders[key, version] = api.response_codec(encoded_version).encode_parts
        try:
            parts = cast("Parts", encode(response))
        except Exception:  # our own fault; without an answer the client must not wait for one
            log.exception("%s v%d: the response has no form in this version", api.name, version)
            raise CloseConnection(f"{api.name} failed") from None
        head = response_header_bytes(api, version, header.correlation_id)
        size = len(head) + sum(map(len, parts))
        parts[0] = size.to_bytes(4, "big") + head + cast(bytes, parts[0])
        return parts

    def _route(self, header: RequestHeader) -> Route | None:
        """The route of a request; None for ApiVersions in a version that is not served."""
        route = self._routes.get(header.api_key)
        if route is None:
            raise CloseConnection(f"unknown API key {header.api_key}")
        if header.api_version in route.api.versions:
            return route
        if header.api_key == API_VERSIONS.key:
            return None
        raise CloseConnection(f"{route.api.name} version {header.api_version} is not supported")

    def _unsupported_api_versions(self, header: RequestHeader, context: RequestContext) -> tuple[RequestHeader, Any]:
        response = self._routes[API_VERSIONS.key].handler(API_VERSIONS.request(), context)
        response.error_code = ErrorCode.UNSUPPORTED_VERSION
        return header, response


def advertised(routes: Sequence[Route]) -> list[tuple[int, int, int]]:
    """(key, lowest, highest version) of everything served, for ApiVersions."""
    return sorted((route.api.key, route.api.advertised.first, route.api.advertised.last) for route in routes)
