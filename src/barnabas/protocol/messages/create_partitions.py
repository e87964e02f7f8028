"""create_partitions"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class CreatePartitionsAssignment:
    """CreatePartitionsAssignment."""

    broker_ids: list[Int32] = field(default_factory=list)


@struct
class CreatePartitionsTopic:
    """CreatePartitionsTopic."""

    name: str
    count: Int32 = 0
    assignments: list[CreatePartitionsAssignment] | None = field(default_factory=list)


@struct
class CreatePartitionsRequest:
    """CreatePartitionsRequest."""

    topics: list[CreatePartitionsTopic] = field(default_factory=list)
    timeout_ms: Int32 = 0
    validate_only: bool = False


@struct
class CreatePartitionsTopicResult:
    """CreatePartitionsTopicResult."""

    name: str
    error_code: Int16 = 0
    error_message: str | None = None


@struct
class CreatePartitionsResponse:
    """CreatePartitionsResponse."""

    throttle_time_ms: Int32 = 0
    results: list[CreatePartitionsTopicResult] = field(default_factory=list)


CREATE_PARTITIONS: Final = Api(37, CreatePartitionsRequest, CreatePartitionsResponse, versions="0-3", flexible="2+")
