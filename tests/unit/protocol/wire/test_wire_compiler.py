"""What the compiler makes of small declarations, byte by byte as the protocol guide says."""

import linecache
import struct as packing
import traceback
import uuid

import pytest

from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import (
    Codec,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    MalformedMessage,
    Records,
    UInt16,
    UInt32,
    codec,
    field,
    struct,
)

ID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
HUGE = b"\x7f\xff\xff\xff"
HUGE_COMPACT = b"\xff\xff\xff\xff\x0f"


@struct
class Numbers:
    tiny: Int8 = 0
    small: Int16 = 0
    normal: Int32 = 0
    big: Int64 = 0
    port: UInt16 = 0
    count: UInt32 = 0
    share: Float64 = 0.0
    flag: bool = False
    topic_id: uuid.UUID = ZERO_UUID


@struct
class Point:
    x: Int8
    y: Int8 = 0


@struct
class Origin:
    x: Int8 = 0


@struct
class Variable:
    name: str = ""
    alias: str | None = None
    data: bytes = b""
    extra: bytes | None = None
    numbers: list[Int32] = field(default_factory=list)
    names: list[str] | None = None
    ids: list[uuid.UUID] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    corner: Point | None = None


@struct
class Evolved:
    always: Int8 = 0
    until_one: Int8 = field(default=7, versions="0-1")
    since_two: str | None = field(default="", versions="2+", nullable="3+", ignorable=True)
    tagged: Int16 = field(default=-1, versions="2+", tag=0)
    points: list[Point] = field(default_factory=list, versions="2+", tag=1)
    nearest: Origin | None = field(default=None, versions="2+", tag=3, nullable="none")


@struct
class Lent:
    name: str
    note: bytes = b""
    records: Records | None = None
    after: Int8 = 0


plain: Codec[Variable] = codec(Variable, 0, flexible=False)
compact: Codec[Variable] = codec(Variable, 0, flexible=True)
evolved = {version: codec(Evolved, version, flexible=version >= 2) for version in range(4)}


def test_fixed_values() -> None:
    numbers = Numbers(tiny=-2, small=-3, normal=-4, big=-5, port=65535, count=2**32 - 1, share=0.5, flag=True)
    numbers.topic_id = ID
    expected = packing.pack(">bhiqHId?", -2, -3, -4, -5, 65535, 2**32 - 1, 0.5, True) + ID.bytes
    for flexible, tags in ((False, b""), (True, b"\0")):
        assert codec(Numbers, 0, flexible).encode(numbers) == expected + tags
        decoded = codec(Numbers, 0, flexible).decode(expected + tags)
        assert decoded == numbers
        assert type(decoded.topic_id) is uuid.UUID
        assert hash(decoded.topic_id) == hash(ID)


def test_any_byte_but_zero_is_true() -> None:
    encoded = bytearray(codec(Numbers, 0, flexible=False).encode(Numbers()))
    encoded[-17] = 9
    assert codec(Numbers, 0, flexible=False).decode(encoded).flag is True


def test_enums_pass_as_numbers() -> None:
    assert codec(Point, 0, flexible=False).encode(Point(x=ErrorCode.FENCED_LEADER_EPOCH)) == b"\x4a\x00"


FULL = Variable(
    name="é", data=b"\x01", numbers=[1, -1], names=["a", ""], ids=[ID, ZERO_UUID], points=[Point(x=1, y=2)],
    corner=Point(x=3),
)  # fmt: skip


def test_plain_forms() -> None:
    assert plain.encode(Variable()) == bytes.fromhex(
        "0000 ffff 00000000 ffffffff 00000000 ffffffff 00000000 00000000 ff"
    )
    encoded = bytes.fromhex(
        "0002 c3a9  ffff  00000001 01  ffffffff  00000002 00000001 ffffffff  00000002 0001 61 0000"
        "00000002 00112233445566778899aabbccddeeff 00000000000000000000000000000000"
        "00000001 0102  01 0300"
    )
    assert plain.encode(FULL) == encoded
    assert plain.decode(encoded) == FULL


def test_compact_forms() -> None:
    assert compact.encode(Variable()) == bytes.fromhex("01 00 01 00 01 00 01 01 ff 00")
    encoded = bytes.fromhex(
        "03 c3a9  00  02 01  00  03 00000001 ffffffff  03 0261 01"
        "03 00112233445566778899aabbccddeeff 00000000000000000000000000000000"
        "02 0102 00  01 0300 00  00"
    )
    assert compact.encode(FULL) == encoded
    assert compact.decode(encoded) == FULL


