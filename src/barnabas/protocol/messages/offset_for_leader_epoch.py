"""OffsetForLeaderEpoch: where a leader epoch ended; how readers find out that the log was truncated (KIP-320)."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class OffsetForLeaderPartition:
    """The epoch to look up."""

    partition: Int32
    current_leader_epoch: Int32 = -1
    leader_epoch: Int32 = 0


@struct
class OffsetForLeaderTopic:
    """Partitions of one topic."""

    topic: str
    partitions: list[OffsetForLeaderPartition] = field(default_factory=list)


@struct
class OffsetForLeaderEpochRequest:
    """The epochs asked about."""

    replica_id: Int32 = field(default=-2, versions="3+", ignorable=True)
    topics: list[OffsetForLeaderTopic] = field(default_factory=list)


@struct
class EpochEndOffset:
    """The largest epoch not above the one asked for, and the offset where it ended."""

    error_code: Int16 = 0
    partition: Int32
    leader_epoch: Int32 = -1
    end_offset: Int64 = -1


@struct
class OffsetForLeaderTopicResult:
    """What was found for one topic."""

    topic: str
    partitions: list[EpochEndOffset] = field(default_factory=list)


@struct
class OffsetForLeaderEpochResponse:
    """Where the epochs ended."""

    throttle_time_ms: Int32 = 0
    topics: list[OffsetForLeaderTopicResult] = field(default_factory=list)


OFFSET_FOR_LEADER_EPOCH: Final = Api(
    23, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, versions="2-4", flexible="4+"
)
