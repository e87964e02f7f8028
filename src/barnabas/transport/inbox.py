"""The receive side of a connection: one growing buffer, frames parsed where they lie.

A frame is a big-endian int32 length and that many bytes (protocol guide, "Request Header"). The buffer grows with the
bytes that have really arrived, never with what a length field promises: a peer that claims 100 MB and sends nothing
costs nothing. Invariant: `_start <= _end <= len(_buffer)`; bytes between them are received and not yet consumed.
"""

from typing import Final

_INITIAL_BYTES: Final = 8 * 1024
_BUSY_BYTES: Final = 256 * 1024
"""A connection that sends large frames gets this much room at once, so that one read serves several frames."""
_KEEP_BYTES: Final = 2 * 1024 * 1024
"""An empty buffer larger than this is given back to the operating system."""


class FrameTooLarge(Exception):
    """The peer announced a frame of negative length, or longer than `socket.request.max.bytes`."""


class Inbox:
    """Received bytes of one connection, and the frames in them."""

    __slots__ = ("_buffer", "_end", "_max_frame_bytes", "_start", "_view")

    def __init__(self, max_frame_bytes: int) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._buffer = bytearray(_INITIAL_BYTES)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0

    def free_space(self) -> memoryview:
        """Where the next bytes go; never empty."""
        if self._end == len(self._buffer):
            self._make_room()
        return self._view[self._end :]

    def received(self, count: int) -> None:
        self._end += count

    def next_frame(self) -> memoryview | None:
        """The next complete frame without its length, or None until more bytes arrive.

        The view is lent: it is valid until `free_space` is called again. Raises FrameTooLarge.
        """
        start = self._start
        available = self._end - start
        if available < 4:
            if available == 0:
                self._reset()
            return None
        size = int.from_bytes(self._view[start : start + 4], "big", signed=True)
        if not 0 <= size <= self._max_frame_bytes:
            raise FrameTooLarge(f"frame of {size} bytes, at most {self._max_frame_bytes} are accepted")
        if available < size + 4:
            return None
        self._start = start + 4 + size
        return self._view[start + 4 : self._start]

    def give_back(self) -> None:
        """Return the room of an earlier, busier time, unless part of a frame is in it."""
        if self._start == self._end and len(self._buffer) > _INITIAL_BYTES:
            self._start = self._end = 0
            self._replace(bytearray(_INITIAL_BYTES))

    def _reset(self) -> None:
        self._start = self._end = 0
        if len(self._buffer) > _KEEP_BYTES:
            self._replace(bytearray(_INITIAL_BYTES))

    def _make_room(self) -> None:
        pending = self._end - self._start
        if pending * 2 <= len(self._buffer):
            # Moving half a buffer or less keeps the cost of moving below the cost of receiving.
            self._view[:pending] = self._view[self._start : self._end]
        else:
            # A new block, because a resize is refused while a frame is lent.
            grown = bytearray(max(_BUSY_BYTES, len(self._buffer) * 2))
            grown[:pending] = self._view[self._start : self._end]
            self._replace(grown)
        self._start, self._end = 0, pending

    def _replace(self, buffer: bytearray) -> None:
        self._buffer = buffer
        self._view = memoryview(buffer)
