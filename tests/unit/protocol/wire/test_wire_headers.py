"""Headers of requests and responses, with their oddities."""

import pytest

from barnabas.protocol.messages import API_VERSIONS, FETCH, HEARTBEAT
from barnabas.protocol.wire import (
    MalformedMessage,
    RequestHeader,
    read_request_header,
    read_response_header,
    request_header_bytes,
    response_header_bytes,
)


@pytest.mark.parametrize("client_id", [None, "", "rdkafka", "é"])
@pytest.mark.parametrize("version", [11, 13])
def test_request_header_round_trip(version: int, client_id: str | None) -> None:
    encoded = request_header_bytes(FETCH, version, 7, client_id)
    for buffer in (encoded, bytearray(encoded), memoryview(encoded)):
        header, body_offset = read_request_header(buffer)
        assert header == RequestHeader(1, version, 7, client_id)
        assert body_offset == len(encoded)


def test_client_id_is_not_compact_even_in_flexible_headers() -> None:
    assert request_header_bytes(FETCH, 13, 1, "ab") == bytes.fromhex("0001 000d 00000001 0002 6162 00")


def test_request_header_before_a_body() -> None:
    frame = b"size" + request_header_bytes(HEARTBEAT, 4, 1, "a") + b"body"
    header, body_offset = read_request_header(frame, 4)
    assert (header.api_key, frame[body_offset:]) == (12, b"body")


def test_tagged_fields_of_a_request_header_are_skipped() -> None:
    encoded = bytes.fromhex("0001 000d 00000001 ffff 01 09 02 aabb")
    assert read_request_header(encoded + b"body") == (RequestHeader(1, 13, 1, None), len(encoded))


def test_version_from_the_future_has_a_flexible_header() -> None:
    encoded = bytes.fromhex("0012 0063 00000001 ffff 00")
    assert read_request_header(encoded)[1] == len(encoded)


def test_header_of_an_unknown_api() -> None:
    assert read_request_header(bytes.fromhex("7fff 0000 00000001 ffff 00"))[0].api_key == 0x7FFF


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "0001 000d 00000001 00",
        "0001 000d 00000001 fffe",
        "0001 000d 00000001 7fff 00",
        "0001 000d 00000001 0001 ff 00",
        "0001 000d 00000001 ffff",
        "0001 000d 00000001 ffff ff",
        "0001 000d 00000001 ffff 01 09 05 00",
    ],
)
def test_malformed_request_headers(damaged: str) -> None:
    with pytest.raises(MalformedMessage, match="request header"):
        read_request_header(bytes.fromhex(damaged))


def test_response_headers() -> None:
    assert response_header_bytes(FETCH, 11, -2) == b"\xff\xff\xff\xfe"
    assert response_header_bytes(FETCH, 12, 1) == b"\0\0\0\x01\0"
    assert response_header_bytes(API_VERSIONS, 4, 1) == b"\0\0\0\x01"
    for api, version in ((FETCH, 11), (FETCH, 12), (API_VERSIONS, 4)):
        encoded = response_header_bytes(api, version, 99)
        assert read_response_header(api, version, encoded + b"body") == (99, len(encoded))
    with pytest.raises(MalformedMessage, match="response header"):
        read_response_header(FETCH, 12, b"\0\0\0\x01")
