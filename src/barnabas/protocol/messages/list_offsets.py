"""list_offsets"""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, Int64, field, struct


@struct
class ListOffsetsPartition:
    """ListOffsetsPartition."""

    partition_index: Int32
    current_leader_epoch: Int32 = field(default=-1, versions="4+", ignorable=True)
    timestamp: Int64 = 0


@struct
class ListOffsetsTopic:
    """ListOffsetsTopic."""

    name: str
    partitions: list[ListOffsetsPartition] = field(default_factory=list)


@struct
class ListOffsetsRequest:
    """ListOffsetsRequest."""

    replica_id: Int32 = 0
    isolation_level: Int8 = field(default=0, versions="2+")
    topics: list[ListOffsetsTopic] = field(default_factory=list)
    timeout_ms: Int32 = field(default=0, versions="10+", ignorable=True)


@struct
class ListOffsetsPartitionResponse:
    """ListOffsetsPartitionResponse."""

    partition_index: Int32
    error_code: Int16 = 0
    timestamp: Int64 = -1
    offset: Int64 = -1
    leader_epoch: Int32 = field(default=-1, versions="4+")


@struct
class ListOffsetsTopicResponse:
    """ListOffsetsTopicResponse."""

    name: str
    partitions: list[ListOffsetsPartitionResponse] = field(default_factory=list)


@struct
class ListOffsetsResponse:
    """ListOffsetsResponse."""

    throttle_time_ms: Int32 = field(default=0, versions="2+", ignorable=True)
    topics: list[ListOffsetsTopicResponse] = field(default_factory=list)


LIST_OFFSETS: Final = Api(2, ListOffsetsRequest, ListOffsetsResponse, versions="1-11", flexible="6+")
