"""create_topics"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class CreatableReplicaAssignment:
    """CreatableReplicaAssignment."""

    partition_index: Int32
    broker_ids: list[Int32] = field(default_factory=list)


@struct
class CreatableTopicConfig:
    """CreatableTopicConfig."""

    name: str
    value: str | None = ""


@struct
class CreatableTopic:
    """CreatableTopic."""

    name: str
    num_partitions: Int32 = 0
    replication_factor: Int16 = 0
    assignments: list[CreatableReplicaAssignment] = field(default_factory=list)
    configs: list[CreatableTopicConfig] = field(default_factory=list)


@struct
class CreateTopicsRequest:
    """CreateTopicsRequest."""

    topics: list[CreatableTopic] = field(default_factory=list)
    timeout_ms: Int32 = 60000
    validate_only: bool = False


@struct
class CreatableTopicConfigs:
    """CreatableTopicConfigs."""

    name: str
    value: str | None = ""
    read_only: bool = False
    config_source: Int8 = -1
    is_sensitive: bool = False


@struct
class CreatableTopicResult:
    """CreatableTopicResult."""

    name: str
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="7+", ignorable=True)
    error_code: Int16 = 0
    error_message: str | None = ""
    topic_config_error_code: Int16 = field(default=0, versions="5+", tag=0, ignorable=True)
    num_partitions: Int32 = field(default=-1, versions="5+", ignorable=True)
    replication_factor: Int16 = field(default=-1, versions="5+", ignorable=True)
    configs: list[CreatableTopicConfigs] | None = field(default_factory=list, versions="5+", ignorable=True)


@struct
class CreateTopicsResponse:
    """CreateTopicsResponse."""

    throttle_time_ms: Int32 = 0
    topics: list[CreatableTopicResult] = field(default_factory=list)


CREATE_TOPICS: Final = Api(19, CreateTopicsRequest, CreateTopicsResponse, versions="2-7", flexible="5+")
