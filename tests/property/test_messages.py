"""Whatever can be said comes back the same; whatever else arrives is refused, and nothing worse happens."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from barnabas.protocol.wire import MalformedMessage
from property.messages import CASES, Case, messages_of

every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
quick = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@every_case
def test_round_trip_prefixes_and_damage(case: Case) -> None:
    damage = random.Random(case.name)

    @quick
    @given(messages_of(case))
    def check(message: Any) -> None:
        encoded = case.codec.encode(message)
        assert case.codec.decode(encoded) == message
        assert case.codec.decode(memoryview(bytearray(b"before" + encoded)), 6) == message
        for size in range(len(encoded)):
            with pytest.raises(MalformedMessage):
                case.codec.decode(encoded[:size])
        with pytest.raises(MalformedMessage, match="left over"):
            case.codec.decode(encoded + b"\0")
        for _ in range(10):
            decodes_or_is_refused(case, mutated(encoded, damage))

    check()


def mutated(encoded: bytes, damage: random.Random) -> bytes:
    """The message with a few bytes overwritten, preferably by those that make lengths and counts huge."""
    changed = bytearray(encoded)
    for _ in range(damage.randint(1, 3)):
        if changed:
            position = damage.randrange(len(changed))
            length = damage.choice((1, 1, 2, 4))
            replacement = damage.choice((b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80" * 4, damage.randbytes(4)))
            changed[position : position + length] = replacement[:length]
    return bytes(changed)


def decodes_or_is_refused(case: Case, encoded: bytes) -> None:
    try:
        message = case.codec.decode(encoded)
    except MalformedMessage:
        return
    # What was understood can be said again, though perhaps more briefly.
    again = case.codec.encode(message)
    assert case.codec.decode(again) == message


@every_case
def test_noise(case: Case) -> None:
    @quick
    @given(st.binary(max_size=60))
    def check(noise: bytes) -> None:
        decodes_or_is_refused(case, noise)

    check()
