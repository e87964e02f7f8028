"""Readers that ask and do not take: they cost a page of memory each, and get everything in the end."""

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from barnabas.foundation.clock import SystemClock
from barnabas.transport import Connection, Listener
from barnabas.transport.connection import TransportLimits

SLICE_BYTES = 3_000_000
READERS = 20
ASKED_EACH = 5


class Slice:
    """A part of a file that remembers how much of it went through memory."""

    copied_bytes = 0

    def __init__(self, descriptor: int) -> None:
        self.file_descriptor = descriptor
        self.position = 0

    def __len__(self) -> int:
        return SLICE_BYTES

    def read_at(self, start: int, size: int) -> bytes:
        Slice.copied_bytes += size
        return os.pread(self.file_descriptor, size, start)


class Library:
    """Answers every frame with the same slice."""

    def __init__(self, connection: Connection, descriptor: int) -> None:
        self.connection = connection
        self._descriptor = descriptor

    def frame_received(self, frame: memoryview) -> bool:
        self.connection.send([b"head", Slice(self._descriptor)])
        return True

    def connection_closed(self) -> None:
        pass


def loops() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    try:
        import uvloop
    except ImportError:
        return [asyncio.new_event_loop]
    return [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.skipif(not hasattr(os, "sendfile"), reason="without sendfile a slow reader holds a chunk")
@pytest.mark.parametrize("new_loop", loops())
def test_slow_readers_hold_next_to_nothing(tmp_path: Path, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    path = tmp_path / "log"
    path.write_bytes(os.urandom(1000) * (SLICE_BYTES // 1000))
    descriptor = os.open(path, os.O_RDONLY)

    async def scenario() -> None:
        listener = Listener(TransportLimits(), SystemClock())
        port = listener.bind("127.0.0.1", 0)
        connections: list[Connection] = []

        def open_library(connection: Connection) -> Library:
            connections.append(connection)
            return Library(connection, descriptor)

        await listener.start(open_library)
        readers = []
        for _ in range(READERS):
            reader = socket.create_connection(("127.0.0.1", port))
            reader.setblocking(False)
            reader.sendall(b"\0\0\0\1x" * ASKED_EACH)
            readers.append(reader)
        # Nobody tells when the kernel's buffers are full.
        while len(connections) < READERS or not all(c.bytes_held for c in connections):  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert max(connection.bytes_held for connection in connections) <= 4096
        loop = asyncio.get_running_loop()
        for reader in readers:
            left = ASKED_EACH * (SLICE_BYTES + 4)
            while left:
                left -= len(await loop.sock_recv(reader, 1 << 20))
            reader.close()
        await listener.close()

    Slice.copied_bytes = 0
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(scenario())
    finally:
        os.close(descriptor)
    assert Slice.copied_bytes < READERS * ASKED_EACH * SLICE_BYTES * 0.2, "most goes by sendfile"
