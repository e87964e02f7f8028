"""The send side of a connection: heads of responses, and slices of log files between them.

While nothing waits in the transport's buffer, bytes go straight to the socket, several small answers in one call, and a
slice goes from the page cache to it by `sendfile`. When the socket is full, a few bytes of the slice are given to the
transport; its `resume_writing` then says that the socket has room again. So a slow reader holds a page of memory,
whatever the size of what it asked for.
"""

import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, runtime_checkable

_CHUNK_BYTES: Final = 128 * 1024
_PLUG_BYTES: Final = 4096
"""What waits in the transport while a socket is full, where `sendfile` takes the rest."""
# "More comes": the kernel then puts a head and the slice behind it into one packet, and the reader wakes up once.
_MORE_FOLLOWS: Final = getattr(socket, "MSG_MORE", 0)
_sendfile: Callable[[int, int, int, int], int] | None = getattr(os, "sendfile", None)


@runtime_checkable
class FileSlice(Protocol):
    """Bytes of an open file; the file stays open while the slice is referenced."""

    @property
    def file_descriptor(self) -> int:
        """-1 where the file has none to send from."""

    @property
    def position(self) -> int: ...

    def __len__(self) -> int: ...

    def read_at(self, start: int, size: int) -> bytes:
        """Up to `size` bytes from `start` (relative to the slice)."""


OutgoingPart = bytes | bytearray | memoryview | FileSlice


class WriteTransport(Protocol):
    """What the outbox needs of an asyncio transport."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def get_write_buffer_size(self) -> int: ...


class Outbox:
    """An ordered queue of parts; `flush` moves as much of it as the socket takes."""

    __slots__ = ("_descriptor", "_parts", "_progress", "_socket", "_transport", "is_held", "paused")

    def __init__(self, transport: WriteTransport, sendfile_to: socket.socket | None) -> None:
        """`sendfile_to` is the plain socket below the transport; None for TLS and where there is no sendfile."""
        self._transport = transport
        self._socket: socket.socket | None = None
        self._descriptor = -1
        if sendfile_to is not None and _sendfile is not None:
            self._descriptor = sendfile_to.fileno()
            # An object of our own over the transport's descriptor, which the transport goes on owning: that of uvloop
            # can't send.
            self._socket = socket.socket(sendfile_to.family, sendfile_to.type, sendfile_to.proto, self._descriptor)
        self._parts: deque[OutgoingPart] = deque()
        self._progress = 0
        self.is_held = False
        """Collect what is sent: answers to requests that came together leave together."""
        self.paused = False

    @property
    def is_empty(self) -> bool:
        return not self._parts

    def send(self, parts: Sequence[OutgoingPart]) -> None:
        """Send the parts after everything sent before."""
        self._parts.extend(parts)
        if not self.is_held:
            self.flush()

    def flush(self) -> None:
        """Move parts to the socket until it is full or nothing is left."""
        parts = self._parts
        while parts and not self.paused:
            part = parts[0]
            if isinstance(part, bytes | bytearray | memoryview):
                parts.popleft()
                if parts and isinstance(parts[0], bytes | bytearray | memoryview):
                    part = self._joined(part)
                self._send_bytes(part, more_follows=bool(parts))
            elif self._send_from_file(part):
                parts.popleft()
                self._progress = 0

    @property
    def is_direct(self) -> bool:
        """Whether bytes go past the transport, so that it holds only what the socket did not take."""
        return self._socket is not None

    def close(self) -> None:
        """Drop what was not sent; to be called before the transport closes its descriptor."""
        self._parts.clear()
        if self._socket is not None:
            self._socket.detach()
            self._socket = None

    def _joined(self, first: bytes | bytearray | memoryview) -> bytes:
        """What stands before the next slice, as one piece."""
        parts = self._parts
        pieces = [first]
        while parts and isinstance(piece := parts[0], bytes | bytearray | memoryview):
            pieces.append(piece)
            parts.popleft()
        return b"".join(pieces)

    def _send_bytes(self, data: bytes | bytearray | memoryview, *, more_follows: bool) -> None:
        # Straight to the socket: the transport would keep the bytes until the end of the loop's turn, and a slice
        # could not follow them by sendfile.
        if self._socket is not None and self._transport.get_write_buffer_size() == 0:
            try:
                sent = self._socket.send(data, _MORE_FOLLOWS if more_follows else 0)
            except OSError:
                # Full (EAGAIN); or broken: then the transport meets the same error and closes in its own way.
                sent = 0
            if sent == len(data):
                return
            data = memoryview(data)[sent:]
        self._transport.write(data)

    def _send_from_file(self, part: FileSlice) -> bool:
        """Send from the slice; True when all of it is on its way."""
        size = len(part)
        if (
            _sendfile is not None
            and self._socket is not None
            and part.file_descriptor >= 0
            and self._transport.get_write_buffer_size() == 0
        ):
            # Full (EAGAIN), broken, or a file system without sendfile: the transport takes the next chunk.
            with contextlib.suppress(OSError):
                self._progress += _sendfile(
                    self._descriptor, part.file_descriptor, part.position + self._progress, size - self._progress
                )
        if self._progress < size:
            most = _CHUNK_BYTES if self._socket is None else _PLUG_BYTES
            chunk = part.read_at(self._progress, min(most, size - self._progress))
            if not chunk:
                raise EOFError(f"log file ends {size - self._progress} bytes before its slice")
            self._progress += len(chunk)
            self._transport.write(chunk)
        return self._progress >= size