@pytest.mark.parametrize("size", [0, 126, 127, 128, 16382, 16383, 32767])
def test_compact_lengths_of_several_bytes(size: int) -> None:
    message = Variable(name="x" * size, data=b"y" * size, numbers=[7] * size, points=[Point(x=1)] * size)
    assert compact.decode(compact.encode(message)) == message
    assert plain.decode(plain.encode(message)) == message


def test_versions_decide_which_fields_are_sent() -> None:
    assert evolved[1].encode(Evolved(always=1, until_one=2)) == b"\x01\x02"
    assert evolved[1].decode(b"\x01\x02") == Evolved(always=1, until_one=2)
    assert evolved[2].encode(Evolved(always=1, since_two="a")) == b"\x01\x02a\x00"
    assert evolved[2].decode(b"\x01\x02a\x00") == Evolved(always=1, since_two="a")


def test_a_field_that_the_version_lacks() -> None:
    assert evolved[1].encode(Evolved(since_two="ignorable")) == b"\x00\x07"
    with pytest.raises(ValueError, match="until_one is set, but version 2 has no such field") as caught:
        evolved[2].encode(Evolved(until_one=8))
    assert caught.value.__notes__ == ["while encoding Evolved v2, field until_one"]
    with pytest.raises(ValueError, match="tagged is set"):
        evolved[1].encode(Evolved(tagged=5))
    with pytest.raises(ValueError, match="unknown_tags is set"):
        evolved[1].encode(Evolved(unknown_tags={9: b""}))  # type: ignore[call-arg]


def test_null_only_where_it_is_allowed() -> None:
    assert evolved[3].encode(Evolved(since_two=None)) == b"\x00\x00\x00"
    assert evolved[3].decode(b"\x00\x00\x00") == Evolved(since_two=None)
    with pytest.raises(ValueError, match="since_two is null"):
        evolved[2].encode(Evolved(since_two=None))
    with pytest.raises(MalformedMessage, match=r"^Evolved v2, field since_two, offset 2: null is not allowed here$"):
        evolved[2].decode(b"\x00\x00\x00")
    with pytest.raises(MalformedMessage, match="field name, offset 2: null"):
        plain.decode(b"\xff\xff" + plain.encode(Variable())[2:])


def test_tagged_fields_are_sent_only_when_they_say_something() -> None:
    assert evolved[2].encode(Evolved(tagged=-1, nearest=Origin(x=0))) == b"\x00\x01\x00"
    tags = {2: b"ab", 200: b""}
    message = Evolved(tagged=5, points=[Point(x=1)], nearest=Origin(x=2), unknown_tags=tags)  # type: ignore[call-arg]
    encoded = bytes.fromhex("00 01  05  00 02 0005  01 04 02 0100 00  02 02 6162  03 02 02 00  c801 00")
    assert evolved[2].encode(message) == encoded
    assert evolved[2].decode(encoded) == message


def test_tagged_field_of_wrong_size() -> None:
    for encoded in ("00 01 01 00 01 0005", "00 01 01 00 03 0005 00"):
        with pytest.raises(MalformedMessage, match="tagged"):
            evolved[2].decode(bytes.fromhex(encoded))


def test_records_are_lent() -> None:
    lending = codec(Lent, 0, flexible=True)
    received = bytearray(lending.encode(Lent(name="a", note=b"n", records=b"batch", after=5)))
    decoded = lending.decode(received)
    assert isinstance(decoded.records, memoryview)
    assert isinstance(decoded.note, bytes)
    received[received.index(b"batch")] = ord("B")
    assert bytes(decoded.records) == b"Batch"
    assert lending.decode(lending.encode(Lent(name="a"))).records is None


