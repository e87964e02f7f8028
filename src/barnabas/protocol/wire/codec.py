"""A message in one version, ready to be decoded and encoded; compiled when it is first used."""

import struct
from typing import Any, Final, Generic, TypeVar

from barnabas.protocol.wire.decoder import Decode, compile_decoder, has_batches
from barnabas.protocol.wire.encoder import Encode, compile_encoder
from barnabas.protocol.wire.errors import MalformedMessage
from barnabas.protocol.wire.source import Source
from barnabas.protocol.wire.varint import Buffer

M = TypeVar("M")


class Codec(Generic[M]):
    """Turns one version of a message into bytes and back; get it from `codec` or from an `Api`."""

    __slots__ = ("_decode", "_encode", "_encode_source", "_lends", "flexible", "message_type", "version")

    def __init__(self, message_type: type[M], version: int, *, flexible: bool) -> None:
        self.message_type = message_type
        self.version = version
        self.flexible = flexible
        self._lends = has_batches(message_type, version)
        self._decode: Decode | None = None
        self._encode: Encode | None = None
        self._encode_source: Source | None = None

    def decode(self, buffer: Buffer, offset: int = 0) -> M:
        """The message that fills the buffer from an offset to its end; raises MalformedMessage."""
        message, end = self.decode_prefix(buffer, offset)
        if end != len(buffer):
            name = self.message_type.__name__
            raise MalformedMessage(f"{name} v{self.version}, offset {end}: {len(buffer) - end} bytes are left over")
        return message

    def decode_prefix(self, buffer: Buffer, offset: int = 0) -> tuple[M, int]:
        """A message that more may follow, and the offset of what follows; raises MalformedMessage."""
        if self._lends:
            if type(buffer) is not memoryview:
                buffer = memoryview(buffer)
        elif type(buffer) is not bytes:
            buffer = bytes(buffer)  # one small copy makes each of the many small reads faster
        return (self._decode or self._compile_decoder())(buffer, offset, len(buffer))

    def encode(self, message: M) -> bytes:
        """The bytes of a message; `Records` in it must be bytes-like."""
        parts = self.encode_parts(message)
        return bytes(parts[0]) if len(parts) == 1 else b"".join(parts)

    def encode_parts(self, message: M, prefix: bytes = b"") -> list[Any]:
        """The bytes of a message as a list, in which each `Records` value is an item of its own, untouched.

        The prefix, such as a response header, comes before the message in the first item.
        """
        parts: list[Any] = []
        encode = self._encode or self._compile_encoder()
        try:
            encode(message, bytearray(prefix), parts)
        except (ValueError, TypeError, AttributeError, struct.error) as error:
            self._explain(error)
            raise
        return parts

    def _compile_decoder(self) -> Decode:
        self._decode = compile_decoder(self.message_type, self.version, flexible=self.flexible)
        return self._decode

    def _compile_encoder(self) -> Encode:
        self._encode, self._encode_source = compile_encoder(self.message_type, self.version, flexible=self.flexible)
        return self._encode

    def _explain(self, error: Exception) -> None:
        """Tell which field of which message was not as declared: that is our fault, not the peer's."""
        trace = error.__traceback__
        line_number = trace.tb_next.tb_lineno if trace and trace.tb_next else 0
        field = self._encode_source.field_at(line_number) if self._encode_source else "?"
        error.add_note(f"while encoding {self.message_type.__name__} v{self.version}, field {field}")


_codecs: Final[dict[tuple[type[Any], int, bool], Codec[Any]]] = {}


def codec(message_type: type[M], version: int, flexible: bool) -> Codec[M]:
    """The codec of a struct that is no request or response, such as a record of an internal topic."""
    key = (message_type, version, flexible)
    found = _codecs.get(key)
    if found is None:
        found = _codecs[key] = Codec(message_type, version, flexible=flexible)
    return found
