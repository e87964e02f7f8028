"""Records of `__remote_log_metadata`: which segments lie in remote storage (KIP-405).

A value begins with its type and its version as unsigned varints.
"""

import uuid

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Int8, Int32, Int64, field, struct


@struct
class TopicIdPartitionEntry:
    """A partition of a topic."""

    name: str = ""
    id: uuid.UUID = ZERO_UUID
    partition: Int32 = 0


@struct
class RemoteLogSegmentIdEntry:
    """A segment in remote storage."""

    topic_id_partition: TopicIdPartitionEntry = field(default_factory=TopicIdPartitionEntry)
    id: uuid.UUID = ZERO_UUID


@struct
class SegmentLeaderEpochEntry:
    """Where in the segment a leader epoch begins."""

    leader_epoch: Int32 = 0
    offset: Int64 = 0


@struct
class RemoteLogSegmentMetadataRecord:
    """A segment that is copied to remote storage."""

    remote_log_segment_id: RemoteLogSegmentIdEntry = field(default_factory=RemoteLogSegmentIdEntry)
    start_offset: Int64 = 0
    end_offset: Int64 = 0
    broker_id: Int32 = 0
    max_timestamp_ms: Int64 = 0
    event_timestamp_ms: Int64 = 0
    segment_leader_epochs: list[SegmentLeaderEpochEntry] = field(default_factory=list)
    segment_size_in_bytes: Int32 = 0
    custom_metadata: bytes | None = None
    remote_log_segment_state: Int8 = 0
    txn_index_empty: bool = field(default=False, tag=0)


@struct
class RemoteLogSegmentMetadataUpdateRecord:
    """A segment's new state."""

    remote_log_segment_id: RemoteLogSegmentIdEntry = field(default_factory=RemoteLogSegmentIdEntry)
    broker_id: Int32 = 0
    event_timestamp_ms: Int64 = 0
    custom_metadata: bytes | None = None
    remote_log_segment_state: Int8 = 0


@struct
class RemotePartitionDeleteMetadataRecord:
    """How far a partition's deletion has come."""

    topic_id_partition: TopicIdPartitionEntry = field(default_factory=TopicIdPartitionEntry)
    broker_id: Int32 = 0
    event_timestamp_ms: Int64 = 0
    remote_partition_delete_state: Int8 = 0
