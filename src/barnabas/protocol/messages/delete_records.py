"""delete_records"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class DeleteRecordsPartition:
    """DeleteRecordsPartition."""

    partition_index: Int32
    offset: Int64 = 0


@struct
class DeleteRecordsTopic:
    """DeleteRecordsTopic."""

    name: str
    partitions: list[DeleteRecordsPartition] = field(default_factory=list)


@struct
class DeleteRecordsRequest:
    """DeleteRecordsRequest."""

    topics: list[DeleteRecordsTopic] = field(default_factory=list)
    timeout_ms: Int32 = 0


@struct
class DeleteRecordsPartitionResult:
    """DeleteRecordsPartitionResult."""

    partition_index: Int32
    low_watermark: Int64 = 0
    error_code: Int16 = 0


@struct
class DeleteRecordsTopicResult:
    """DeleteRecordsTopicResult."""

    name: str
    partitions: list[DeleteRecordsPartitionResult] = field(default_factory=list)


@struct
class DeleteRecordsResponse:
    """DeleteRecordsResponse."""

    throttle_time_ms: Int32 = 0
    topics: list[DeleteRecordsTopicResult] = field(default_factory=list)


DELETE_RECORDS: Final = Api(21, DeleteRecordsRequest, DeleteRecordsResponse, versions="0-2", flexible="2+")
