"""The send side of a connection: heads of responses, and slices of log files between them.

A slice goes from the page cache to the socket by `sendfile` while nothing else waits in the transport's buffer. When
the socket is full, one chunk is read and given to the transport; its `resume_writing` then says that the socket has
room again. So a slow reader holds one chunk of memory, whatever the size of what it asked for.
"""

import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, runtime_checkable

_CHUNK_BYTES: Final = 128 * 1024
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

    __slots__ = ("_parts", "_progress", "_sendfile_to", "_transport", "paused")

    def __init__(self, transport: WriteTransport, sendfile_to: socket.socket | None) -> None:
        """`sendfile_to` is the plain socket below the transport; None for TLS and where there is no sendfile."""
        self._transport = transport
        self._sendfile_to = sendfile_to if _sendfile is not None else None
        self._parts: deque[OutgoingPart] = deque()
        self._progress = 0
        self.paused = False

    @property
    def is_empty(self) -> bool:
        return not self._parts

    def send(self, parts: Sequence[OutgoingPart]) -> None:
        """Send the parts after everything sent before."""
        if not self._parts and not self.paused and len(parts) == 1 and isinstance(parts[0], bytes):
            self._transport.write(parts[0])
            return
        self._parts.extend(parts)
        self.flush()

    def flush(self) -> None:
        """Move parts to the socket until it is full or nothing is left."""
        parts = self._parts
        while parts and not self.paused:
            part = parts[0]
            if isinstance(part, bytes | bytearray | memoryview):
                parts.popleft()
                self._send_bytes(part, more_follows=bool(parts))
            elif self._send_from_file(part):
                parts.popleft()
                self._progress = 0

    def close(self) -> None:
        self._parts.clear()

    def _send_bytes(self, data: bytes | bytearray | memoryview, *, more_follows: bool) -> None:
        # Straight to the socket when a slice comes next: the transport would keep the head in its buffer until the
        # end of the loop's turn, and then sendfile could not follow it.
        if more_follows and self._sendfile_to is not None and self._transport.get_write_buffer_size() == 0:
            try:
                sent = os.write(self._sendfile_to.fileno(), data)
            except BlockingIOError:
                sent = 0
            except OSError:
                # A broken connection: the transport meets the same error and closes in its own way.
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
            and self._sendfile_to is not None
            and part.file_descriptor >= 0
            and self._transport.get_write_buffer_size() == 0
        ):
            try:
                descriptor = self._sendfile_to.fileno()
                self._progress += _sendfile(
                    descriptor, part.file_descriptor, part.position + self._progress, size - self._progress
                )
            except OSError:
                # Full (EAGAIN), broken, or a file system without sendfile: the transport takes the next chunk.
                pass
        if self._progress < size:
            chunk = part.read_at(self._progress, min(_CHUNK_BYTES, size - self._progress))
            if not chunk:
                raise EOFError(f"log file ends {size - self._progress} bytes before its slice")
            self._progress += len(chunk)
            self._transport.write(chunk)
        return self._progress >= size
