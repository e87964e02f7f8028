"""DescribeLogDirs: how much space partitions take in which directory; null topics mean all."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class DescribableLogDirTopic:
    """Partitions of one topic."""

    topic: str
    partitions: list[Int32] = field(default_factory=list)


@struct
class DescribeLogDirsRequest:
    """Partitions asked about; null means all."""

    topics: list[DescribableLogDirTopic] | None = field(default_factory=list)


@struct
class DescribeLogDirsPartition:
    """The log of one partition."""

    partition_index: Int32
    partition_size: Int64 = 0
    offset_lag: Int64 = 0
    is_future_key: bool = False


@struct
class DescribeLogDirsTopic:
    """The logs of one topic."""

    name: str
    partitions: list[DescribeLogDirsPartition] = field(default_factory=list)


@struct
class DescribeLogDirsResult:
    """One directory; sizes are -1 when unknown."""

    error_code: Int16 = 0
    log_dir: str = ""
    topics: list[DescribeLogDirsTopic] = field(default_factory=list)
    total_bytes: Int64 = field(default=-1, versions="4+", ignorable=True)
    usable_bytes: Int64 = field(default=-1, versions="4+", ignorable=True)
    is_cordoned: bool = field(default=False, versions="5+", ignorable=True)


@struct
class DescribeLogDirsResponse:
    """The directories of a broker."""

    throttle_time_ms: Int32 = 0
    error_code: Int16 = field(default=0, versions="3+", ignorable=True)
    results: list[DescribeLogDirsResult] = field(default_factory=list)


DESCRIBE_LOG_DIRS: Final = Api(35, DescribeLogDirsRequest, DescribeLogDirsResponse, versions="1-5", flexible="2+")
