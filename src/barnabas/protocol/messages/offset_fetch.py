"""OffsetFetch: how far groups have read.

Up to version 7 a request is about one group and uses `topics`; since version 8 it is about any number of groups and
uses `groups`, and so does the response (KIP-709). Null topics mean all that the group has committed.
"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class OffsetFetchRequestTopic:
    """Partitions of one topic, up to version 7."""

    name: str
    partition_indexes: list[Int32] = field(default_factory=list)


@struct
class OffsetFetchRequestTopics:
    """Partitions of one topic, since version 8."""

    name: str = field(default="", versions="8-9", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="10+", ignorable=True)
    partition_indexes: list[Int32] = field(default_factory=list)


@struct
class OffsetFetchRequestGroup:
    """A group, and what to tell about it, since version 8."""

    group_id: str
    member_id: str | None = field(default=None, versions="9+", ignorable=True)
    member_epoch: Int32 = field(default=-1, versions="9+", ignorable=True)
    topics: list[OffsetFetchRequestTopics] | None = field(default_factory=list)


@struct
class OffsetFetchRequest:
    """The groups, topics and partitions asked about."""

    group_id: str = field(default="", versions="0-7")
    topics: list[OffsetFetchRequestTopic] | None = field(default_factory=list, versions="0-7", nullable="2-7")
    groups: list[OffsetFetchRequestGroup] = field(default_factory=list, versions="8+")
    require_stable: bool = field(default=False, versions="7+")


@struct
class OffsetFetchResponsePartition:
    """The offset of one partition, up to version 7."""

    partition_index: Int32
    committed_offset: Int64 = 0
    committed_leader_epoch: Int32 = field(default=-1, versions="5-7", ignorable=True)
    metadata: str | None = ""
    error_code: Int16 = 0


@struct
class OffsetFetchResponseTopic:
    """Offsets of one topic, up to version 7."""

    name: str
    partitions: list[OffsetFetchResponsePartition] = field(default_factory=list)


@struct
class OffsetFetchResponsePartitions:
    """The offset of one partition, since version 8."""

    partition_index: Int32
    committed_offset: Int64 = 0
    committed_leader_epoch: Int32 = -1
    metadata: str | None = ""
    error_code: Int16 = 0


@struct
class OffsetFetchResponseTopics:
    """Offsets of one topic, since version 8."""

    name: str = field(default="", versions="8-9", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="10+", ignorable=True)
    partitions: list[OffsetFetchResponsePartitions] = field(default_factory=list)


@struct
class OffsetFetchResponseGroup:
    """Offsets of one group, since version 8."""

    group_id: str
    topics: list[OffsetFetchResponseTopics] = field(default_factory=list)
    error_code: Int16 = 0


@struct
class OffsetFetchResponse:
    """Committed offsets; -1 where nothing was committed."""

    throttle_time_ms: Int32 = field(default=0, versions="3+", ignorable=True)
    topics: list[OffsetFetchResponseTopic] = field(default_factory=list, versions="0-7")
    error_code: Int16 = field(default=0, versions="2-7", ignorable=True)
    groups: list[OffsetFetchResponseGroup] = field(default_factory=list, versions="8+")


OFFSET_FETCH: Final = Api(9, OffsetFetchRequest, OffsetFetchResponse, versions="1-10", flexible="6+")
