"""CreatePartitions: give topics more partitions."""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class CreatePartitionsAssignment:
    """The brokers of one new partition, its leader first."""

    broker_ids: list[Int32] = field(default_factory=list)


@struct
class CreatePartitionsTopic:
    """A topic and its new total of partitions."""

    name: str
    count: Int32 = 0
    assignments: list[CreatePartitionsAssignment] | None = field(default_factory=list)


@struct
class CreatePartitionsRequest:
    """Topics and how many partitions they shall have."""

    topics: list[CreatePartitionsTopic] = field(default_factory=list)
    timeout_ms: Int32 = 0
    validate_only: bool = False


@struct
class CreatePartitionsTopicResult:
    """The outcome for one topic."""

    name: str
    error_code: Int16 = 0
    error_message: str | None = None


@struct
class CreatePartitionsResponse:
    """The outcome per topic."""

    throttle_time_ms: Int32 = 0
    results: list[CreatePartitionsTopicResult] = field(default_factory=list)


CREATE_PARTITIONS: Final = Api(37, CreatePartitionsRequest, CreatePartitionsResponse, versions="0-3", flexible="2+")
