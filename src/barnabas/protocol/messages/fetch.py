"""Fetch: read record batches from partitions, waiting for them if there are none yet.

Version 7 brings fetch sessions (KIP-227), 9 fences by leader epoch (KIP-320), 11 lets followers be read (KIP-392),
12 finds out diverged logs, 13 names topics by ID (KIP-516), 16 tells where the leaders have gone (KIP-951). The
fields about replicas are for brokers that follow.
"""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int8, Int16, Int32, Int64, Records, field, struct


@struct
class ReplicaState:
    """Which broker follows; replica ID -1 is a consumer."""

    replica_id: Int32 = -1
    replica_epoch: Int64 = -1


@struct
class FetchPartition:
    """Where to read a partition, and how much of it."""

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
    """Partitions of one topic; by name up to version 12, by ID since 13."""

    topic: str = field(default="", versions="0-12", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="13+", ignorable=True)
    partitions: list[FetchPartition] = field(default_factory=list)


@struct
class ForgottenTopic:
    """Partitions that leave the fetch session."""

    topic: str = field(default="", versions="7-12", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="13+", ignorable=True)
    partitions: list[Int32] = field(default_factory=list)


@struct
class FetchRequest:
    """A long poll for record batches."""

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
    """The last epoch that reader and leader share, and where it ends on the leader."""

    epoch: Int32 = -1
    end_offset: Int64 = -1


@struct
class LeaderIdAndEpoch:
    """Who leads the partition now; sent when the broker asked is not the leader."""

    leader_id: Int32 = -1
    leader_epoch: Int32 = -1


@struct
class SnapshotId:
    """A snapshot to fetch instead (KRaft only; never sent here)."""

    end_offset: Int64 = -1
    epoch: Int32 = -1


@struct
class AbortedTransaction:
    """A transaction whose records a read-committed reader must skip, from its first offset on."""

    producer_id: Int64 = 0
    first_offset: Int64 = 0


@struct
class PartitionData:
    """What was read from one partition."""

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
    """What was read from one topic."""

    topic: str = field(default="", versions="0-12", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="13+", ignorable=True)
    partitions: list[PartitionData] = field(default_factory=list)


@struct
class NodeEndpoint:
    """The address of a broker that `current_leader` speaks of."""

    node_id: Int32
    host: str = ""
    port: Int32 = 0
    rack: str | None = None


@struct
class FetchResponse:
    """Record batches, or errors, per partition."""

    throttle_time_ms: Int32 = 0
    error_code: Int16 = field(default=0, versions="7+", ignorable=True)
    session_id: Int32 = field(default=0, versions="7+")
    responses: list[FetchableTopicResponse] = field(default_factory=list)
    node_endpoints: list[NodeEndpoint] = field(default_factory=list, versions="16+", tag=0)


FETCH: Final = Api(1, FetchRequest, FetchResponse, versions="4-18", flexible="12+")
