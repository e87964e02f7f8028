"""A listening address, its connections, and the sweep that closes idle ones."""

import asyncio
import errno
import socket
import sys
from collections.abc import Callable
from typing import Final

from barnabas.foundation.clock import Clock
from barnabas.transport.connection import Connection, FrameHandler, TransportLimits

REST_AFTER_MS: Final = 30_000
"""A connection that was silent for so long gives back the memory of its busier time."""


class AddressInUse(Exception):
    """The address cannot be listened on; the text names it and the reason."""


class Listener:
    """Accepts connections on one address until closed."""

    def __init__(self, limits: TransportLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._connections: set[Connection] = set()
        self._sockets: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def connections(self) -> frozenset[Connection]:
        return frozenset(self._connections)

    def bind(self, host: str, port: int) -> int:
        """Claim the address and return its port (which the system chooses for 0). Raises AddressInUse.

        Binding comes before recovery, so that a port in use is reported at once; nothing is accepted yet.
        """
        try:
            infos = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except socket.gaierror as error:
            raise AddressInUse(f"cannot listen on {host}:{port}: {error.strerror}") from None
        for family, kind, protocol, _, address in infos:
            try:
                listening = socket.socket(family, kind, protocol)
            except OSError as error:  # an address family that this machine does not have
                if error.errno == errno.EAFNOSUPPORT:
                    continue
                raise
            self._sockets.append(listening)
            if sys.platform != "win32":
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                listening.bind((address[0], port, *address[2:]))
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL and len(infos) > 1:
                    self._sockets.pop().close()  # `localhost` may name ::1 where IPv6 is switched off
                    continue
                self._close_sockets()
                raise AddressInUse(f"cannot listen on {host}:{port}: {error.strerror}") from None
            port = port or int(listening.getsockname()[1])
        if not self._sockets:
            raise AddressInUse(f"cannot listen on {host}:{port}: no address of this machine")
        return port

    async def start(self, make_handler: Callable[[Connection], FrameHandler]) -> None:
        """Begin to accept; each connection gets a handler of its own."""
        loop = asyncio.get_running_loop()

        def new_connection() -> Connection:
            connection = Connection(make_handler, self._limits, self._clock.monotonic_ms, self._connections.discard)
            self._connections.add(connection)
            return connection

        for listening in self._sockets:
            self._servers.append(await loop.create_server(new_connection, sock=listening, backlog=512))
        self._sweeper = asyncio.create_task(self._close_idle(), name="idle connections")

    async def stop_accepting(self) -> None:
        """Let no new client in; open connections live on."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        for server in self._servers:
            server.close()
        self._close_sockets()

    def close_connections(self) -> None:
        for connection in tuple(self._connections):
            connection.close()

    async def close(self) -> None:
        await self.stop_accepting()
        self.close_connections()

    def _close_sockets(self) -> None:
        for listening in self._sockets:
            listening.close()
        self._sockets.clear()

    async def _close_idle(self) -> None:
        limit_ms = self._limits.max_idle_ms
        every_ms = REST_AFTER_MS if limit_ms < 0 else min(limit_ms / 4, REST_AFTER_MS)
        while True:
            await asyncio.sleep(every_ms / 1000)
            self.close_idle(self._clock.monotonic_ms())

    def close_idle(self, now_ms: float) -> None:
        """Close what has neither sent nor taken a byte for `connections.max.idle.ms`, and shrink what rests."""
        limit_ms = self._limits.max_idle_ms
        for connection in tuple(self._connections):
            idle_ms = now_ms - connection.last_active_ms
            if 0 <= limit_ms < idle_ms:
                connection.close()
            elif idle_ms > REST_AFTER_MS:
                connection.rest()
