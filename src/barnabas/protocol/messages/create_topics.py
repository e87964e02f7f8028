"""CreateTopics: create topics.

Version 4 lets partitions and replicas default to the broker's settings (KIP-464), 5 tells the resulting
configuration (KIP-525), 7 the topic ID.
"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class CreatableReplicaAssignment:
    """The brokers of one partition, its leader first."""

    partition_index: Int32
    broker_ids: list[Int32] = field(default_factory=list)


@struct
class CreatableTopicConfig:
    """A setting of the new topic."""

    name: str
    value: str | None = ""


@struct
class CreatableTopic:
    """A topic to create; -1 partitions or replicas mean the default, or as `assignments` say."""

    name: str
    num_partitions: Int32 = 0
    replication_factor: Int16 = 0
    assignments: list[CreatableReplicaAssignment] = field(default_factory=list)
    configs: list[CreatableTopicConfig] = field(default_factory=list)


@struct
class CreateTopicsRequest:
    """Topics to create."""

    topics: list[CreatableTopic] = field(default_factory=list)
    timeout_ms: Int32 = 60000
    validate_only: bool = False


@struct
class CreatableTopicConfigs:
    """A setting that the new topic has."""

    name: str
    value: str | None = ""
    read_only: bool = False
    config_source: Int8 = -1
    is_sensitive: bool = False


@struct
class CreatableTopicResult:
    """The outcome for one topic."""

    name: str
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="7+", ignorable=True)
    error_code: Int16 = 0
    error_message: str | None = None
    topic_config_error_code: Int16 = field(default=0, versions="5+", tag=0, ignorable=True)
    num_partitions: Int32 = field(default=-1, versions="5+", ignorable=True)
    replication_factor: Int16 = field(default=-1, versions="5+", ignorable=True)
    configs: list[CreatableTopicConfigs] | None = field(default_factory=list, versions="5+", ignorable=True)


@struct
class CreateTopicsResponse:
    """The outcome per topic."""

    throttle_time_ms: Int32 = 0
    topics: list[CreatableTopicResult] = field(default_factory=list)


CREATE_TOPICS: Final = Api(19, CreateTopicsRequest, CreateTopicsResponse, versions="2-7", flexible="5+")
