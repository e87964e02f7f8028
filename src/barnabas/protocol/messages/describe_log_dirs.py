"""describe_log_dirs"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class DescribableLogDirTopic:
    """DescribableLogDirTopic."""

    topic: str
    partitions: list[Int32] = field(default_factory=list)


@struct
class DescribeLogDirsRequest:
    """DescribeLogDirsRequest."""

    topics: list[DescribableLogDirTopic] | None = field(default_factory=list)


@struct
class DescribeLogDirsPartition:
    """DescribeLogDirsPartition."""

    partition_index: Int32
    partition_size: Int64 = 0
    offset_lag: Int64 = 0
    is_future_key: bool = False


@struct
class DescribeLogDirsTopic:
    """DescribeLogDirsTopic."""

    name: str
    partitions: list[DescribeLogDirsPartition] = field(default_factory=list)


@struct
class DescribeLogDirsResult:
    """DescribeLogDirsResult."""

    error_code: Int16 = 0
    log_dir: str = ""
    topics: list[DescribeLogDirsTopic] = field(default_factory=list)
    total_bytes: Int64 = field(default=-1, versions="4+", ignorable=True)
    usable_bytes: Int64 = field(default=-1, versions="4+", ignorable=True)
    is_cordoned: bool = field(default=False, versions="5+", ignorable=True)


@struct
class DescribeLogDirsResponse:
    """DescribeLogDirsResponse."""

    throttle_time_ms: Int32 = 0
    error_code: Int16 = field(default=0, versions="3+", ignorable=True)
    results: list[DescribeLogDirsResult] = field(default_factory=list)


DESCRIBE_LOG_DIRS: Final = Api(35, DescribeLogDirsRequest, DescribeLogDirsResponse, versions="1-5", flexible="2+")
