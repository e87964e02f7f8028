"""OffsetDelete: forget a group's committed offsets of some partitions (KIP-496)."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class OffsetDeleteRequestPartition:
    """A partition whose offset to forget."""

    partition_index: Int32


@struct
class OffsetDeleteRequestTopic:
    """Partitions of one topic."""

    name: str
    partitions: list[OffsetDeleteRequestPartition] = field(default_factory=list)


@struct
class OffsetDeleteRequest:
    """Offsets of a group to forget."""

    group_id: str
    topics: list[OffsetDeleteRequestTopic] = field(default_factory=list)


@struct
class OffsetDeleteResponsePartition:
    """The outcome for one partition."""

    partition_index: Int32
    error_code: Int16 = 0


@struct
class OffsetDeleteResponseTopic:
    """The outcome for one topic."""

    name: str
    partitions: list[OffsetDeleteResponsePartition] = field(default_factory=list)


@struct
class OffsetDeleteResponse:
    """The outcome per partition."""

    error_code: Int16 = 0
    throttle_time_ms: Int32 = 0
    topics: list[OffsetDeleteResponseTopic] = field(default_factory=list)


OFFSET_DELETE: Final = Api(47, OffsetDeleteRequest, OffsetDeleteResponse, versions="0")
