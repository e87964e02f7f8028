"""Records of `__remote_log_metadata`, in the words of Kafka's tool: the text of its Java objects."""

from __future__ import annotations

from typing import Any, Final

from barnabas.cli.dump_log.decoders import KeyAndValue
from barnabas.cli.dump_log.framed_records import read_frame
from barnabas.cli.output import kafka_text
from barnabas.foundation.identifiers import uuid_to_text
from barnabas.protocol.messages.internal.remote_log_records import (
    RemoteLogSegmentIdEntry,
    RemoteLogSegmentMetadataRecord,
    RemoteLogSegmentMetadataUpdateRecord,
    RemotePartitionDeleteMetadataRecord,
    TopicIdPartitionEntry,
)
from barnabas.protocol.records import Record
from barnabas.protocol.wire import MalformedMessage

REMOTE_LOG_RECORDS: Final[dict[int, type[Any]]] = {
    0: RemoteLogSegmentMetadataRecord,
    1: RemoteLogSegmentMetadataUpdateRecord,
    2: RemotePartitionDeleteMetadataRecord,
}
SEGMENT_STATES: Final = (
    "COPY_SEGMENT_STARTED",
    "COPY_SEGMENT_FINISHED",
    "DELETE_SEGMENT_STARTED",
    "DELETE_SEGMENT_FINISHED",
)
DELETE_STATES: Final = ("DELETE_PARTITION_MARKED", "DELETE_PARTITION_STARTED", "DELETE_PARTITION_FINISHED")


class RemoteLogDecoder:
    """Reads records about segments in remote storage."""

    def decode(self, record: Record) -> KeyAndValue:
        try:
            message, _ = read_frame(record.value or b"", REMOTE_LOG_RECORDS)
            return KeyAndValue(None, _text(message))
        except MalformedMessage as error:
            return KeyAndValue(None, f"Error at offset {record.offset}, skipping. {error}")


def _text(message: Any) -> str:
    match message:
        case RemoteLogSegmentMetadataRecord():
            epochs = {entry.leader_epoch: entry.offset for entry in message.segment_leader_epochs}
            _check_segment(message, epochs)
            return _object(
                "RemoteLogSegmentMetadata",
                remoteLogSegmentId=_segment_id(message.remote_log_segment_id),
                startOffset=message.start_offset,
                endOffset=message.end_offset,
                brokerId=message.broker_id,
                maxTimestampMs=message.max_timestamp_ms,
                eventTimestampMs=message.event_timestamp_ms,
                segmentLeaderEpochs="{" + ", ".join(f"{epoch}={epochs[epoch]}" for epoch in sorted(epochs)) + "}",
                segmentSizeInBytes=message.segment_size_in_bytes,
                customMetadata=_custom_metadata(message.custom_metadata),
                state=_state(SEGMENT_STATES, message.remote_log_segment_state),
                txnIdxEmpty=kafka_text(message.txn_index_empty),
            )
        case RemoteLogSegmentMetadataUpdateRecord():
            return _object(
                "RemoteLogSegmentMetadataUpdate",
                remoteLogSegmentId=_segment_id(message.remote_log_segment_id),
                customMetadata=_custom_metadata(message.custom_metadata),
                state=_state(SEGMENT_STATES, message.remote_log_segment_state),
                eventTimestampMs=message.event_timestamp_ms,
                brokerId=message.broker_id,
            )
    return _object(
        "RemotePartitionDeleteMetadata",
        topicPartition=_partition(message.topic_id_partition),
        state=_state(DELETE_STATES, message.remote_partition_delete_state),
        eventTimestampMs=message.event_timestamp_ms,
        brokerId=message.broker_id,
    )


def _check_segment(message: RemoteLogSegmentMetadataRecord, epochs: dict[int, int]) -> None:
    """MalformedMessage for a segment that can't be."""
    if message.start_offset < 0:
        raise MalformedMessage(
            f"Unexpected start offset = {message.start_offset}. StartOffset for a remote segment cannot be negative"
        )
    if message.end_offset < message.start_offset:
        raise MalformedMessage(
            f"Unexpected end offset = {message.end_offset}. EndOffset for a remote segment cannot be less than "
            f"startOffset = {message.start_offset}"
        )
    if not epochs:
        raise MalformedMessage("segmentLeaderEpochs can not be null or empty")


def _object(name: str, **fields: object) -> str:
    return f"{name}{{{', '.join(f'{field}={value}' for field, value in fields.items())}}}"


def _segment_id(entry: RemoteLogSegmentIdEntry) -> str:
    return _object(
        "RemoteLogSegmentId", topicIdPartition=_partition(entry.topic_id_partition), id=uuid_to_text(entry.id)
    )


def _partition(entry: TopicIdPartitionEntry) -> str:
    return f"{uuid_to_text(entry.id)}:{entry.name}-{entry.partition}"


def _custom_metadata(data: bytes | None) -> str:
    return "Optional.empty" if data is None else f"Optional[CustomMetadata{{{len(data)} bytes}}]"


def _state(names: tuple[str, ...], number: int) -> str:
    if not 0 <= number < len(names):
        raise MalformedMessage(f"state {number}, known are 0 to {len(names) - 1}")
    return names[number]
