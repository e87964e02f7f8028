"""Values that are a frame around one record: unsigned varints for the frame's version (1), kind and version, then it.

The records of `__cluster_metadata` and `__remote_log_metadata` come so; all are flexible in every version. Neither
topic has keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from barnabas.protocol.wire import MalformedMessage, codec
from barnabas.protocol.wire.errors import Refused
from barnabas.protocol.wire.varint import read_unsigned_varint

FRAME_VERSION: Final = 1


class FramedRecord(NamedTuple):
    """What was in the frame."""

    message: Any
    version: int


def read_frame(value: bytes, kinds: Mapping[int, type[Any]]) -> FramedRecord:
    """MalformedMessage for bytes that are no frame with one of these kinds of record in it."""
    frame_version, position = _varint(value, 0, "frame version")
    if frame_version == 0:
        raise MalformedMessage(
            "Could not deserialize metadata record with frame version 0. Note that upgrades from the preview release "
            "of KRaft in 2.8 to newer versions are not supported."
        )
    if frame_version != FRAME_VERSION:
        raise MalformedMessage(
            f"Could not deserialize metadata record due to unknown frame version {frame_version}"
            f"(only frame version {FRAME_VERSION} is supported)"
        )
    kind, position = _varint(value, position, "type")
    version, position = _varint(value, position, "version")
    if kind not in kinds:
        raise MalformedMessage(f"Unknown metadata id {kind}")
    try:
        message, end = codec(kinds[kind], version, True).decode_prefix(value, position)
    except MalformedMessage:
        raise MalformedMessage(f"Failed to deserialize record with type {kind}") from None
    if end != len(value):
        raise MalformedMessage(f"Found {len(value) - end} byte(s) of garbage after {kind}")
    return FramedRecord(message, version)


def _varint(value: bytes, position: int, what: str) -> tuple[int, int]:
    try:
        return read_unsigned_varint(value, position)
    except (IndexError, Refused):
        raise MalformedMessage(f"Error while reading {what}") from None
