"""Records of `__cluster_metadata`: what a KRaft cluster knows of itself. A record's kind is its number in the frame."""

from __future__ import annotations

import re
from typing import Any, Final

from barnabas.cli.dump_log.decoders import KeyAndValue
from barnabas.cli.dump_log.framed_records import read_frame
from barnabas.cli.dump_log.message_json import message_json
from barnabas.protocol.messages.internal.cluster_metadata import (
    AbortTransactionRecord,
    AccessControlEntryRecord,
    BeginTransactionRecord,
    ClientQuotaRecord,
    ConfigRecord,
    DelegationTokenRecord,
    EndTransactionRecord,
    FeatureLevelRecord,
    PartitionChangeRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RemoveAccessControlEntryRecord,
    RemoveDelegationTokenRecord,
    RemoveTopicRecord,
    RemoveUserScramCredentialRecord,
    TopicRecord,
    UserScramCredentialRecord,
)
from barnabas.protocol.messages.internal.kraft_nodes import (
    BrokerRegistrationChangeRecord,
    ClearElrRecord,
    FenceBrokerRecord,
    NoOpRecord,
    RegisterBrokerRecord,
    RegisterControllerRecord,
    UnfenceBrokerRecord,
    UnregisterBrokerRecord,
    ZkMigrationStateRecord,
)
from barnabas.protocol.records import Record
from barnabas.protocol.wire import MalformedMessage

METADATA_RECORDS: Final[dict[int, type[Any]]] = {
    0: RegisterBrokerRecord,
    1: UnregisterBrokerRecord,
    2: TopicRecord,
    3: PartitionRecord,
    4: ConfigRecord,
    5: PartitionChangeRecord,
    7: FenceBrokerRecord,
    8: UnfenceBrokerRecord,
    9: RemoveTopicRecord,
    10: DelegationTokenRecord,
    11: UserScramCredentialRecord,
    12: FeatureLevelRecord,
    14: ClientQuotaRecord,
    15: ProducerIdsRecord,
    17: BrokerRegistrationChangeRecord,
    18: AccessControlEntryRecord,
    19: RemoveAccessControlEntryRecord,
    20: NoOpRecord,
    21: ZkMigrationStateRecord,
    22: RemoveUserScramCredentialRecord,
    23: BeginTransactionRecord,
    24: EndTransactionRecord,
    25: AbortTransactionRecord,
    26: RemoveDelegationTokenRecord,
    27: RegisterControllerRecord,
    28: ClearElrRecord,
}


class MetadataDecoder:
    """Reads records of the cluster's metadata."""

    def decode(self, record: Record) -> KeyAndValue:
        try:
            message, version = read_frame(record.value or b"", METADATA_RECORDS)
        except MalformedMessage as error:
            return KeyAndValue(None, f"Error at {record.offset}, skipping. {error}")
        kind = _upper_snake_case(type(message).__name__)
        return KeyAndValue(None, {"type": kind, "version": version, "data": message_json(message, version)})


def _upper_snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
