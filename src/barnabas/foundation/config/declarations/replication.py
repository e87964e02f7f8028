"""Replication between brokers."""

from barnabas.foundation.config.kinds import BOOLEAN, INT, LONG, STRING
from barnabas.foundation.config.option import ACTS, CLUSTER_WIDE, HIGH, option
from barnabas.foundation.config.sizes import MIB
from barnabas.foundation.config.validators import at_least


class ReplicationOptions:
    """Replication between brokers."""

    num_replica_fetchers = option(
        "num.replica.fetchers", INT, 1, "Fetchers per source broker.", importance=HIGH, scope=CLUSTER_WIDE
    )
    replica_fetch_min_bytes = option(
        "replica.fetch.min.bytes", INT, 1, "Bytes that a fetching replica waits for.", importance=HIGH
    )
    replica_fetch_max_bytes = option(
        "replica.fetch.max.bytes", INT, MIB, "Bytes that a replica asks for per partition.", at_least(0)
    )
    replica_fetch_response_max_bytes = option(
        "replica.fetch.response.max.bytes",
        INT,
        10 * MIB,
        "Bytes that a replica asks for in a whole request.",
        at_least(0),
    )
    replica_fetch_wait_max_ms = option(
        "replica.fetch.wait.max.ms",
        INT,
        500,
        "Time that a fetching replica waits for replica.fetch.min.bytes.",
        importance=HIGH,
    )
    replica_fetch_backoff_ms = option(
        "replica.fetch.backoff.ms", INT, 1000, "Pause after a failed fetch of a partition.", at_least(0)
    )
    replica_high_watermark_checkpoint_interval_ms = option(
        "replica.high.watermark.checkpoint.interval.ms",
        LONG,
        5000,
        "Time between two checkpoints of the high watermarks.",
        importance=HIGH,
        effect=ACTS,
    )
    replica_lag_time_max_ms = option(
        "replica.lag.time.max.ms",
        LONG,
        30000,
        "Time after which a follower that hasn't caught up leaves the in-sync replicas.",
        importance=HIGH,
    )
    replica_selector_class = option(
        "replica.selector.class",
        STRING,
        None,
        "Class that picks the replica a consumer reads from. Barnabas can't load Java classes.",
    )
    replica_socket_receive_buffer_bytes = option(
        "replica.socket.receive.buffer.bytes",
        INT,
        65536,
        "Receive buffer of connections that replicate.",
        importance=HIGH,
    )
    replica_socket_timeout_ms = option(
        "replica.socket.timeout.ms", INT, 30000, "Time-out of requests that replicate.", importance=HIGH
    )
    follower_fetch_last_tiered_offset_enable = option(
        "follower.fetch.last.tiered.offset.enable",
        BOOLEAN,
        False,
        "Whether a new follower may start after what remote storage already holds.",
    )
