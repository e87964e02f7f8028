"""Control records: what brokers write between the records of producers to end a transaction (KIP-98).

The key is `version int16 | type int16`, the value of an end marker `version int16 | coordinator_epoch int32`. A control
batch holds one record, bears the control flag, and never reaches an application. Readers accept later versions, which
only append fields.
"""

import struct
from enum import IntEnum
from typing import Final, NamedTuple

from barnabas.protocol.records.building import build_batch
from barnabas.protocol.records.errors import InvalidBatch
from barnabas.protocol.records.record import NewRecord, Record


class ControlType(IntEnum):
    """The types of control record that end a transaction; others exist and are skipped."""

    ABORT = 0
    COMMIT = 1


class EndTransactionMarker(NamedTuple):
    """How a transaction ended, and under which epoch of its coordinator."""

    control_type: ControlType
    coordinator_epoch: int


_KEY: Final = struct.Struct(">hh")
_VALUE: Final = struct.Struct(">hi")
_VERSION: Final = 0


def build_end_transaction_marker(
    marker: EndTransactionMarker,
    *,
    producer_id: int,
    producer_epoch: int,
    timestamp_ms: int,
    base_offset: int = 0,
    leader_epoch: int = -1,
) -> bytearray:
    """Build the control batch that commits or aborts what `producer_id` wrote."""
    key = _KEY.pack(_VERSION, marker.control_type)
    value = _VALUE.pack(_VERSION, marker.coordinator_epoch)
    return build_batch(
        [NewRecord(key, value, timestamp_ms)],
        base_offset=base_offset,
        leader_epoch=leader_epoch,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        is_transactional=True,
        is_control=True,
    )


def read_end_transaction_marker(record: Record) -> EndTransactionMarker | None:
    """Read a record of a control batch; None for types other than commit and abort, InvalidBatch if it is malformed."""
    key = record.key or b""
    value = record.value or b""
    if len(key) < _KEY.size:
        raise InvalidBatch(f"key of a control record has {len(key)} bytes")
    version, type_code = _KEY.unpack_from(key)
    if version < 0:
        raise InvalidBatch(f"version {version} of a control record's key")
    if type_code not in (ControlType.ABORT, ControlType.COMMIT):
        return None
    if len(value) < _VALUE.size:
        raise InvalidBatch(f"value of an end transaction marker has {len(value)} bytes")
    version, coordinator_epoch = _VALUE.unpack_from(value)
    if version < 0:
        raise InvalidBatch(f"version {version} of an end transaction marker")
    return EndTransactionMarker(ControlType(type_code), coordinator_epoch)