def test_records_pass_through_untouched() -> None:
    class Slice:
        def __len__(self) -> int:
            return 300

    records = Slice()
    parts = codec(Lent, 0, flexible=True).encode_parts(Lent(name="a", records=records, after=5), prefix=b"header")
    assert parts == [b"header" + b"\x02a" + b"\x01" + b"\xad\x02", records, b"\x05\x00"]
    assert parts[1] is records
    assert codec(Lent, 0, flexible=False).encode_parts(Lent(name="a"))[0][-5:] == b"\xff\xff\xff\xff\x00"


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "field name, offset 0: the message ends here"),
        (b"\x00\x05abc", "field name, offset 2: length 5, but only 3 bytes are left"),
        (b"\xff\xfe", "field name, offset 2: length -2"),
        (b"\x00\x01\xff", "field name, offset 2: invalid UTF-8"),
        (b"\x00\x00\xff\xff" + HUGE, "field data, offset 8: length 2147483647"),
        (b"\x00\x00\xff\xff" + b"\x80\0\0\0", "field data, offset 8: length -2147483648"),
        (b"\x00\x00\xff\xff" + b"\0" * 8 + HUGE, "field numbers, offset 16: count 2147483647, but only 0 bytes"),
        (b"\x00\x00\xff\xff" + b"\0" * 8 + b"\xff\xff\xff\xff", "field numbers, offset 16: null"),
        (b"\x00\x00\xff\xff" + b"\0" * 8 + b"\xff\xff\xff\xfe", "field numbers, offset 16: count -2"),
        (b"\x00\x00\xff\xff" + b"\0" * 12 + HUGE, "field names, offset 20: count 2147483647"),
        (b"\x00\x00\xff\xff" + b"\0" * 16 + HUGE, "field ids, offset 24: count 2147483647"),
        (b"\x00\x00\xff\xff" + b"\0" * 20 + HUGE + b"\0\0", "field points, offset 28: count 2147483647"),
        (b"\x00\x00\xff\xff" + b"\0" * 24 + b"\x01\x05", "field corner.x to corner.y, offset 29: the message ends"),
        (b"\x00\x00\xff\xff" + b"\0" * 24 + b"\xff\0", "offset 29: 1 bytes are left over"),
    ],
)
def test_malformed_plain_messages(encoded: bytes, reason: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        plain.decode(encoded)
    assert str(caught.value).startswith("Variable v0, ")
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (HUGE_COMPACT, "field name, offset 5: length 4294967294"),
        (b"\xff\xff\xff\xff\x10", "unsigned varint does not fit into 32 bits"),
        (b"\xff\xff\xff\xff\xff\x01", "unsigned varint is longer than 5 bytes"),
        (b"\xff", "field name, offset 1: the message ends here"),
        (b"\x81\x80\x02" + b"x" * 32768, "a string of 32768 bytes; 32767 are allowed"),
        (b"\x01\x00\x01\x00" + HUGE_COMPACT, "field numbers, offset 9: count 4294967294"),
        (b"\x01\x00\x01\x00\x01\x00\x01" + HUGE_COMPACT, "field points, offset 12: count 4294967294"),
        (b"\x01\x00\x01\x00\x01\x00\x01\x01\xff" + HUGE_COMPACT, "(tags), offset 10: 4294967295 tagged fields"),
        (b"\x01\x00\x01\x00\x01\x00\x01\x01\xff\x01\x05" + HUGE_COMPACT, "tagged field 5 of 4294967295 bytes"),
    ],
)
def test_malformed_compact_messages(encoded: bytes, reason: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        compact.decode(encoded)
    assert reason in str(caught.value)


def test_more_may_follow_a_prefix() -> None:
    assert codec(Point, 0, flexible=False).decode_prefix(b"-\x01\x02future", 1) == (Point(x=1, y=2), 3)


def test_our_own_mistakes_name_the_field() -> None:
    for wrong, field_name in (
        (Variable(name="x" * 40_000), "name"),
        (Variable(numbers=[2**31]), "numbers"),
        (Variable(points=[Point(x=200)]), "points.x"),
        (Variable(data=None), "data"),  # type: ignore[arg-type]
    ):
        with pytest.raises((ValueError, TypeError, packing.error)) as caught:
            compact.encode(wrong)
        assert field_name in caught.value.__notes__[0]


def test_generated_source_shows_in_tracebacks() -> None:
    try:
        plain.encode(Variable(points=[None]))  # type: ignore[list-item]
    except AttributeError as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
    assert frame.filename == "<barnabas wire: encode Variable v0>"
    assert linecache.getline(frame.filename, frame.lineno or 0).strip() == frame.line
    assert frame.line


def test_declarations_that_make_no_sense() -> None:
    @struct
    class Untyped:
        number: int = 0

    @struct
    class Either:
        value: str | bytes = ""

    @struct
    class Holes:
        names: list[str | None] = field(default_factory=list)

    @struct
    class Required:
        since_one: Int8 = field(versions="1+")

    @struct
    class Nothing:
        pass

    @struct
    class Endless:
        nothings: list[Nothing] = field(default_factory=list)

    for senseless in (Untyped, Either, Holes, Required, Endless):
        with pytest.raises(TypeError):
            codec(senseless, 0, flexible=False).decode(b"")
