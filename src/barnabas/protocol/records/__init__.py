"""Record batches of message format 2: header, records, compression, control records.

A broker moves batches as opaque bytes and looks only at their headers; records are opened where the contract needs it.
Source: KIP-98 (format), KIP-82 (record headers), KIP-110 (zstd), KIP-534 (delete horizon).
"""

from barnabas.protocol.records.building import build_batch
from barnabas.protocol.records.compression import MAX_DECOMPRESSED_BYTES, Compression
from barnabas.protocol.records.control import (
    ControlType,
    EndTransactionMarker,
    build_end_transaction_marker,
    read_end_transaction_marker,
)
from barnabas.protocol.records.errors import InvalidBatch
from barnabas.protocol.records.header import (
    BATCH_HEADER_BYTES,
    LOG_OVERHEAD_BYTES,
    BatchHeader,
    TimestampType,
    iterate_headers,
    read_header,
    stamp_batch,
    validate_batch,
)
from barnabas.protocol.records.reading import read_records
from barnabas.protocol.records.record import NewRecord, Record, RecordHeaders

__all__ = [
    "BATCH_HEADER_BYTES",
    "LOG_OVERHEAD_BYTES",
    "MAX_DECOMPRESSED_BYTES",
    "BatchHeader",
    "Compression",
    "ControlType",
    "EndTransactionMarker",
    "InvalidBatch",
    "NewRecord",
    "Record",
    "RecordHeaders",
    "TimestampType",
    "build_batch",
    "build_end_transaction_marker",
    "iterate_headers",
    "read_end_transaction_marker",
    "read_header",
    "read_records",
    "stamp_batch",
    "validate_batch",
]
