"""Frames are found however the bytes arrive, and a promise of bytes costs no memory."""

import random

import pytest

from barnabas.transport.inbox import FrameTooLarge, Inbox


def receive(inbox: Inbox, data: bytes) -> None:
    while data:
        space = inbox.free_space()
        count = min(len(space), len(data))
        space[:count] = data[:count]
        inbox.received(count)
        data = data[count:]


def frames_in(inbox: Inbox) -> list[bytes]:
    frames = []
    while (frame := inbox.next_frame()) is not None:
        frames.append(bytes(frame))
    return frames


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize("seed", range(20))
def test_frames_survive_any_split(seed: int) -> None:
    chance = random.Random(seed)
    bodies = [chance.randbytes(chance.choice((0, 1, 3, 100, 8_189, 70_000, 300_000))) for _ in range(20)]
    stream = b"".join(map(framed, bodies))
    inbox = Inbox(max_frame_bytes=1_000_000)
    found = []
    while stream:
        count = chance.choice((1, 2, 5, 1000, 65_536))
        receive(inbox, stream[:count])
        stream = stream[count:]
        found += frames_in(inbox)
    assert found == bodies


@pytest.mark.parametrize("size", [-1, -(2**31), 1001, 2**31 - 1])
def test_refuses_a_length_it_will_not_take(size: int) -> None:
    inbox = Inbox(max_frame_bytes=1000)
    receive(inbox, size.to_bytes(4, "big", signed=True))
    with pytest.raises(FrameTooLarge):
        inbox.next_frame()


def test_a_promise_of_bytes_costs_nothing() -> None:
    inbox = Inbox(max_frame_bytes=2**31 - 1)
    receive(inbox, (100_000_000).to_bytes(4, "big") + bytes(100))
    assert inbox.next_frame() is None
    assert len(inbox.free_space()) < 10_000


def test_gives_a_large_buffer_back() -> None:
    inbox = Inbox(max_frame_bytes=100_000_000)
    receive(inbox, framed(bytes(5_000_000)))
    assert frames_in(inbox) == [bytes(5_000_000)]
    assert len(inbox.free_space()) < 10_000


def test_a_resting_connection_gives_its_room_back_but_never_part_of_a_frame() -> None:
    inbox = Inbox(1_000_000)
    modest = len(inbox.free_space())
    receive(inbox, (100_000).to_bytes(4, "big") + bytes(99_999))
    inbox.give_back()
    receive(inbox, b"x")
    frame = inbox.next_frame()
    assert frame is not None
    assert (len(frame), bytes(frame[-1:])) == (100_000, b"x")
    inbox.give_back()
    assert len(inbox.free_space()) == modest
