"""A struct that may be null: untagged it is announced by a byte -1 or 1, as a tagged field by 0 or 1 (KIP-893)."""

import pytest

from barnabas.protocol.wire import Int8, codec, field, struct


@struct
class Inner:
    number: Int8 = 0


@struct
class Outer:
    plain: Inner | None = field(default_factory=Inner)
    tagged: Inner | None = field(default_factory=Inner, tag=0)


@pytest.mark.parametrize(
    ("message", "encoded"),
    [
        (Outer(plain=None, tagged=None), "ff 01 00 01 00"),
        (Outer(plain=Inner(number=7), tagged=Inner(number=9)), "01 07 00 01 00 03 01 09 00"),
        (Outer(plain=None), "ff 00"),
    ],
)
def test_how_null_is_told(message: Outer, encoded: str) -> None:
    its_codec = codec(Outer, 0, True)
    assert its_codec.encode(message) == bytes.fromhex(encoded)
    assert its_codec.decode(bytes.fromhex(encoded)) == message
