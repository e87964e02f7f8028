"""Records of `__share_group_state`: how far a share group has come in a partition (KIP-932).

A key begins with its type as an int16: 0 for a snapshot of the whole state, 1 for what has changed since; a value
begins with its version.
"""

import uuid

from barnabas.protocol.wire import Int8, Int16, Int32, Int64, field, struct


@struct
class ShareSnapshotKey:
    """Whose state it is, told whole."""

    group_id: str
    topic_id: uuid.UUID
    partition: Int32


@struct
class StateBatch:
    """Neighbouring offsets in one state of delivery: 0 available, 2 acknowledged, 4 archived."""

    first_offset: Int64 = 0
    last_offset: Int64 = 0
    delivery_state: Int8 = 0
    delivery_count: Int16 = 0


@struct
class ShareSnapshotValue:
    """The state as it stands."""

    snapshot_epoch: Int32 = 0
    state_epoch: Int32 = 0
    leader_epoch: Int32 = 0
    start_offset: Int64 = 0
    create_timestamp: Int64 = 0
    write_timestamp: Int64 = 0
    state_batches: list[StateBatch] = field(default_factory=list)


@struct
class ShareUpdateKey:
    """Whose state it is, told by what changed."""

    group_id: str
    topic_id: uuid.UUID
    partition: Int32


@struct
class ShareUpdateValue:
    """What changed; a start offset of -1 stays as it was."""

    snapshot_epoch: Int32 = 0
    leader_epoch: Int32 = 0
    start_offset: Int64 = 0
    state_batches: list[StateBatch] = field(default_factory=list)
