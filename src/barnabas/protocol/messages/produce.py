"""Produce: append record batches to partitions.

Version 5 tells the log start offset, 8 explains refused records, 10 tells where the leader has gone (KIP-951), 13
names topics by ID (KIP-516). With `acks=0` the client expects no response at all. Versions 0 to 2 are advertised
although nobody serves them, because librdkafka before 2.8 looks for them (KAFKA-18659).
"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int16, Int32, Int64, Records, field, struct


@struct
class PartitionProduceData:
    """The batches for one partition."""

    index: Int32
    records: Records | None = None


@struct
class TopicProduceData:
    """The batches for one topic; by name up to version 12, by ID since 13."""

    name: str = field(default="", versions="0-12", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="13+", ignorable=True)
    partition_data: list[PartitionProduceData] = field(default_factory=list)


@struct
class ProduceRequest:
    """Batches to append."""

    transactional_id: str | None = None
    acks: Int16 = 0
    timeout_ms: Int32 = 0
    topic_data: list[TopicProduceData] = field(default_factory=list)


@struct
class BatchIndexAndErrorMessage:
    """A record that made the broker refuse its batch, by its number in the batch."""

    batch_index: Int32 = 0
    batch_index_error_message: str | None = None


@struct
class LeaderIdAndEpoch:
    """Who leads the partition now; sent when the broker asked is not the leader."""

    leader_id: Int32 = -1
    leader_epoch: Int32 = -1


@struct
class PartitionProduceResponse:
    """Where the first record was put; offsets are -1 after an error."""

    index: Int32
    error_code: Int16 = 0
    base_offset: Int64 = 0
    log_append_time_ms: Int64 = -1
    log_start_offset: Int64 = field(default=-1, versions="5+", ignorable=True)
    record_errors: list[BatchIndexAndErrorMessage] = field(default_factory=list, versions="8+", ignorable=True)
    error_message: str | None = field(default=None, versions="8+", ignorable=True)
    current_leader: LeaderIdAndEpoch | None = field(default=None, versions="10+", tag=0, nullable="none")


@struct
class TopicProduceResponse:
    """The outcome for one topic."""

    name: str = field(default="", versions="0-12", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="13+", ignorable=True)
    partition_responses: list[PartitionProduceResponse] = field(default_factory=list)


@struct
class NodeEndpoint:
    """The address of a broker that `current_leader` speaks of."""

    node_id: Int32
    host: str = ""
    port: Int32 = 0
    rack: str | None = None


@struct
class ProduceResponse:
    """Where the batches were put, or why not."""

    responses: list[TopicProduceResponse] = field(default_factory=list)
    throttle_time_ms: Int32 = 0
    node_endpoints: list[NodeEndpoint] = field(default_factory=list, versions="10+", tag=0)


PRODUCE: Final = Api(0, ProduceRequest, ProduceResponse, versions="3-13", flexible="9+", advertised="0-13")
