"""offset_fetch"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class OffsetFetchRequestTopic:
    """OffsetFetchRequestTopic."""

    name: str
    partition_indexes: list[Int32] = field(default_factory=list)


@struct
class OffsetFetchRequestTopics:
    """OffsetFetchRequestTopics."""

    name: str = field(default="", versions="8-9", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="10+", ignorable=True)
    partition_indexes: list[Int32] = field(default_factory=list)


@struct
class OffsetFetchRequestGroup:
    """OffsetFetchRequestGroup."""

    group_id: str
    member_id: str | None = field(default=None, versions="9+", ignorable=True)
    member_epoch: Int32 = field(default=-1, versions="9+", ignorable=True)
    topics: list[OffsetFetchRequestTopics] | None = field(default_factory=list)


@struct
class OffsetFetchRequest:
    """OffsetFetchRequest."""

    group_id: str = field(default="", versions="0-7")
    topics: list[OffsetFetchRequestTopic] | None = field(default_factory=list, versions="0-7", nullable="2-7")
    groups: list[OffsetFetchRequestGroup] = field(default_factory=list, versions="8+")
    require_stable: bool = field(default=False, versions="7+")


@struct
class OffsetFetchResponsePartition:
    """OffsetFetchResponsePartition."""

    partition_index: Int32
    committed_offset: Int64 = 0
    committed_leader_epoch: Int32 = field(default=-1, versions="5-7", ignorable=True)
    metadata: str | None = ""
    error_code: Int16 = 0


@struct
class OffsetFetchResponseTopic:
    """OffsetFetchResponseTopic."""

    name: str
    partitions: list[OffsetFetchResponsePartition] = field(default_factory=list)


@struct
class OffsetFetchResponsePartitions:
    """OffsetFetchResponsePartitions."""

    partition_index: Int32
    committed_offset: Int64 = 0
    committed_leader_epoch: Int32 = -1
    metadata: str | None = ""
    error_code: Int16 = 0


@struct
class OffsetFetchResponseTopics:
    """OffsetFetchResponseTopics."""

    name: str = field(default="", versions="8-9", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="10+", ignorable=True)
    partitions: list[OffsetFetchResponsePartitions] = field(default_factory=list)


@struct
class OffsetFetchResponseGroup:
    """OffsetFetchResponseGroup."""

    group_id: str
    topics: list[OffsetFetchResponseTopics] = field(default_factory=list)
    error_code: Int16 = 0


@struct
class OffsetFetchResponse:
    """OffsetFetchResponse."""

    throttle_time_ms: Int32 = field(default=0, versions="3+", ignorable=True)
    topics: list[OffsetFetchResponseTopic] = field(default_factory=list, versions="0-7")
    error_code: Int16 = field(default=0, versions="2-7", ignorable=True)
    groups: list[OffsetFetchResponseGroup] = field(default_factory=list, versions="8+")


OFFSET_FETCH: Final = Api(9, OffsetFetchRequest, OffsetFetchResponse, versions="1-10", flexible="6+")
