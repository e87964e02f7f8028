"""One request to one broker over a plain socket, for the few that librdkafka has no call for.

It speaks the newest version that both sides know. There is no TLS and no SASL here; whoever uses it says so.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final, TypeVar

from barnabas.cli.failures import InvalidUsage, ToolFailure
from barnabas.protocol.messages.api_versions import API_VERSIONS, ApiVersionsRequest
from barnabas.protocol.wire import Api, MalformedMessage, read_response_header, request_header_bytes

Q = TypeVar("Q")
R = TypeVar("R")

CLIENT_ID: Final = "barnabas-admin"
TIMEOUT_SECONDS: Final = 30.0
MAX_RESPONSE_BYTES: Final = 100 * 1024 * 1024
PLAIN_TEXT: Final = "PLAINTEXT"


def refuse_security(properties: Mapping[str, str], tool: str) -> None:
    """InvalidUsage if these properties ask for more than a plain connection."""
    protocol = properties.get("security.protocol", PLAIN_TEXT)
    if protocol.upper() != PLAIN_TEXT:
        raise InvalidUsage(
            f"--command-config: security.protocol={protocol} is not supported by {tool}, which asks brokers over "
            f"{PLAIN_TEXT} only"
        )


def ask_broker(host: str, port: int, api: Api[Q, R], request: Q, *, client_id: str = CLIENT_ID) -> R:
    """The broker's answer; ToolFailure in one line if there is none."""
    try:
        with closing(socket.create_connection((host, port), timeout=TIMEOUT_SECONDS)) as connection:
            known = _ask(connection, API_VERSIONS, 0, ApiVersionsRequest(), client_id)
            served = {entry.api_key: range(entry.min_version, entry.max_version + 1) for entry in known.api_keys}
            shared = [version for version in served.get(api.key, ()) if version in api.versions]
            if not shared:
                raise ToolFailure(f"The broker at {host}:{port} does not support {api.name} in a version known here")
            answer: R = _ask(connection, api, max(shared), request, client_id)
            return answer
    except TimeoutError:
        raise ToolFailure(f"The broker at {host}:{port} did not answer within {TIMEOUT_SECONDS:.0f} s") from None
    except OSError as error:
        raise ToolFailure(f"Connect to {host}:{port} failed: {error.strerror or error}") from None
    except MalformedMessage as error:
        raise ToolFailure(f"The answer of {host}:{port} is no message of Kafka's: {error}") from None


def _ask(connection: socket.socket, api: Api[Any, Any], version: int, request: Any, client_id: str) -> Any:
    frame = request_header_bytes(api, version, 0, client_id) + api.request_codec(version).encode(request)
    connection.sendall(struct.pack(">i", len(frame)) + frame)
    (size,) = struct.unpack(">i", _receive(connection, 4))
    if not 0 <= size <= MAX_RESPONSE_BYTES:
        raise MalformedMessage(f"a response of {size} bytes")
    answer = _receive(connection, size)
    _, offset = read_response_header(api, version, answer)
    return api.response_codec(version).decode(answer, offset)


def _receive(connection: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        part = connection.recv(min(count - len(received), 1 << 16))
        if not part:
            raise ConnectionResetError(0, "the broker closed the connection")
        received += part
    return bytes(received)
