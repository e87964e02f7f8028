"""Control records: the ends of transactions, and what a KRaft quorum tells itself.

The key is `version int16 | type int16`; the value depends on the type. Readers accept versions to come.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

from barnabas.cli.dump_log.java_text import json_text
from barnabas.cli.dump_log.message_json import message_json
from barnabas.protocol.messages.internal.kraft_control import (
    KRaftVersionRecord,
    LeaderChangeMessage,
    SnapshotFooterRecord,
    SnapshotHeaderRecord,
    VotersRecord,
)
from barnabas.protocol.records import InvalidBatch, Record, read_end_transaction_marker
from barnabas.protocol.wire import MalformedMessage, codec

_KEY: Final = struct.Struct(">hh")
# Type: how Kafka's tool announces it, and its declaration.
_QUORUM: Final[dict[int, tuple[str, type[Any]]]] = {
    2: ("LeaderChange:", LeaderChangeMessage),
    3: ("SnapshotHeader", SnapshotHeaderRecord),
    4: ("SnapshotFooter", SnapshotFooterRecord),
    5: ("KRaftVersion", KRaftVersionRecord),
    6: ("KRaftVoters", VotersRecord),
}


@dataclass(frozen=True, slots=True)
class ControlRecord:
    """One control record, read."""

    text: str
    tree: dict[str, Any]


def read_control_record(record: Record) -> ControlRecord:
    """InvalidBatch if it is malformed."""
    marker = read_end_transaction_marker(record)
    if marker is not None:
        name, epoch = marker.control_type.name, marker.coordinator_epoch
        return ControlRecord(
            f"endTxnMarker: {name} coordinatorEpoch: {epoch}", {"type": name, "coordinatorEpoch": epoch}
        )
    _, type_code = _KEY.unpack_from(record.key or b"")
    if type_code not in _QUORUM:
        return ControlRecord(f"controlType: UNKNOWN({type_code})", {"type": type_code})
    announced, message_type = _QUORUM[type_code]
    value = record.value or b""
    try:
        # The version is a field of its own, and all of them have been flexible from the beginning.
        version = int.from_bytes(value[:2], "big", signed=True)
        message, _ = codec(message_type, version, True).decode_prefix(value)
    except MalformedMessage as error:
        raise InvalidBatch(f"control record at offset {record.offset}: {error}") from None
    tree = message_json(message, version)
    return ControlRecord(f"{announced} {json_text(tree)}", {"type": announced.removesuffix(":"), "data": tree})
