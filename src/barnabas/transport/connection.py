"""One client's connection: bytes to frames, parts to bytes, back-pressure both ways."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

from barnabas.transport.inbox import FrameTooLarge, Inbox
from barnabas.transport.outbox import Outbox, OutgoingPart, WriteTransport

log = logging.getLogger(__name__)

_ANSWERED_TOGETHER: Final = 16
"""Answers are collected for so many frames at most: then a client that takes none is noticed."""


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """What a connection may take."""

    max_frame_bytes: int = 104_857_600
    max_idle_ms: int = 600_000
    max_pending_requests: int = 100
    """Requests in flight on one connection before reading stops. Kafka handles one at a time; we overlap them."""


class FrameHandler(Protocol):
    """Who gets a connection's frames."""

    def frame_received(self, frame: memoryview) -> bool:
        """Take a frame, lent until this call returns; False stops reading until `Connection.resume`."""

    def connection_closed(self) -> None:
        """Nothing more can be received or sent."""


class Connection(asyncio.BufferedProtocol):
    """Socket to frames and back. Malformed input closes this connection and touches nothing else."""

    __slots__ = (
        "_closed",
        "_closing",
        "_finishing",
        "_handler",
        "_inbox",
        "_limits",
        "_make_handler",
        "_on_closed",
        "_outbox",
        "_reading",
        "_transport",
        "_wants_more",
        "last_active_ms",
        "monotonic_ms",
        "peer_host",
    )

    def __init__(
        self,
        make_handler: "Callable[[Connection], FrameHandler]",
        limits: TransportLimits,
        monotonic_ms: Callable[[], float],
        on_closed: "Callable[[Connection], None]",
    ) -> None:
        self._make_handler = make_handler
        self._limits = limits
        self._inbox = Inbox(limits.max_frame_bytes)
        self._on_closed = on_closed
        self._reading = True
        self._wants_more = True
        self._closing = False
        self._finishing = False
        self._closed = asyncio.Event()
        self.monotonic_ms = monotonic_ms
        self.last_active_ms = monotonic_ms()
        self.peer_host = ""

    # -- asyncio's side -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.peer_host = str(peer[0]) if peer else ""
        plain = transport.get_extra_info("socket") if transport.get_extra_info("sslcontext") is None else None
        self._outbox = Outbox(cast(WriteTransport, transport), cast(socket.socket | None, plain))
        # Low mark 0: `resume_writing` means "the transport's buffer is empty", which is when sendfile may go on.
        self._transport.set_write_buffer_limits(high=0 if self._outbox.is_direct else 64 * 1024, low=0)
        self._handler = self._make_handler(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._inbox.free_space()

    def buffer_updated(self, nbytes: int) -> None:
        self.last_active_ms = self.monotonic_ms()
        self._inbox.received(nbytes)
        self._deliver()

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self._outbox.paused = True
        self._update_reading()

    def resume_writing(self) -> None:
        self._outbox.paused = False
        self.last_active_ms = self.monotonic_ms()
        self._flush()
        self._update_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._outbox.close()
        self._handler.connection_closed()
        self._on_closed(self)
        self._closed.set()

    # -- the session's side ---------------------------------------------------------------------------------------

    @property
    def is_closing(self) -> bool:
        return self._closing

    @property
    def bytes_held(self) -> int:
        """What was copied from the log or encoded, and waits in memory for the peer to take it."""
        return self._transport.get_write_buffer_size()

    def send(self, parts: Sequence[OutgoingPart]) -> None:
        """Send one response, in order; reading pauses while the peer does not take what it asked for."""
        if self._closing:
            return
        try:
            self._outbox.send(parts)
        except (EOFError, OSError):
            log.exception("A response could not be read from the log; closing its connection")
            self.close()

    def resume(self) -> None:
        """The handler takes frames again."""
        if not self._wants_more:
            self._wants_more = True
            self._update_reading()
            self._deliver()

    def stop_reading(self) -> None:
        """Take no further requests; what is in flight is still answered."""
        self._wants_more = False
        self._update_reading()

    def rest(self) -> None:
        """Nothing has happened here for a while: hold as little memory as a new connection."""
        self._inbox.give_back()

    def close(self) -> None:
        """Close now; what was not sent is dropped."""
        if not self._closing:
            self._closing = True
            self._outbox.close()
            self._transport.abort()

    async def finish(self) -> None:
        """Send what waits to be sent, then close."""
        self._finishing = True
        self._close_when_sent()
        await self._closed.wait()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        try:
            while self._deliver_some():
                pass
            self._update_reading()
        except FrameTooLarge as error:
            log.info("Closing the connection from %s: %s", self.peer_host, error)
            self.close()

    def _deliver_some(self) -> bool:
        """Hand over a few frames and send their answers together; False when there is no more to hand over."""
        self._outbox.is_held = True
        try:
            for _ in range(_ANSWERED_TOGETHER):
                if not self._wants_more or self._closing or self._outbox.paused:
                    return False
                frame = self._inbox.next_frame()
                if frame is None:
                    return False
                if not self._handler.frame_received(frame):
                    self._wants_more = False
            return True
        finally:
            self._outbox.is_held = False
            self.send(())

    def _flush(self) -> None:
        self.send(())
        if self._finishing:
            self._close_when_sent()
        elif not self._outbox.paused:
            self._deliver()

    def _close_when_sent(self) -> None:
        if self._outbox.is_empty and not self._closing:
            self._transport.close()  # sends what is in its own buffer first

    def _update_reading(self) -> None:
        reading = self._wants_more and not self._outbox.paused
        if reading == self._reading or self._closing:
            return
        self._reading = reading
        if reading:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()
