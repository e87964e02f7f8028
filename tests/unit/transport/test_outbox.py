"""Order is kept between heads, file slices and the transport's own buffer, however full the socket is."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from barnabas.transport.outbox import Outbox


class SlowTransport:
    """Takes what it is given, and hands it to the socket when told."""

    def __init__(self, sending: socket.socket) -> None:
        self._sending = sending
        self._held = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._held += data

    def get_write_buffer_size(self) -> int:
        return len(self._held)

    def drain(self) -> None:
        while self._held:
            try:
                del self._held[: self._sending.send(self._held)]
            except BlockingIOError:
                return


class Slice:
    """A part of a file."""

    def __init__(self, descriptor: int, position: int, size: int) -> None:
        self.file_descriptor = descriptor
        self.position = position
        self._size = size

    def __len__(self) -> int:
        return self._size

    def read_at(self, start: int, size: int) -> bytes:
        os.lseek(self.file_descriptor, self.position + start, os.SEEK_SET)
        return os.read(self.file_descriptor, size)


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    sending, receiving = socket.socketpair()
    sending.setblocking(False)
    receiving.setblocking(False)
    with sending, receiving:
        yield sending, receiving


def received(receiving: socket.socket) -> bytes:
    data = b""
    while True:
        try:
            data += receiving.recv(1 << 20)
        except BlockingIOError:
            return data


@pytest.mark.parametrize("by_sendfile", [True, False])
def test_parts_arrive_in_order(tmp_path: Path, sockets: tuple[socket.socket, socket.socket], by_sendfile: bool) -> None:
    sending, receiving = sockets
    content = os.urandom(3_000_000)
    path = tmp_path / "log"
    path.write_bytes(content)
    transport = SlowTransport(sending)
    outbox = Outbox(transport, sending if by_sendfile and sys.platform != "win32" else None)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        outbox.send([b"small"])
        outbox.send([b"head", Slice(descriptor, 10, 2_500_000), b"tail", Slice(descriptor, 5, 7)])
        outbox.send([b"after"])
        data = b""
        for _ in range(10_000):
            transport.drain()
            data += received(receiving)
            outbox.flush()
            if outbox.is_empty and not transport.get_write_buffer_size():
                break
        data += received(receiving)
    finally:
        outbox.close()
        os.close(descriptor)
    assert data == b"smallhead" + content[10:2_500_010] + b"tail" + content[5:12] + b"after"


def test_a_paused_outbox_holds_its_parts(sockets: tuple[socket.socket, socket.socket]) -> None:
    sending, _ = sockets
    transport = SlowTransport(sending)
    outbox = Outbox(transport, None)
    outbox.paused = True
    outbox.send([b"later"])
    assert transport.get_write_buffer_size() == 0
    outbox.paused = False
    outbox.flush()
    assert transport.get_write_buffer_size() == len(b"later")


@pytest.mark.skipif(not hasattr(os, "sendfile"), reason="without sendfile all bytes go through the transport")
def test_what_is_held_leaves_together_and_past_the_transport(sockets: tuple[socket.socket, socket.socket]) -> None:
    sending, receiving = sockets
    transport = SlowTransport(sending)
    outbox = Outbox(transport, sending)
    outbox.is_held = True
    outbox.send([b"one", b"two"])
    outbox.send([b"three"])
    assert received(receiving) == b""
    outbox.is_held = False
    outbox.send([])
    assert transport.get_write_buffer_size() == 0
    assert received(receiving) == b"onetwothree"
    outbox.close()
    assert sending.fileno() >= 0, "the descriptor stays the transport's"


def test_a_file_that_ends_early_is_an_error(tmp_path: Path, sockets: tuple[socket.socket, socket.socket]) -> None:
    sending, _ = sockets
    path = tmp_path / "log"
    path.write_bytes(b"short")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with pytest.raises(EOFError):
            Outbox(SlowTransport(sending), None).send([b"head", Slice(descriptor, 0, 50), b""])
    finally:
        os.close(descriptor)
