"""APIs as they are declared, and the small parts that declarations are made of."""

import pytest

from barnabas.protocol.messages import APIS, FETCH, INIT_PRODUCER_ID, METADATA, OFFSET_DELETE, PRODUCE
from barnabas.protocol.messages.fetch import FetchRequest, FetchResponse
from barnabas.protocol.messages.metadata import MetadataRequest
from barnabas.protocol.wire.errors import Refused
from barnabas.protocol.wire.varint import read_unsigned_varint, unsigned_varint
from barnabas.protocol.wire.versions import Versions


def test_an_api_knows_its_versions() -> None:
    assert (FETCH.key, FETCH.name, FETCH.min_version, FETCH.max_version) == (1, "Fetch", 4, 18)
    assert (FETCH.request, FETCH.response) == (FetchRequest, FetchResponse)
    assert [FETCH.is_flexible(version) for version in (11, 12)] == [False, True]
    assert not OFFSET_DELETE.is_flexible(0)
    assert INIT_PRODUCER_ID.max_version == 5
    assert repr(FETCH) == "<Api 1 Fetch 4-18>"
    for version in (3, 19):
        with pytest.raises(ValueError, match=f"Fetch has no version {version}, only 4 to 18"):
            FETCH.request_codec(version)


def test_produce_is_advertised_from_zero_for_librdkafka() -> None:
    assert (PRODUCE.min_version, PRODUCE.advertised) == (3, Versions(0, 13))
    assert FETCH.advertised == FETCH.versions


def test_apis_are_ordered_and_unique() -> None:
    keys = [api.key for api in APIS]
    assert keys == sorted(set(keys))


def test_codecs_are_made_once() -> None:
    assert FETCH.request_codec(13) is FETCH.request_codec(13)
    assert FETCH.request_codec(13) is not FETCH.request_codec(12)


def test_null_and_empty_topics_of_metadata_differ() -> None:
    every = METADATA.request_codec(1)
    assert every.decode(b"\xff\xff\xff\xff") == MetadataRequest(topics=None)
    assert every.decode(b"\0\0\0\0") == MetadataRequest(topics=[])


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [("3+", [3, 99], [2]), ("0-2", [0, 2], [3]), ("4", [4], [3, 5]), ("none", [], [0, 1])],
)
def test_version_ranges(text: str, inside: list[int], outside: list[int]) -> None:
    versions = Versions.parse(text)
    assert all(version in versions for version in inside)
    assert not any(version in versions for version in outside)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16383, "ff7f"), (16384, "808001"), (2**32 - 1, "ffffffff0f")],
)
def test_unsigned_varints(value: int, encoded: str) -> None:
    assert unsigned_varint(value).hex() == encoded
    assert read_unsigned_varint(b"-" + bytes.fromhex(encoded), 1) == (value, 1 + len(encoded) // 2)


def test_what_is_no_unsigned_varint() -> None:
    for value in (-1, 2**32):
        with pytest.raises(ValueError, match="no unsigned 32-bit number"):
            unsigned_varint(value)
    for encoded in ("8080808010", "808080808001"):
        with pytest.raises(Refused):
            read_unsigned_varint(bytes.fromhex(encoded), 0)
    with pytest.raises(IndexError):
        read_unsigned_varint(b"\x80", 0)
