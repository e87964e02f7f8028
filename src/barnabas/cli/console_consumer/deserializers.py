"""The Java client's deserializers, by class name, as far as their text is worth printing.

Numbers are big-endian; a value of the wrong size is an error, as it is in Java.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from typing import Final

from barnabas.cli.failures import InvalidUsage
from barnabas.cli.output import kafka_text

Deserializer = Callable[[bytes], bytes]
PACKAGE: Final = "org.apache.kafka.common.serialization."


class UnreadableBytes(Exception):
    """These bytes are not what the deserializer expects."""


def _number(name: str, layout: str) -> Deserializer:
    size = struct.calcsize(layout)

    def deserialize(data: bytes) -> bytes:
        if len(data) != size:
            raise UnreadableBytes(f"Size of data received by {name} is not {size}")
        return str(struct.unpack(layout, data)[0]).encode()

    return deserialize


def _boolean(data: bytes) -> bytes:
    if data not in {b"\x00", b"\x01"}:
        raise UnreadableBytes("Unexpected byte received by BooleanDeserializer")
    return kafka_text(data == b"\x01").encode()


def _uuid(data: bytes) -> bytes:
    try:
        return str(uuid.UUID(data.decode())).encode()
    except ValueError:
        raise UnreadableBytes("Error parsing data into UUID") from None


def _text(data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode()


def _escaped(data: bytes) -> bytes:
    """The text of Kafka's Bytes: printable ASCII as it is, the rest in hexadecimal."""
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02X}" for byte in data).encode()


DESERIALIZERS: Final[dict[str, Deserializer]] = {
    "StringDeserializer": _text,
    "LongDeserializer": _number("LongDeserializer", ">q"),
    "IntegerDeserializer": _number("IntegerDeserializer", ">i"),
    "ShortDeserializer": _number("ShortDeserializer", ">h"),
    "DoubleDeserializer": _number("DoubleDeserializer", ">d"),
    "FloatDeserializer": _number("FloatDeserializer", ">f"),
    "BooleanDeserializer": _boolean,
    "UUIDDeserializer": _uuid,
    "BytesDeserializer": _escaped,
    "ByteArrayDeserializer": bytes,
}


def deserializer(class_name: str, name: str) -> Deserializer:
    """The deserializer of this class, set as `name`; refuses one that only a JVM could load."""
    found = DESERIALIZERS.get(class_name.removeprefix(PACKAGE))
    if found is None:
        known = ", ".join(DESERIALIZERS)
        raise InvalidUsage(f"{name}={class_name}: one of Kafka's own was expected: {known}")
    return found
