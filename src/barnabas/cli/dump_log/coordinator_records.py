"""Records of coordinators: `__consumer_offsets`, `__transaction_state` and `__share_group_state`.

A key begins with its type, a value with its version, both int16; keys are never flexible. A record that makes no sense
is told in its place, and the next one is read.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from barnabas.cli.dump_log.decoders import KeyAndValue
from barnabas.cli.dump_log.message_json import message_json
from barnabas.cli.failures import ToolFailure
from barnabas.protocol.messages.internal.consumer_group_records import (
    ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupCurrentMemberAssignmentValue,
    ConsumerGroupMemberMetadataKey,
    ConsumerGroupMemberMetadataValue,
    ConsumerGroupMetadataKey,
    ConsumerGroupMetadataValue,
    ConsumerGroupPartitionMetadataKey,
    ConsumerGroupPartitionMetadataValue,
    ConsumerGroupRegularExpressionKey,
    ConsumerGroupRegularExpressionValue,
    ConsumerGroupTargetAssignmentMemberKey,
    ConsumerGroupTargetAssignmentMemberValue,
    ConsumerGroupTargetAssignmentMetadataKey,
    ConsumerGroupTargetAssignmentMetadataValue,
)
from barnabas.protocol.messages.internal.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
)
from barnabas.protocol.messages.internal.group_metadata import GroupMetadataKey, GroupMetadataValue
from barnabas.protocol.messages.internal.offset_commit import OffsetCommitKey, OffsetCommitValue
from barnabas.protocol.messages.internal.share_group_records import (
    ShareGroupCurrentMemberAssignmentKey,
    ShareGroupCurrentMemberAssignmentValue,
    ShareGroupMemberMetadataKey,
    ShareGroupMemberMetadataValue,
    ShareGroupMetadataKey,
    ShareGroupMetadataValue,
    ShareGroupStatePartitionMetadataKey,
    ShareGroupStatePartitionMetadataValue,
    ShareGroupTargetAssignmentMemberKey,
    ShareGroupTargetAssignmentMemberValue,
    ShareGroupTargetAssignmentMetadataKey,
    ShareGroupTargetAssignmentMetadataValue,
)
from barnabas.protocol.messages.internal.share_state import (
    ShareSnapshotKey,
    ShareSnapshotValue,
    ShareUpdateKey,
    ShareUpdateValue,
)
from barnabas.protocol.messages.internal.streams_group_records import (
    StreamsGroupCurrentMemberAssignmentKey,
    StreamsGroupCurrentMemberAssignmentValue,
    StreamsGroupMemberMetadataKey,
    StreamsGroupMemberMetadataValue,
    StreamsGroupMetadataKey,
    StreamsGroupMetadataValue,
    StreamsGroupTargetAssignmentMemberKey,
    StreamsGroupTargetAssignmentMemberValue,
    StreamsGroupTargetAssignmentMetadataKey,
    StreamsGroupTargetAssignmentMetadataValue,
    StreamsGroupTopologyKey,
    StreamsGroupTopologyValue,
)
from barnabas.protocol.messages.internal.transaction_log import TransactionLogKey, TransactionLogValue
from barnabas.protocol.records import Record
from barnabas.protocol.wire import MalformedMessage, codec


class RecordType(NamedTuple):
    """Declarations of key and value, the value's newest version and its first flexible one."""

    key: type[Any]
    value: type[Any]
    newest_version: int = 0
    flexible_from: int = 0


RecordTypes: TypeAlias = Mapping[int, RecordType]

