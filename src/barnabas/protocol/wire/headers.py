"""What stands before each request and each response in its frame.

Two oddities keep old and new brokers able to talk at all: the client's name is never compact, and the response to
ApiVersions never has tagged fields in its header: a client sends that request before it knows any version (KIP-511).
"""

import struct
from dataclasses import dataclass
from typing import Any, Final

from barnabas.protocol.wire.api import Api, has_flexible_header
from barnabas.protocol.wire.errors import MalformedMessage, Refused
from barnabas.protocol.wire.varint import Buffer, read_unknown_tags

_HEAD: Final = struct.Struct(">hhih")
_API_VERSIONS_KEY: Final = 18


@dataclass(slots=True)
class RequestHeader:
    """Which API a request calls, and how its response will be recognised."""

    api_key: int
    api_version: int
    correlation_id: int
    client_id: str | None


def read_request_header(buffer: Buffer, offset: int = 0) -> tuple[RequestHeader, int]:
    """The header at the start of a frame and the offset of the body; raises MalformedMessage."""
    try:
        api_key, api_version, correlation_id, length = _HEAD.unpack_from(buffer, offset)
        client_id, position = _client_id(buffer, offset + _HEAD.size, length)
        if has_flexible_header(api_key, api_version):
            _, position = read_unknown_tags(buffer, position, len(buffer))
    except (Refused, struct.error, IndexError, UnicodeDecodeError) as error:
        raise MalformedMessage(f"request header at offset {offset}: {error}") from None
    return RequestHeader(api_key, api_version, correlation_id, client_id), position


def _client_id(buffer: Buffer, position: int, length: int) -> tuple[str | None, int]:
    if length == -1:
        return None, position
    if not 0 <= length <= len(buffer) - position:
        raise Refused(f"client ID of length {length}, but {len(buffer) - position} bytes are left")
    stop = position + length
    return str(buffer[position:stop], "utf-8"), stop


def request_header_bytes(api: Api[Any, Any], version: int, correlation_id: int, client_id: str | None) -> bytes:
    """The header before a request, as a client sends it."""
    encoded = b"" if client_id is None else client_id.encode()
    length = -1 if client_id is None else len(encoded)
    tags = b"\0" if api.is_flexible(version) else b""
    return _HEAD.pack(api.key, version, correlation_id, length) + encoded + tags


def response_header_bytes(api: Api[Any, Any], version: int, correlation_id: int) -> bytes:
    """The header before a response."""
    if api.key != _API_VERSIONS_KEY and api.is_flexible(version):
        return correlation_id.to_bytes(4, "big", signed=True) + b"\0"
    return correlation_id.to_bytes(4, "big", signed=True)


def read_response_header(api: Api[Any, Any], version: int, buffer: Buffer, offset: int = 0) -> tuple[int, int]:
    """The correlation ID of a response and the offset of the body, as a client reads it; raises MalformedMessage."""
    position = offset + 4
    try:
        (correlation_id,) = struct.unpack_from(">i", buffer, offset)
        if api.key != _API_VERSIONS_KEY and api.is_flexible(version):
            _, position = read_unknown_tags(buffer, position, len(buffer))
    except (Refused, struct.error, IndexError) as error:
        raise MalformedMessage(f"response header, offset {position}: {error}") from None
    return correlation_id, position
