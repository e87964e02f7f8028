"""Records of `__consumer_offsets` about committed offsets.

A record's key begins with its type as an int16: 0 and 1 are OffsetCommitKey (they read the same); its value begins
with the version of OffsetCommitValue. No value means that the offset is forgotten.
"""

import uuid

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Int32, Int64, field, struct


@struct
class OffsetCommitKey:
    """Whose offset it is."""

    group: str
    topic: str
    partition: Int32


@struct
class OffsetCommitValue:
    """A committed offset; times are in milliseconds."""

    offset: Int64 = 0
    leader_epoch: Int32 = field(default=-1, versions="3+", ignorable=True)
    metadata: str = ""
    commit_timestamp: Int64 = 0
    expire_timestamp: Int64 = field(default=-1, versions="1", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="4+", tag=0, ignorable=True)
