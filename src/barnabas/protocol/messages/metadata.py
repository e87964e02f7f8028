"""Metadata: which brokers there are, and who leads each partition.

In version 0 no topics mean all topics; since version 1 null means all and an empty list means none. Version 7 tells
leader epochs, 10 topic IDs, 12 lets clients ask by ID (KIP-516); 13 can fail as a whole.
"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class MetadataRequestTopic:
    """A topic by name or, since version 12, by ID."""

    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="10+", ignorable=True)
    name: str | None = field(default="", nullable="10+")


@struct
class MetadataRequest:
    """The topics asked about; null means all."""

    topics: list[MetadataRequestTopic] | None = field(default_factory=list, nullable="1+")
    allow_auto_topic_creation: bool = field(default=True, versions="4+")
    include_cluster_authorized_operations: bool = field(default=False, versions="8-10")
    include_topic_authorized_operations: bool = field(default=False, versions="8+")


@struct
class MetadataResponseBroker:
    """A broker that is alive."""

    node_id: Int32
    host: str = ""
    port: Int32 = 0
    rack: str | None = field(default=None, versions="1+", ignorable=True)


@struct
class MetadataResponsePartition:
    """Leader and replicas of a partition."""

    error_code: Int16 = 0
    partition_index: Int32
    leader_id: Int32 = 0
    leader_epoch: Int32 = field(default=-1, versions="7+", ignorable=True)
    replica_nodes: list[Int32] = field(default_factory=list)
    isr_nodes: list[Int32] = field(default_factory=list)
    offline_replicas: list[Int32] = field(default_factory=list, versions="5+", ignorable=True)


@struct
class MetadataResponseTopic:
    """A topic and its partitions."""

    error_code: Int16 = 0
    name: str | None = field(default="", nullable="12+")
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="10+", ignorable=True)
    is_internal: bool = field(default=False, versions="1+", ignorable=True)
    partitions: list[MetadataResponsePartition] = field(default_factory=list)
    topic_authorized_operations: Int32 = field(default=-0x8000_0000, versions="8+")


@struct
class MetadataResponse:
    """Brokers, topics and leaders."""

    throttle_time_ms: Int32 = field(default=0, versions="3+", ignorable=True)
    brokers: list[MetadataResponseBroker] = field(default_factory=list)
    cluster_id: str | None = field(default=None, versions="2+", ignorable=True)
    controller_id: Int32 = field(default=-1, versions="1+", ignorable=True)
    topics: list[MetadataResponseTopic] = field(default_factory=list)
    cluster_authorized_operations: Int32 = field(default=-0x8000_0000, versions="8-10")
    error_code: Int16 = field(default=0, versions="13+", ignorable=True)


METADATA: Final = Api(3, MetadataRequest, MetadataResponse, versions="0-13", flexible="9+")
