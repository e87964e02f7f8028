"""Zigzag variable-length integers, as the records inside a batch use them (protocol guide, "Protocol Primitive Types").

Seven bits per byte, least significant first, the top bit says that more follow; the sign is folded into the lowest bit.
Decoders raise IndexError at the end of the data and `InvalidBatch` for an integer that is too long.
"""

from typing import Final

from barnabas.protocol.records.errors import InvalidBatch

VARINT_MAX_BITS: Final = 32
VARLONG_MAX_BITS: Final = 64


def encode_varint(value: int) -> bytes:
    """Encode a signed integer of up to 64 bits; VARINT and VARLONG have the same form."""
    folded = value << 1 if value >= 0 else ~(value << 1)
    if folded < 0x80:
        return _ONE_BYTE[folded]
    encoded = bytearray()
    while folded >= 0x80:
        encoded.append(folded & 0x7F | 0x80)
        folded >>= 7
    encoded.append(folded)
    return bytes(encoded)


def decode_varint(data: bytes, position: int, max_bits: int = VARINT_MAX_BITS) -> tuple[int, int]:
    """Return the integer at `position` and the position after it."""
    byte = data[position]
    position += 1
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), position
    folded = byte & 0x7F
    shift = 7
    while True:
        byte = data[position]
        position += 1
        folded |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift >= max_bits:
            raise InvalidBatch(f"integer of more than {max_bits} bits")
    if folded >> max_bits:
        raise InvalidBatch(f"integer of more than {max_bits} bits")
    return (folded >> 1) ^ -(folded & 1), position


_ONE_BYTE: Final = tuple(bytes((folded,)) for folded in range(0x80))
