"""Transactions and idempotent producers."""

from barnabas.foundation.config.kinds import BOOLEAN, INT, SHORT
from barnabas.foundation.config.option import ACTS, CLUSTER_WIDE, HIGH, LOW, option
from barnabas.foundation.config.sizes import MIB
from barnabas.foundation.config.validators import at_least


class TransactionsOptions:
    """Transactions and idempotent producers."""

    transactional_id_expiration_ms = option(
        "transactional.id.expiration.ms",
        INT,
        604_800_000,
        "Time after which an unused transactional ID is forgotten.",
        at_least(1),
        importance=HIGH,
    )
    transaction_max_timeout_ms = option(
        "transaction.max.timeout.ms",
        INT,
        900_000,
        "Longest time-out that a transaction may ask for.",
        at_least(1),
        importance=HIGH,
    )
    transaction_abort_timed_out_transaction_cleanup_interval_ms = option(
        "transaction.abort.timed.out.transaction.cleanup.interval.ms",
        INT,
        10000,
        "Time between two looks for transactions to abort.",
        at_least(1),
        importance=LOW,
    )
    transaction_remove_expired_transaction_cleanup_interval_ms = option(
        "transaction.remove.expired.transaction.cleanup.interval.ms",
        INT,
        3_600_000,
        "Time between two looks for expired transactional IDs.",
        at_least(1),
        importance=LOW,
    )
    transaction_partition_verification_enable = option(
        "transaction.partition.verification.enable",
        BOOLEAN,
        True,
        "Whether a write is checked to belong to a running transaction.",
        importance=LOW,
        scope=CLUSTER_WIDE,
    )
    transaction_two_phase_commit_enable = option(
        "transaction.two.phase.commit.enable",
        BOOLEAN,
        False,
        "Whether a transaction may be prepared and decided from outside.",
        importance=LOW,
    )
    transaction_state_log_load_buffer_size = option(
        "transaction.state.log.load.buffer.size",
        INT,
        5 * MIB,
        "Batch size for reading transactions when a coordinator loads a partition.",
        at_least(1),
        importance=HIGH,
    )
    transaction_state_log_min_isr = option(
        "transaction.state.log.min.isr",
        INT,
        2,
        "In-sync replicas that writes to __transaction_state need.",
        at_least(1),
        importance=HIGH,
    )
    transaction_state_log_num_partitions = option(
        "transaction.state.log.num.partitions",
        INT,
        50,
        "Partitions of __transaction_state. Not to be changed once the topic exists.",
        at_least(1),
        importance=HIGH,
    )
    transaction_state_log_replication_factor = option(
        "transaction.state.log.replication.factor",
        SHORT,
        3,
        "Replicas of __transaction_state.",
        at_least(1),
        importance=HIGH,
    )
    transaction_state_log_segment_bytes = option(
        "transaction.state.log.segment.bytes",
        INT,
        100 * MIB,
        "Segment size of __transaction_state.",
        at_least(1),
        importance=HIGH,
    )
    add_partitions_to_txn_retry_backoff_ms = option(
        "add.partitions.to.txn.retry.backoff.ms",
        INT,
        20,
        "Pause before the broker repeats adding a partition to a transaction.",
        at_least(1),
        importance=HIGH,
    )
    add_partitions_to_txn_retry_backoff_max_ms = option(
        "add.partitions.to.txn.retry.backoff.max.ms",
        INT,
        100,
        "Longest pause before the broker repeats adding a partition to a transaction.",
        at_least(0),
        importance=HIGH,
    )
    producer_id_expiration_ms = option(
        "producer.id.expiration.ms",
        INT,
        86_400_000,
        "Time after which the sequence numbers of a silent producer are forgotten.",
        at_least(1),
        importance=LOW,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    producer_id_expiration_check_interval_ms = option(
        "producer.id.expiration.check.interval.ms",
        INT,
        600_000,
        "Time between two looks for producers to forget.",
        at_least(1),
        importance=LOW,
        internal=True,
    )
