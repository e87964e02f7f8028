"""DescribeTopicPartitions: topics and partitions page by page (KIP-966)."""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class TopicRequest:
    """A topic by name."""

    name: str


@struct
class Cursor:
    """The first partition that the next page shall tell."""

    topic_name: str
    partition_index: Int32


@struct
class DescribeTopicPartitionsRequest:
    """Topics asked about, and where to go on."""

    topics: list[TopicRequest] = field(default_factory=list)
    response_partition_limit: Int32 = 2000
    cursor: Cursor | None = None


@struct
class DescribeTopicPartitionsResponsePartition:
    """Leader and replicas of a partition."""

    error_code: Int16 = 0
    partition_index: Int32
    leader_id: Int32 = 0
    leader_epoch: Int32 = -1
    replica_nodes: list[Int32] = field(default_factory=list)
    isr_nodes: list[Int32] = field(default_factory=list)
    eligible_leader_replicas: list[Int32] | None = None
    last_known_elr: list[Int32] | None = None
    offline_replicas: list[Int32] = field(default_factory=list)


@struct
class DescribeTopicPartitionsResponseTopic:
    """A topic and those of its partitions that fit on the page."""

    error_code: Int16 = 0
    name: str | None = ""
    topic_id: uuid.UUID = ZERO_UUID
    is_internal: bool = False
    partitions: list[DescribeTopicPartitionsResponsePartition] = field(default_factory=list)
    topic_authorized_operations: Int32 = -0x8000_0000


@struct
class DescribeTopicPartitionsResponse:
    """One page of topics and partitions."""

    throttle_time_ms: Int32 = 0
    topics: list[DescribeTopicPartitionsResponseTopic] = field(default_factory=list)
    next_cursor: Cursor | None = None


DESCRIBE_TOPIC_PARTITIONS: Final = Api(
    75, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, versions="0", flexible="0+"
)
