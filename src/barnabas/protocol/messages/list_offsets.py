"""ListOffsets: find an offset by time, or by one of the special times (-1 latest, -2 earliest, and so on).

Version 2 asks for an isolation level, 4 fences by leader epoch (KIP-320); later ones add special times only: -3 in
version 7 (KIP-734), -4 in 8 (KIP-405), -5 in 9 (KIP-1005), -6 in 11 (KIP-1023).
"""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, Int64, field, struct


@struct
class ListOffsetsPartition:
    """A partition and the time to look up."""

    partition_index: Int32
    current_leader_epoch: Int32 = field(default=-1, versions="4+", ignorable=True)
    timestamp: Int64 = 0


@struct
class ListOffsetsTopic:
    """Partitions of one topic."""

    name: str
    partitions: list[ListOffsetsPartition] = field(default_factory=list)


@struct
class ListOffsetsRequest:
    """Partitions and the times to look up in them."""

    replica_id: Int32 = 0
    isolation_level: Int8 = field(default=0, versions="2+")
    topics: list[ListOffsetsTopic] = field(default_factory=list)
    timeout_ms: Int32 = field(default=0, versions="10+", ignorable=True)


@struct
class ListOffsetsPartitionResponse:
    """The first offset at or after the time, with its own time; -1 when there is none."""

    partition_index: Int32
    error_code: Int16 = 0
    timestamp: Int64 = -1
    offset: Int64 = -1
    leader_epoch: Int32 = field(default=-1, versions="4+")


@struct
class ListOffsetsTopicResponse:
    """What was found in one topic."""

    name: str
    partitions: list[ListOffsetsPartitionResponse] = field(default_factory=list)


@struct
class ListOffsetsResponse:
    """The offsets found."""

    throttle_time_ms: Int32 = field(default=0, versions="2+", ignorable=True)
    topics: list[ListOffsetsTopicResponse] = field(default_factory=list)


LIST_OFFSETS: Final = Api(2, ListOffsetsRequest, ListOffsetsResponse, versions="1-11", flexible="6+")
