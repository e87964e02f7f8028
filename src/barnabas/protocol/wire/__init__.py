"""The language itself: types, the declaration of messages, and the compiler of their codecs.

    @struct
    class HeartbeatRequest: …
    HEARTBEAT: Final = Api(12, HeartbeatRequest, HeartbeatResponse, versions="0-4", flexible="4+")
    request = HEARTBEAT.request_codec(4).decode(frame, offset)

Nothing here does input or output. Malformed bytes raise `MalformedMessage` and nothing else.
"""

from barnabas.protocol.wire.api import Api
from barnabas.protocol.wire.codec import Codec, codec
from barnabas.protocol.wire.errors import MalformedMessage
from barnabas.protocol.wire.headers import (
    RequestHeader,
    read_request_header,
    read_response_header,
    request_header_bytes,
    response_header_bytes,
)
from barnabas.protocol.wire.schema import field, struct
from barnabas.protocol.wire.types import Float64, Int8, Int16, Int32, Int64, Records, UInt16, UInt32

__all__ = [
    "Api",
    "Codec",
    "Float64",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "MalformedMessage",
    "Records",
    "RequestHeader",
    "UInt16",
    "UInt32",
    "codec",
    "field",
    "read_request_header",
    "read_response_header",
    "request_header_bytes",
    "response_header_bytes",
    "struct",
]
