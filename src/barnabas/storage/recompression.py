"""A batch in another codec: what a topic's `compression.type` asks for where a producer chose differently (KIP-390).

The records are decompressed and compressed anew as the one stretch of bytes that they are; none is looked at. Of the
header only codec, length and CRC change; producer, epoch, sequence, timestamps and counts stay.
"""

import struct
from typing import Final

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import BATCH_HEADER_BYTES, LOG_OVERHEAD_BYTES, BatchHeader, Compression, InvalidBatch
from barnabas.protocol.records.compression import compress, decompress
from barnabas.protocol.records.header import (
    ATTRIBUTES_POSITION,
    COMPRESSION_MASK,
    CONTROL_FLAG,
    TRANSACTIONAL_FLAG,
    write_crc,
)
from barnabas.storage.filesystem import Buffer
from barnabas.storage.log_config import LogConfig

_LENGTH: Final = struct.Struct(">i")
_ATTRIBUTES: Final = struct.Struct(">h")
_LENGTH_POSITION: Final = 8
_KEPT_ATTRIBUTES: Final = TRANSACTIONAL_FLAG | CONTROL_FLAG

_QUICK_BYTES: Final = {
    Compression.NONE: 512 * 1024,
    Compression.SNAPPY: 256 * 1024,
    Compression.LZ4: 256 * 1024,
    Compression.ZSTD: 128 * 1024,
    Compression.GZIP: 32 * 1024,
}
"""How much a codec compresses at its default level in about a millisecond (docs/decisions/0008)."""
_QUICKLY_OPENED_BYTES: Final = 512 * 1024
_COSTLY_FROM: Final = {Compression.LZ4: 10, Compression.ZSTD: 6}
"""Levels at which even a small batch takes long: zstd's 19 takes 15 ms for 64 KiB."""
_USUAL_RATIO: Final = 4
"""How much larger records are taken to be than their compressed form."""


def must_recompress(header: BatchHeader, config: LogConfig) -> bool:
    """Whether a batch has to be stored in another codec than it came in.

    A control batch that came uncompressed stays so: Kafka opens markers without looking for a codec.
    """
    target = config.target_compression
    if target is None or target == header.attributes & COMPRESSION_MASK:
        return False
    return not (header.is_control and not header.attributes & COMPRESSION_MASK)


def takes_long(header: BatchHeader, config: LogConfig, *, opens: bool, recompresses: bool) -> bool:
    """Whether opening or recompressing a batch might hold up an event loop for more than a millisecond or two."""
    size_bytes = header.batch_length
    if header.attributes & COMPRESSION_MASK:
        size_bytes *= _USUAL_RATIO
        if (opens or recompresses) and size_bytes > _QUICKLY_OPENED_BYTES:
            return True
    target = config.target_compression
    if not recompresses or target is None:
        return False
    has_costly_level = target in _COSTLY_FROM and config.compression_level >= _COSTLY_FROM[target]
    return has_costly_level or size_bytes > _QUICK_BYTES[target]


def records_of(batch: Buffer, header: BatchHeader) -> bytes:
    """The records' bytes, decompressed; UNKNOWN_SERVER_ERROR, which is Kafka's word here, if that can't be done."""
    payload = bytes(memoryview(batch)[BATCH_HEADER_BYTES : header.size_bytes])
    try:
        return decompress(payload, header.compression)
    except InvalidBatch as error:
        raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, error.message) from error


def recompress(batch: Buffer, header: BatchHeader, records: bytes, config: LogConfig) -> bytearray:
    """The batch in the topic's codec, in memory of its own; `header` is brought in step with it."""
    target = config.target_compression
    assert target is not None
    payload = compress(records, target, config.compression_level)
    recompressed = bytearray(memoryview(batch)[:BATCH_HEADER_BYTES])
    recompressed += payload
    header.batch_length = len(recompressed) - LOG_OVERHEAD_BYTES
    header.attributes = header.attributes & _KEPT_ATTRIBUTES | target
    _LENGTH.pack_into(recompressed, _LENGTH_POSITION, header.batch_length)
    _ATTRIBUTES.pack_into(recompressed, ATTRIBUTES_POSITION, header.attributes)
    header.crc = write_crc(recompressed, 0)
    return recompressed
