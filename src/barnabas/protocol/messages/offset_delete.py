"""offset_delete"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class OffsetDeleteRequestPartition:
    """OffsetDeleteRequestPartition."""

    partition_index: Int32


@struct
class OffsetDeleteRequestTopic:
    """OffsetDeleteRequestTopic."""

    name: str
    partitions: list[OffsetDeleteRequestPartition] = field(default_factory=list)


@struct
class OffsetDeleteRequest:
    """OffsetDeleteRequest."""

    group_id: str
    topics: list[OffsetDeleteRequestTopic] = field(default_factory=list)


@struct
class OffsetDeleteResponsePartition:
    """OffsetDeleteResponsePartition."""

    partition_index: Int32
    error_code: Int16 = 0


@struct
class OffsetDeleteResponseTopic:
    """OffsetDeleteResponseTopic."""

    name: str
    partitions: list[OffsetDeleteResponsePartition] = field(default_factory=list)


@struct
class OffsetDeleteResponse:
    """OffsetDeleteResponse."""

    error_code: Int16 = 0
    throttle_time_ms: Int32 = 0
    topics: list[OffsetDeleteResponseTopic] = field(default_factory=list)


OFFSET_DELETE: Final = Api(47, OffsetDeleteRequest, OffsetDeleteResponse, versions="0")
