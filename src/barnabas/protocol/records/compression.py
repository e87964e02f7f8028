"""The four ways the records of a batch may be compressed, and back again within bounds.

Snappy is written in the framing of the xerial library, as the Java client does; librdkafka sends it raw, so both are
read. LZ4 is the frame format, zstd and gzip are their usual streams. Levels are those of KIP-390: gzip's -1 is its own
default, LZ4's 9 stands for the fast compressor that was used before there were levels.

Invariant: `decompress` never holds more than `max_bytes` of output, whatever the compressed bytes claim.
"""

import struct
from enum import IntEnum
from typing import Final, Protocol

import cramjam

from barnabas.protocol.records.errors import InvalidBatch

MAX_DECOMPRESSED_BYTES: Final = 64 * 1024 * 1024


class Compression(IntEnum):
    """The codec in the lowest three bits of a batch's attributes."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4


DEFAULT_LEVELS: Final = {Compression.GZIP: -1, Compression.LZ4: 9, Compression.ZSTD: 3}
"""Where a codec has levels, the one that Kafka takes."""
_GZIP_OWN_DEFAULT: Final = 6


def compress(data: bytes | bytearray, compression: Compression, level: int | None = None) -> bytes:
    """Compress the records of a batch; without a level, at the codec's default one."""
    if level is None:
        level = DEFAULT_LEVELS.get(compression, 0)
    match compression:
        case Compression.NONE:
            return bytes(data)
        case Compression.GZIP:
            return bytes(cramjam.gzip.compress(data, _GZIP_OWN_DEFAULT if level < 0 else level))
        case Compression.SNAPPY:
            return _compress_xerial(data)
        case Compression.LZ4:
            return _compress_lz4(data, level)
        case Compression.ZSTD:
            return bytes(cramjam.zstd.compress(data, level))


def decompress(data: bytes, compression: Compression, max_bytes: int = MAX_DECOMPRESSED_BYTES) -> bytes:
    """Decompress the records of a batch; InvalidBatch if they are damaged or would take more than `max_bytes`."""
    match compression:
        case Compression.NONE:
            return data
        case Compression.GZIP:
            return _decompress_stream(cramjam.gzip, data, max_bytes)
        case Compression.SNAPPY:
            return _decompress_snappy(data, max_bytes)
        case Compression.LZ4:
            return _decompress_stream(cramjam.lz4, data, max_bytes)
        case Compression.ZSTD:
            return _decompress_stream(cramjam.zstd, data, max_bytes)


_XERIAL_MAGIC: Final = b"\x82SNAPPY\x00"
_XERIAL_HEADER: Final = _XERIAL_MAGIC + struct.pack(">ii", 1, 1)
_XERIAL_BLOCK_BYTES: Final = 32 * 1024
_LENGTH: Final = struct.Struct(">i")
# A snappy copy of three bytes gives at most 64: more than this, and the announced length is a lie.
_SNAPPY_MAX_RATIO: Final = 32


def _compress_xerial(data: bytes | bytearray) -> bytes:
    """Snappy blocks of 32 KiB, each behind its big-endian length."""
    view = memoryview(data)
    framed = bytearray(_XERIAL_HEADER)
    for start in range(0, len(view), _XERIAL_BLOCK_BYTES):
        block = bytes(cramjam.snappy.compress_raw(view[start : start + _XERIAL_BLOCK_BYTES]))
        framed += _LENGTH.pack(len(block))
        framed += block
    return bytes(framed)


def _decompress_snappy(data: bytes, max_bytes: int) -> bytes:
    if not data.startswith(_XERIAL_MAGIC):
        return _decompress_snappy_block(data, max_bytes)
    view = memoryview(data)
    position = len(_XERIAL_HEADER)
    if len(data) < position:
        raise InvalidBatch("snappy framing is cut off")
    output = bytearray()
    while position < len(data):
        if position + 4 > len(data):
            raise InvalidBatch("snappy block length is cut off")
        (size,) = _LENGTH.unpack_from(data, position)
        position += 4
        if not 0 < size <= len(data) - position:
            raise InvalidBatch(f"snappy block of {size} bytes, {len(data) - position} are left")
        output += _decompress_snappy_block(view[position : position + size], max_bytes - len(output))
        position += size
    return bytes(output)


def _decompress_snappy_block(block: bytes | memoryview, max_bytes: int) -> bytes:
    try:
        size = cramjam.snappy.decompress_raw_len(block)
        if size > max_bytes or size > len(block) * _SNAPPY_MAX_RATIO:
            raise InvalidBatch(f"{len(block)} bytes of snappy announce {size} bytes")
        return bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError as error:
        raise InvalidBatch(f"damaged snappy data: {error}") from error


# Frame magic; version 1, independent blocks (the Java client refuses others); blocks of up to 64 KiB; header checksum.
_LZ4_HEADER: Final = bytes.fromhex("04224d18 60 40 82")
_LZ4_BLOCK_BYTES: Final = 64 * 1024
_LZ4_STORED: Final = 0x8000_0000
_LZ4_LENGTH: Final = struct.Struct("<I")


def _compress_lz4(data: bytes | bytearray, level: int) -> bytes:
    """One LZ4 frame. cramjam's own frames link their blocks, which Kafka's Java reader does not support."""
    view = memoryview(data)
    frame = bytearray(_LZ4_HEADER)
    for start in range(0, len(view), _LZ4_BLOCK_BYTES):
        plain = view[start : start + _LZ4_BLOCK_BYTES]
        block = _compress_lz4_block(plain, level)
        if len(block) < len(plain):
            frame += _LZ4_LENGTH.pack(len(block))
            frame += block
        else:
            frame += _LZ4_LENGTH.pack(len(plain) | _LZ4_STORED)
            frame += plain
    frame += _LZ4_LENGTH.pack(0)
    return bytes(frame)


def _compress_lz4_block(plain: memoryview, level: int) -> bytes:
    """One block that refers to no other. Levels exist for frames only, but a frame's first block is such a block."""
    if level == DEFAULT_LEVELS[Compression.LZ4]:
        return bytes(cramjam.lz4.compress_block(plain, store_size=False))
    frame = bytes(cramjam.lz4.compress(plain, level))
    (size,) = _LZ4_LENGTH.unpack_from(frame, len(_LZ4_HEADER))
    start = len(_LZ4_HEADER) + _LZ4_LENGTH.size
    return bytes(plain) if size & _LZ4_STORED else frame[start : start + size]


class _StreamCodec(Protocol):
    def decompress_into(self, data: bytes, output: bytearray) -> int: ...


def _decompress_stream(codec: _StreamCodec, data: bytes, max_bytes: int) -> bytes:
    """Decompress into a buffer of fixed size, and into a larger one when that was too small.

    The codec reports a full buffer and damaged data alike, so damaged data is tried a few times: rare, and bounded.
    """
    capacity = min(max(4096, 4 * len(data)), max_bytes)
    while True:
        output = bytearray(capacity)
        try:
            size = codec.decompress_into(data, output)
        except cramjam.DecompressionError as error:
            if capacity == max_bytes:
                raise InvalidBatch(f"damaged records, or more than {max_bytes} bytes of them: {error}") from error
            capacity = min(4 * capacity, max_bytes)
        else:
            return bytes(memoryview(output)[:size])
