"""What is true of one connection: its requests in flight, and the order of its responses.

Requests overlap, responses do not: each request takes a slot on arrival, and slots leave in order when they are
filled (protocol guide, "Network": the broker answers in the order of the requests). A request that must not be
overtaken (`InOrder`) holds the ones behind it in the connection's buffer until its work is done.
"""

import asyncio
import inspect
import itertools
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from barnabas.broker.context import RequestContext
from barnabas.broker.dispatch import CloseConnection, Dispatcher, InOrder, Parts
from barnabas.protocol.wire import RequestHeader
from barnabas.transport import Connection

log = logging.getLogger(__name__)

_connection_ids = itertools.count(1)


class _Slot:
    """The place of one response in the order; `parts` is empty for a request that gets no answer."""

    __slots__ = ("parts",)

    def __init__(self) -> None:
        self.parts: Parts | None = None


class Session:
    """The server's side of one connection; owns the tasks of its requests."""

    def __init__(
        self,
        connection: Connection,
        dispatcher: Dispatcher,
        *,
        listener_name: str,
        max_pending_requests: int,
        on_closed: "Callable[[Session], None]",
    ) -> None:
        self._connection = connection
        self._dispatcher = dispatcher
        self._listener_name = listener_name
        self._max_pending = max_pending_requests
        self._on_closed = on_closed
        self._slots: deque[_Slot] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_held = False
        self._is_stopping = False
        self._contexts: dict[tuple[int, str | None], RequestContext] = {}
        self._connection_id = next(_connection_ids)
        self._client_host = f"/{connection.peer_host}"

    def frame_received(self, frame: memoryview) -> bool:
        """Handle one request; False while too many are in flight, or while the next one has to wait."""
        try:
            header, result = self._dispatcher.call(frame, self._context)
            if inspect.iscoroutine(result):
                self._begin(header, result)
            elif isinstance(result, InOrder):
                self._is_held = True
                self._begin(header, result.work)
            elif result is not None:
                parts = self._dispatcher.encode(header, result)
                if self._slots:
                    self._slots.append(slot := _Slot())
                    slot.parts = parts
                else:
                    self._connection.send(parts)
        except CloseConnection as reason:
            self._close(str(reason))
        return self._takes_requests

    @property
    def _takes_requests(self) -> bool:
        return not self._is_held and len(self._slots) < self._max_pending

    def connection_closed(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._slots.clear()
        self._on_closed(self)

    def stop_reading(self) -> None:
        self._is_stopping = True
        self._connection.stop_reading()

    async def finish(self) -> None:
        """Answer what is in flight, then close."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))
        await self._connection.finish()

    def _begin(self, header: RequestHeader, waiting: Coroutine[Any, Any, Any]) -> None:
        self._slots.append(slot := _Slot())
        work = self._finish_in_order(slot, header, waiting) if self._is_held else self._finish(slot, header, waiting)
        self._tasks.add(asyncio.get_running_loop().create_task(work))

    async def _finish_in_order(self, slot: _Slot, header: RequestHeader, work: Coroutine[Any, Any, Any]) -> None:
        async def rest() -> Any:
            try:
                result = await work
            finally:
                self._is_held = False
                self._resume()
            return await result if inspect.iscoroutine(result) else result

        await self._finish(slot, header, rest())

    async def _finish(self, slot: _Slot, header: RequestHeader, waiting: Coroutine[Any, Any, Any]) -> None:
        try:
            response = await self._dispatcher.finish(header, waiting)
            slot.parts = [] if response is None else self._dispatcher.encode(header, response)
            self._send_ready()
        except CloseConnection as reason:
            self._close(str(reason))
        finally:
            task = asyncio.current_task()
            if task is not None:
                self._tasks.discard(task)

    def _send_ready(self) -> None:
        slots = self._slots
        was_full = len(slots) >= self._max_pending
        while slots and slots[0].parts is not None:
            parts = slots.popleft().parts
            if parts:
                self._connection.send(parts)
        if was_full:
            self._resume()

    def _resume(self) -> None:
        if self._takes_requests and not self._is_stopping:
            self._connection.resume()

    def _close(self, reason: str) -> None:
        log.info("Closing the connection from %s: %s", self._client_host, reason)
        self._connection.close()

    def _context(self, header: RequestHeader) -> RequestContext:
        key = (header.api_version, header.client_id)
        context = self._contexts.get(key)
        if context is None:
            if len(self._contexts) > 64:  # a client that changes its name with every request must not fill memory
                self._contexts.clear()
            context = self._contexts[key] = RequestContext(
                header.api_version, header.client_id, self._client_host, self._connection_id, self._listener_name
            )
        return context
