"""One record of every kind that a decoder of dump-log knows, in every version, written by our own codecs.

Values are made from the declarations: once all defaults, once everything set and lists with two entries, once with null
wherever that is allowed.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from barnabas.cli.dump_log.coordinator_records import (
    GROUP_RECORDS,
    SHARE_STATE_RECORDS,
    TRANSACTION_RECORDS,
    RecordTypes,
)
from barnabas.cli.dump_log.metadata_records import METADATA_RECORDS
from barnabas.cli.dump_log.remote_log_metadata import REMOTE_LOG_RECORDS
from barnabas.protocol.messages.internal.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
)
from barnabas.protocol.messages.internal.group_metadata import GroupMetadataValue, MemberMetadata
from barnabas.protocol.records import NewRecord, build_batch
from barnabas.protocol.wire import codec
from barnabas.protocol.wire.schema import Array, FieldSchema, Kind, Struct, Text, schema_of
from barnabas.protocol.wire.types import BOOLEAN, UUID, Fixed
from barnabas.protocol.wire.varint import unsigned_varint

NOW_MS: Final = 1_700_000_000_000
# The newest version that Kafka 4.1 writes, where it is not 0.
NEWEST: Final[Mapping[str, int]] = {
    "PartitionRecord": 2,
    "PartitionChangeRecord": 2,
    "RegisterBrokerRecord": 3,
    "BrokerRegistrationChangeRecord": 2,
}
# Kafka reads these numbers as names, and knows only a few.
ENUMERATED: Final = {"remote_log_segment_state": 3, "remote_partition_delete_state": 2}
AWKWARD_TEXT: Final = 'quote " backslash \\ bell \x07 unit \x1f tab \t del \x7f ü € 😀 </'
STYLES: Final = ("defaults", "full", "nulls")


class _Maker:
    """Makes messages in one style."""

    def __init__(self, style: str, version: int) -> None:
        self.style = style
        self.version = version
        self._numbers = itertools.count(1)

    def struct(self, cls: type[Any]) -> Any:
        return cls(**{declared.name: self.field(declared) for declared in schema_of(cls) if self.has(declared)})

    def has(self, declared: FieldSchema) -> bool:
        return declared.is_in(self.version) and not (self.style == "defaults" and declared.default is not None)

    def field(self, declared: FieldSchema) -> Any:
        if self.style == "nulls" and declared.is_nullable(self.version):
            return None
        if declared.name in ENUMERATED:
            return ENUMERATED[declared.name]
        return self.value(declared.kind)

    def value(self, kind: Kind) -> Any:
        number = next(self._numbers)
        match kind:
            case Struct():
                return self.struct(kind.type)
            case Array():
                return [self.value(kind.element) for _ in range(2)]
            case Text():
                return f"text {number}" if number % 3 else AWKWARD_TEXT
            case Fixed() if kind is BOOLEAN:
                return True
            case Fixed() if kind is UUID:
                return uuid.UUID(int=number << 90 | 0xABCDEF)
            case Fixed(code="d"):
                return 1234567.875 * 10 ** (number % 9)
            case Fixed():
                return number if kind.size == 1 else (1 << (8 * kind.size - 2)) + number
        return bytes(range(number))


def _versions(message_type: type[Any]) -> range:
    return range(NEWEST.get(message_type.__name__, 0) + 1)


def coordinator_records(types: RecordTypes) -> Iterator[NewRecord]:
    """Keys with values of every version, with no value, and a few that make no sense."""
    for type_code, (key_type, value_type, newest_version, flexible_from) in types.items():
        for style in STYLES:
            key = type_code.to_bytes(2, "big") + codec(key_type, 0, False).encode(_Maker("full", 0).struct(key_type))
            for version in range(newest_version + 1):
                value = _Maker(style, version).struct(value_type)
                encoded = codec(value_type, version, version >= flexible_from).encode(value)
                yield NewRecord(key, version.to_bytes(2, "big") + encoded, NOW_MS)
        yield NewRecord(key, None, NOW_MS)
    yield NewRecord(b"\x03\xe7", b"?", NOW_MS)
    yield NewRecord(b"\x00", b"?", NOW_MS)
    yield NewRecord(key, b"\x00", NOW_MS)
    yield NewRecord(key, b"\x00\x09", NOW_MS)


def groups_of_consumers() -> Iterator[NewRecord]:
    """Members whose subscriptions can be opened, in every version, and some whose can't."""
    for version in range(4):
        parts = []
        for message_type in (ConsumerProtocolSubscription, ConsumerProtocolAssignment):
            message = _Maker("full", version).struct(message_type)
            parts.append(version.to_bytes(2, "big") + codec(message_type, version, False).encode(message))
        for subscription, assignment in (parts, (b"", b"\x00"), (b"\x00\x00\x00\x00\x00\x09", b"\xff\xff\x00")):
            member = MemberMetadata(member_id="m", client_id="c", subscription=subscription, assignment=assignment)
            value = GroupMetadataValue(protocol_type="consumer", members=[member])
            encoded = b"\x00\x03" + codec(GroupMetadataValue, 3, False).encode(value)
            yield NewRecord(b"\x00\x02\x00\x01g", encoded, NOW_MS)


def framed_records(kinds: Mapping[int, type[Any]]) -> Iterator[NewRecord]:
    """Frames with every kind and version, and a few that are none."""
    for kind, message_type in kinds.items():
        for version, style in itertools.product(_versions(message_type), STYLES):
            encoded = codec(message_type, version, True).encode(_Maker(style, version).struct(message_type))
            yield NewRecord(None, b"".join(map(unsigned_varint, (1, kind, version))) + encoded, NOW_MS)
    for broken in (b"", b"\x00", b"\x02", b"\x01", b"\x01\x00", b"\xff\xff\xff\xff\xff\xff", b"\x01\x02\x00\x00"):
        yield NewRecord(None, broken, NOW_MS)


def log_of(records: Iterator[NewRecord]) -> bytes:
    """Batches of one record each, so that a reader who stumbles loses no more than that."""
    return b"".join(bytes(build_batch([record], base_offset=offset)) for offset, record in enumerate(records))


SAMPLES: Final[Mapping[str, Callable[[], Iterator[NewRecord]]]] = {
    "--offsets-decoder": lambda: itertools.chain(coordinator_records(GROUP_RECORDS), groups_of_consumers()),
    "--transaction-log-decoder": lambda: coordinator_records(TRANSACTION_RECORDS),
    "--share-group-state-decoder": lambda: coordinator_records(SHARE_STATE_RECORDS),
    "--cluster-metadata-decoder": lambda: framed_records(METADATA_RECORDS),
    "--remote-log-metadata-decoder": lambda: framed_records(REMOTE_LOG_RECORDS),
}
"""The decoders of dump-log, and records for each."""