GROUP_RECORDS: Final[RecordTypes] = {
    0: RecordType(OffsetCommitKey, OffsetCommitValue, flexible_from=4),
    1: RecordType(OffsetCommitKey, OffsetCommitValue, newest_version=4, flexible_from=4),
    2: RecordType(GroupMetadataKey, GroupMetadataValue, newest_version=4, flexible_from=4),
    3: RecordType(ConsumerGroupMetadataKey, ConsumerGroupMetadataValue),
    4: RecordType(ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue),
    5: RecordType(ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue),
    6: RecordType(ConsumerGroupTargetAssignmentMetadataKey, ConsumerGroupTargetAssignmentMetadataValue),
    7: RecordType(ConsumerGroupTargetAssignmentMemberKey, ConsumerGroupTargetAssignmentMemberValue),
    8: RecordType(ConsumerGroupCurrentMemberAssignmentKey, ConsumerGroupCurrentMemberAssignmentValue),
    10: RecordType(ShareGroupMemberMetadataKey, ShareGroupMemberMetadataValue),
    11: RecordType(ShareGroupMetadataKey, ShareGroupMetadataValue),
    12: RecordType(ShareGroupTargetAssignmentMetadataKey, ShareGroupTargetAssignmentMetadataValue),
    13: RecordType(ShareGroupTargetAssignmentMemberKey, ShareGroupTargetAssignmentMemberValue),
    14: RecordType(ShareGroupCurrentMemberAssignmentKey, ShareGroupCurrentMemberAssignmentValue),
    15: RecordType(ShareGroupStatePartitionMetadataKey, ShareGroupStatePartitionMetadataValue),
    16: RecordType(ConsumerGroupRegularExpressionKey, ConsumerGroupRegularExpressionValue),
    17: RecordType(StreamsGroupMetadataKey, StreamsGroupMetadataValue),
    19: RecordType(StreamsGroupMemberMetadataKey, StreamsGroupMemberMetadataValue),
    20: RecordType(StreamsGroupTargetAssignmentMetadataKey, StreamsGroupTargetAssignmentMetadataValue),
    21: RecordType(StreamsGroupTargetAssignmentMemberKey, StreamsGroupTargetAssignmentMemberValue),
    22: RecordType(StreamsGroupCurrentMemberAssignmentKey, StreamsGroupCurrentMemberAssignmentValue),
    23: RecordType(StreamsGroupTopologyKey, StreamsGroupTopologyValue),
}
TRANSACTION_RECORDS: Final[RecordTypes] = {
    0: RecordType(TransactionLogKey, TransactionLogValue, newest_version=1, flexible_from=1)
}
SHARE_STATE_RECORDS: Final[RecordTypes] = {
    0: RecordType(ShareSnapshotKey, ShareSnapshotValue),
    1: RecordType(ShareUpdateKey, ShareUpdateValue),
}
NEVER_FLEXIBLE: Final = 1 << 15
DELETED: Final = "<DELETE>"
CONSUMER_PROTOCOL: Final = "consumer"
_INT16: Final = struct.Struct(">h")


@dataclass(frozen=True, slots=True)
class CoordinatorDecoder:
    """Reads the records of one coordinator's topic."""

    record_types: RecordTypes

    def decode(self, record: Record) -> KeyAndValue:
        if record.key is None:
            raise ToolFailure(
                f"Failed to decode message at offset {record.offset} using the specified decoder "
                "(message had a missing key)"
            )
        try:
            type_code = _version_of(record.key, "key")
            if type_code not in self.record_types:
                return KeyAndValue(f"Unknown record type {type_code} at offset {record.offset}, skipping.", None)
            record_type = self.record_types[type_code]
            key = _read(record_type.key, record.key, 0, "key", flexible_from=NEVER_FLEXIBLE)
            key_tree = {"type": str(type_code), "data": message_json(key, 0)}
            if record.value is None:
                return KeyAndValue(key_tree, DELETED)
            version = _version_of(record.value, "value")
            if not 0 <= version <= record_type.newest_version:
                raise MalformedMessage(f"Found an unknown record version {version} for {type_code} type")
            value = _read(record_type.value, record.value, version, "value", flexible_from=record_type.flexible_from)
        except MalformedMessage as error:
            return KeyAndValue(f"Error at offset {record.offset}, skipping. {error}", None)
        return KeyAndValue(key_tree, {"version": str(version), "data": _value_tree(value, version)})


def _version_of(data: bytes, part: str) -> int:
    if len(data) < _INT16.size:
        raise MalformedMessage(f"Could not read version from {part}'s buffer.")
    version: int = _INT16.unpack_from(data)[0]
    return version


def _read(message_type: type[Any], data: bytes, version: int, part: str, *, flexible_from: int) -> Any:
    try:
        return codec(message_type, version, version >= flexible_from).decode_prefix(data, _INT16.size)[0]
    except MalformedMessage as error:
        raise MalformedMessage(
            f"Could not read record with version {version} from {part}'s buffer due to: {error}."
        ) from None


def _value_tree(value: Any, version: int) -> dict[str, Any]:
    tree = message_json(value, version)
    if isinstance(value, GroupMetadataValue) and value.protocol_type == CONSUMER_PROTOCOL:
        for member in tree["members"]:
            member["subscription"] = _embedded(member["subscription"], ConsumerProtocolSubscription)
            member["assignment"] = _embedded(member["assignment"], ConsumerProtocolAssignment)
    return tree


def _embedded(encoded: str, message_type: type[Any]) -> Any:
    """What consumers tell each other through the coordinator, opened; base64 where it is something else."""
    data = base64.b64decode(encoded)
    try:
        version = _version_of(data, "consumer's")
        if version < 0:
            return encoded
        message, _ = codec(message_type, version, False).decode_prefix(data, _INT16.size)
    except MalformedMessage:
        return encoded
    return message_json(message, version)
