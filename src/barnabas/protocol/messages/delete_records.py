"""DeleteRecords: move the start of partitions up, so that older records are gone."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class DeleteRecordsPartition:
    """The offset to delete up to; -1 is the high watermark."""

    partition_index: Int32
    offset: Int64 = 0


@struct
class DeleteRecordsTopic:
    """Partitions of one topic."""

    name: str
    partitions: list[DeleteRecordsPartition] = field(default_factory=list)


@struct
class DeleteRecordsRequest:
    """The new start of each partition."""

    topics: list[DeleteRecordsTopic] = field(default_factory=list)
    timeout_ms: Int32 = 0


@struct
class DeleteRecordsPartitionResult:
    """The lowest offset that is left."""

    partition_index: Int32
    low_watermark: Int64 = 0
    error_code: Int16 = 0


@struct
class DeleteRecordsTopicResult:
    """The outcome for one topic."""

    name: str
    partitions: list[DeleteRecordsPartitionResult] = field(default_factory=list)


@struct
class DeleteRecordsResponse:
    """The outcome per partition."""

    throttle_time_ms: Int32 = 0
    topics: list[DeleteRecordsTopicResult] = field(default_factory=list)


DELETE_RECORDS: Final = Api(21, DeleteRecordsRequest, DeleteRecordsResponse, versions="0-2", flexible="2+")
