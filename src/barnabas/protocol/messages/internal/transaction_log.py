"""Records of `__transaction_state`: one per transactional ID and change of its state (KIP-98, KIP-890).

A key begins with its type as an int16 (0), a value with its version. No value means that the ID is forgotten.
"""

from barnabas.protocol.wire import Int8, Int16, Int32, Int64, field, struct


@struct
class TransactionLogKey:
    """Whose transactions."""

    transactional_id: str


@struct
class PartitionsSchema:
    """Partitions of one topic that take part."""

    topic: str = ""
    partition_ids: list[Int32] = field(default_factory=list)


@struct
class TransactionLogValue:
    """Producer, state and partitions of a transactional ID; times are in milliseconds."""

    producer_id: Int64 = 0
    previous_producer_id: Int64 = field(default=-1, versions="1+", tag=0, ignorable=True)
    next_producer_id: Int64 = field(default=-1, versions="1+", tag=1, ignorable=True)
    producer_epoch: Int16 = 0
    next_producer_epoch: Int16 = field(default=-1, versions="1+", tag=3, ignorable=True)
    transaction_timeout_ms: Int32 = 0
    transaction_status: Int8 = 0
    transaction_partitions: list[PartitionsSchema] | None = field(default_factory=list)
    transaction_last_update_timestamp_ms: Int64 = 0
    transaction_start_timestamp_ms: Int64 = 0
    client_transaction_version: Int16 = field(default=0, versions="1+", tag=2, ignorable=True)
