"""The types that a message may be made of, as type checkers and as the compiler see them.

`int` alone says nothing about its size on the wire, so numbers are written `Int32`, `Int64` and so on: plain `int`
for type checkers, a `Fixed` for the compiler. `bool`, `str`, `bytes`, `uuid.UUID`, `list[T]` and `T | None` speak for
themselves. Source: https://kafka.apache.org/protocol#protocol_types
"""

import functools
import struct
import uuid
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

MAX_STRING_BYTES: Final = 0x7FFF
"""No string is longer, not even where the compact form could tell a greater length."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that always takes the same space, by its code of the `struct` module."""

    code: str

    @property
    def size(self) -> int:
        return struct.calcsize(">" + self.code)


@dataclass(frozen=True, slots=True)
class RecordsMark:
    """Marks record batches: lent on their way in and out, never copied."""


Int8: TypeAlias = Annotated[int, Fixed("b")]
Int16: TypeAlias = Annotated[int, Fixed("h")]
Int32: TypeAlias = Annotated[int, Fixed("i")]
Int64: TypeAlias = Annotated[int, Fixed("q")]
UInt16: TypeAlias = Annotated[int, Fixed("H")]
UInt32: TypeAlias = Annotated[int, Fixed("I")]
Float64: TypeAlias = Annotated[float, Fixed("d")]

Records: TypeAlias = Annotated[Any, RecordsMark()]
"""Record batches. Decoded: a memoryview into the received buffer. To encode: anything whose `len()` is its bytes."""

BOOLEAN: Final = Fixed("?")
UUID: Final = Fixed("16s")


@functools.lru_cache(maxsize=4096)
def uuid_of(raw: bytes) -> uuid.UUID:
    """The ID in 16 bytes. The same few topic IDs come with every request, so they are remembered."""
    return uuid.UUID(bytes=raw)
