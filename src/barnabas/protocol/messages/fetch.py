"""fetch"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int8, Int16, Int32, Int64, Records, field, struct


@struct
class ReplicaState:
    """ReplicaState."""

    replica_id: Int32 = -1
    replica_epoch: Int64 = -1


@struct
class FetchPartition:
    """FetchPartition."""

    partition: Int32
    current_leader_epoch: Int32 = field(default=-1, versions="9+", ignorable=True)
    fetch_offset: Int64 = 0
    last_fetched_epoch: Int32 = field(default=-1, versions="12+")
    log_start_offset: Int64 = field(default=-1, versions="5+", ignorable=True)
    partition_max_bytes: Int32 = 0
    replica_directory_id: uuid.UUID = field(default=ZERO_UUID, versions="17+", tag=0, ignorable=True)
    high_watermark: Int64 = field(default=0x7FFF_FFFF_FFFF_FFFF, versions="18+", tag=1, ignorable=True)


@struct
class FetchTopic:
    """FetchTopic."""

    topic: str = field(default="", versions="0-12", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="13+", ignorable=True)
    partitions: list[FetchPartition] = field(default_factory=list)


@struct
class ForgottenTopic:
    """ForgottenTopic."""

    topic: str = field(default="", versions="7-12", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="13+", ignorable=True)
    partitions: list[Int32] = field(default_factory=list)


@struct
class FetchRequest:
    """FetchRequest."""

    cluster_id: str | None = field(default=None, versions="12+", tag=0, ignorable=True)
    replica_id: Int32 = field(default=-1, versions="0-14")
    replica_state: ReplicaState = field(default_factory=ReplicaState, versions="15+", tag=1)
    max_wait_ms: Int32 = 0
    min_bytes: Int32 = 0
    max_bytes: Int32 = 0x7FFF_FFFF
    isolation_level: Int8 = 0
    session_id: Int32 = field(default=0, versions="7+", ignorable=True)
    session_epoch: Int32 = field(default=-1, versions="7+", ignorable=True)
    topics: list[FetchTopic] = field(default_factory=list)
    forgotten_topics_data: list[ForgottenTopic] = field(default_factory=list, versions="7+")
    rack_id: str = field(default="", versions="11+", ignorable=True)


@struct
class EpochEndOffset:
    """EpochEndOffset."""

    epoch: Int32 = -1
    end_offset: Int64 = -1


@struct
class LeaderIdAndEpoch:
    """LeaderIdAndEpoch."""

    leader_id: Int32 = -1
    leader_epoch: Int32 = -1


@struct
class SnapshotId:
    """SnapshotId."""

    end_offset: Int64 = -1
    epoch: Int32 = -1


@struct
class AbortedTransaction:
    """AbortedTransaction."""

    producer_id: Int64 = 0
    first_offset: Int64 = 0


@struct
class PartitionData:
    """PartitionData."""

    partition_index: Int32
    error_code: Int16 = 0
    high_watermark: Int64 = 0
    last_stable_offset: Int64 = -1
    log_start_offset: Int64 = field(default=-1, versions="5+", ignorable=True)
    diverging_epoch: EpochEndOffset | None = field(default=None, versions="12+", tag=0, nullable="none")
    current_leader: LeaderIdAndEpoch | None = field(default=None, versions="12+", tag=1, nullable="none")
    snapshot_id: SnapshotId | None = field(default=None, versions="12+", tag=2, nullable="none")
    aborted_transactions: list[AbortedTransaction] | None = field(default_factory=list)
    preferred_read_replica: Int32 = field(default=-1, versions="11+")
    records: Records | None = None


@struct
class FetchableTopicResponse:
    """FetchableTopicResponse."""

    topic: str = field(default="", versions="0-12", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="13+", ignorable=True)
    partitions: list[PartitionData] = field(default_factory=list)


@struct
class NodeEndpoint:
    """NodeEndpoint."""

    node_id: Int32
    host: str = ""
    port: Int32 = 0
    rack: str | None = None


@struct
class FetchResponse:
    """FetchResponse."""

    throttle_time_ms: Int32 = 0
    error_code: Int16 = field(default=0, versions="7+", ignorable=True)
    session_id: Int32 = field(default=0, versions="7+")
    responses: list[FetchableTopicResponse] = field(default_factory=list)
    node_endpoints: list[NodeEndpoint] = field(default_factory=list, versions="16+", tag=0)


FETCH: Final = Api(1, FetchRequest, FetchResponse, versions="4-18", flexible="12+")
