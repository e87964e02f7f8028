"""OffsetCommit: store how far a group has read.

Version 6 stores leader epochs (KIP-320), 7 knows static members (KIP-345), 9 serves the consumer protocol of
KIP-848, 10 names topics by ID.
"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class OffsetCommitRequestPartition:
    """The offset to store for one partition: that of the next record to read."""

    partition_index: Int32
    committed_offset: Int64 = 0
    committed_leader_epoch: Int32 = field(default=-1, versions="6+", ignorable=True)
    committed_metadata: str | None = ""


@struct
class OffsetCommitRequestTopic:
    """Offsets to store for one topic."""

    name: str = field(default="", versions="0-9", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="10+", ignorable=True)
    partitions: list[OffsetCommitRequestPartition] = field(default_factory=list)


@struct
class OffsetCommitRequest:
    """Offsets to store for a group."""

    group_id: str
    generation_id_or_member_epoch: Int32 = -1
    member_id: str
    group_instance_id: str | None = field(default=None, versions="7+")
    retention_time_ms: Int64 = field(default=-1, versions="2-4", ignorable=True)
    topics: list[OffsetCommitRequestTopic] = field(default_factory=list)


@struct
class OffsetCommitResponsePartition:
    """The outcome for one partition."""

    partition_index: Int32
    error_code: Int16 = 0


@struct
class OffsetCommitResponseTopic:
    """The outcome for one topic."""

    name: str = field(default="", versions="0-9", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="10+", ignorable=True)
    partitions: list[OffsetCommitResponsePartition] = field(default_factory=list)


@struct
class OffsetCommitResponse:
    """The outcome per partition."""

    throttle_time_ms: Int32 = field(default=0, versions="3+", ignorable=True)
    topics: list[OffsetCommitResponseTopic] = field(default_factory=list)


OFFSET_COMMIT: Final = Api(8, OffsetCommitRequest, OffsetCommitResponse, versions="2-10", flexible="8+")
