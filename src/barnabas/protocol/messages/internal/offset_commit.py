"""internal.offset_commit"""

import uuid

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Int32, Int64, field, struct


@struct
class OffsetCommitKey:
    """OffsetCommitKey."""

    group: str
    topic: str
    partition: Int32


@struct
class OffsetCommitValue:
    """OffsetCommitValue."""

    offset: Int64 = 0
    leader_epoch: Int32 = field(default=-1, versions="3+", ignorable=True)
    metadata: str = ""
    commit_timestamp: Int64 = 0
    expire_timestamp: Int64 = field(default=-1, versions="1", ignorable=True)
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="4+", tag=0, ignorable=True)
