"""What a KRaft quorum writes into control records: who leads, who votes, where a snapshot begins and ends.

Each begins with its version as a field of its own (KIP-595, KIP-630, KIP-853).
"""

import uuid

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Int16, Int32, Int64, UInt16, field, struct


@struct
class Voter:
    """One who votes."""

    voter_id: Int32 = 0
    voter_directory_id: uuid.UUID = field(default=ZERO_UUID, versions="1+", ignorable=True)


@struct
class LeaderChangeMessage:
    """Who leads the quorum from here on."""

    version: Int16 = 0
    leader_id: Int32 = 0
    voters: list[Voter] = field(default_factory=list)
    granting_voters: list[Voter] = field(default_factory=list)


@struct
class SnapshotHeaderRecord:
    """The beginning of a snapshot."""

    version: Int16 = 0
    last_contained_log_timestamp: Int64 = 0


@struct
class SnapshotFooterRecord:
    """The end of a snapshot."""

    version: Int16 = 0


@struct
class KRaftVersionRecord:
    """The version of the quorum's own protocol."""

    version: Int16 = 0
    k_raft_version: Int16 = 0


@struct
class Endpoint:
    """Where others reach somebody."""

    name: str = ""
    host: str = ""
    port: UInt16 = 0


@struct
class KRaftVersionFeature:
    """Versions of the quorum's protocol that a voter speaks."""

    min_supported_version: Int16 = 0
    max_supported_version: Int16 = 0


@struct
class VotersVoter:
    """A voter and where it listens."""

    voter_id: Int32 = 0
    voter_directory_id: uuid.UUID = ZERO_UUID
    endpoints: list[Endpoint] = field(default_factory=list)
    k_raft_version_feature: KRaftVersionFeature = field(default_factory=KRaftVersionFeature)


@struct
class VotersRecord:
    """Who votes in the quorum."""

    version: Int16 = 0
    voters: list[VotersVoter] = field(default_factory=list)
