"""From the bytes of a record's key and value to what is printed of them.

`--key-decoder-class` and `--value-decoder-class` name Kafka's four decoders, with their package or without; a decoder
for a whole topic (`--offsets-decoder` and its like) is any other `RecordDecoder`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from barnabas.cli.dump_log.java_text import json_text, text_of
from barnabas.cli.failures import InvalidUsage, ToolFailure
from barnabas.protocol.records import Record

Decoded: TypeAlias = str | int | dict[str, Any]
ByteDecoder: TypeAlias = Callable[[bytes], Decoded]

PACKAGE: Final = "org.apache.kafka.tools.api."
DEFAULT_DECODER: Final = f"{PACKAGE}StringDecoder"


class KeyAndValue(NamedTuple):
    """What is to be printed; None for nothing at all."""

    key: Decoded | None
    value: Decoded | None


class RecordDecoder(Protocol):
    """Reads records of one kind."""

    def decode(self, record: Record) -> KeyAndValue:
        """Key and value; ToolFailure where Kafka's tool gives up."""


def decoded_text(decoded: Decoded) -> str:
    return json_text(decoded) if isinstance(decoded, dict) else str(decoded)


def _number(name: str, layout: str) -> ByteDecoder:
    """A big-endian number; what comes after it is ignored, as in Java."""
    number = struct.Struct(layout)

    def decode(data: bytes) -> int:
        if len(data) < number.size:
            raise ToolFailure(f"{name} needs {number.size} bytes, a record has {len(data)}")
        value: int = number.unpack_from(data)[0]
        return value

    return decode


BYTE_DECODERS: Final[dict[str, ByteDecoder]] = {
    "StringDecoder": text_of,
    "LongDecoder": _number("LongDecoder", ">q"),
    "IntegerDecoder": _number("IntegerDecoder", ">i"),
    # Kafka prints the address of a Java array here, which tells nobody anything.
    "DefaultDecoder": bytes.hex,
}


def find_byte_decoder(class_name: str, flag: str) -> ByteDecoder:
    """`LongDecoder`, also as `Long` or with its package; InvalidUsage for a class that is not built in."""
    name = class_name.removeprefix(PACKAGE)
    decoder = BYTE_DECODERS.get(name) or BYTE_DECODERS.get(f"{name}Decoder")
    if decoder is None:
        raise InvalidUsage(
            f"--{flag} {class_name}: classes can't be loaded without Java; {', '.join(BYTE_DECODERS)} are built in"
        )
    return decoder


@dataclass(frozen=True, slots=True)
class BytesDecoder:
    """Key and value, each by itself."""

    key_decoder: ByteDecoder = text_of
    value_decoder: ByteDecoder = text_of

    def decode(self, record: Record) -> KeyAndValue:
        return KeyAndValue(
            None if record.key is None else self.key_decoder(record.key),
            None if record.value is None else self.value_decoder(record.value),
        )
