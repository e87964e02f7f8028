"""offset_for_leader_epoch"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class OffsetForLeaderPartition:
    """OffsetForLeaderPartition."""

    partition: Int32
    current_leader_epoch: Int32 = -1
    leader_epoch: Int32 = 0


@struct
class OffsetForLeaderTopic:
    """OffsetForLeaderTopic."""

    topic: str
    partitions: list[OffsetForLeaderPartition] = field(default_factory=list)


@struct
class OffsetForLeaderEpochRequest:
    """OffsetForLeaderEpochRequest."""

    replica_id: Int32 = field(default=-2, versions="3+", ignorable=True)
    topics: list[OffsetForLeaderTopic] = field(default_factory=list)


@struct
class EpochEndOffset:
    """EpochEndOffset."""

    error_code: Int16 = 0
    partition: Int32
    leader_epoch: Int32 = -1
    end_offset: Int64 = -1


@struct
class OffsetForLeaderTopicResult:
    """OffsetForLeaderTopicResult."""

    topic: str
    partitions: list[EpochEndOffset] = field(default_factory=list)


@struct
class OffsetForLeaderEpochResponse:
    """OffsetForLeaderEpochResponse."""

    throttle_time_ms: Int32 = 0
    topics: list[OffsetForLeaderTopicResult] = field(default_factory=list)


OFFSET_FOR_LEADER_EPOCH: Final = Api(
    23, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, versions="2-4", flexible="4+"
)
