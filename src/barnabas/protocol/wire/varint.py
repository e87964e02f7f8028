"""Unsigned varints (7 bits per byte, least first) and the tagged fields that are made of them (KIP-482)."""

from collections.abc import Mapping

from barnabas.protocol.wire.errors import Refused

Buffer = bytes | bytearray | memoryview


def read_unsigned_varint(buffer: Buffer, position: int) -> tuple[int, int]:
    """The number at a position and the position after it; IndexError when the buffer ends inside."""
    value = shift = 0
    while True:
        byte = buffer[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 28:
            raise Refused("unsigned varint is longer than 5 bytes")
    if value > 0xFFFF_FFFF:
        raise Refused("unsigned varint does not fit into 32 bits")
    return value, position


def unsigned_varint(value: int) -> bytes:
    """The bytes of a number from 0 to 2**32 - 1."""
    if not 0 <= value <= 0xFFFF_FFFF:
        raise ValueError(f"{value} is no unsigned 32-bit number")
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def read_unknown_tags(buffer: Buffer, position: int, end: int) -> tuple[dict[int, bytes], int]:
    """All tagged fields of a struct that declares none; kept, so that they can be sent on."""
    tags: dict[int, bytes] = {}
    count, position = read_unsigned_varint(buffer, position)
    if count * 2 > end - position:
        raise Refused(f"{count} tagged fields, but only {end - position} bytes are left")
    for _ in range(count):
        tag, position = read_unsigned_varint(buffer, position)
        size, position = read_unsigned_varint(buffer, position)
        if size > end - position:
            raise Refused(f"tagged field {tag} of {size} bytes, but only {end - position} bytes are left")
        tags[tag] = bytes(buffer[position : position + size])
        position += size
    return tags, position


def tagged_fields(tags: Mapping[int, bytes | bytearray]) -> bytes:
    """A struct's tagged fields, in ascending order of their tags as the protocol demands."""
    encoded = bytearray(unsigned_varint(len(tags)))
    for tag in sorted(tags):
        encoded += unsigned_varint(tag)
        encoded += unsigned_varint(len(tags[tag]))
        encoded += tags[tag]
    return bytes(encoded)
