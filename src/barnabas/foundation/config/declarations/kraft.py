"""KRaft: the controller quorum and the metadata log. Accepted so that Kafka 4.x files work unchanged."""

from barnabas.foundation.config.kinds import BOOLEAN, INT, LIST, LONG, STRING
from barnabas.foundation.config.option import ACTS, HIGH, LOW, option
from barnabas.foundation.config.sizes import MIB
from barnabas.foundation.config.validators import at_least


class KraftOptions:
    """KRaft: the controller quorum and the metadata log. Accepted so that Kafka 4.x files work unchanged."""

    controller_listener_names = option(
        "controller.listener.names",
        STRING,
        None,
        "Listeners of the KRaft controller. Barnabas opens none of them: its controller needs no port.",
        importance=HIGH,
        effect=ACTS,
    )
    controller_quorum_bootstrap_servers = option(
        "controller.quorum.bootstrap.servers",
        LIST,
        (),
        "Addresses through which a KRaft node finds its quorum.",
        importance=HIGH,
    )
    controller_quorum_voters = option(
        "controller.quorum.voters", LIST, (), "Voters of a static KRaft quorum, as id@host:port.", importance=HIGH
    )
    controller_quorum_auto_join_enable = option(
        "controller.quorum.auto.join.enable",
        BOOLEAN,
        False,
        "Whether a KRaft controller adds itself to the voters.",
        importance=LOW,
    )
    controller_quorum_append_linger_ms = option(
        "controller.quorum.append.linger.ms",
        INT,
        25,
        "Time a KRaft leader gathers writes before it flushes them.",
        at_least(0),
    )
    controller_quorum_election_backoff_max_ms = option(
        "controller.quorum.election.backoff.max.ms",
        INT,
        1000,
        "Longest random pause between two KRaft elections.",
        at_least(0),
        importance=HIGH,
    )
    controller_quorum_election_timeout_ms = option(
        "controller.quorum.election.timeout.ms",
        INT,
        1000,
        "Time a KRaft candidate waits for votes.",
        at_least(0),
        importance=HIGH,
    )
    controller_quorum_fetch_timeout_ms = option(
        "controller.quorum.fetch.timeout.ms",
        INT,
        2000,
        "Time without a successful fetch after which a KRaft voter starts an election.",
        at_least(0),
        importance=HIGH,
    )
    controller_quorum_fetch_max_bytes = option(
        "controller.quorum.fetch.max.bytes",
        INT,
        MIB,
        "Most bytes of the metadata log in one fetch of a KRaft replica.",
        at_least(1),
        importance=LOW,
    )
    controller_quorum_fetch_snapshot_max_bytes = option(
        "controller.quorum.fetch.snapshot.max.bytes",
        INT,
        MIB,
        "Most bytes of a metadata snapshot in one fetch of a KRaft replica.",
        at_least(1),
        importance=LOW,
    )
    controller_quorum_request_timeout_ms = option(
        "controller.quorum.request.timeout.ms",
        INT,
        2000,
        "Time a KRaft node waits for the answer to a quorum request.",
        at_least(0),
    )
    controller_quorum_retry_backoff_ms = option(
        "controller.quorum.retry.backoff.ms",
        INT,
        20,
        "Pause before a KRaft quorum request is repeated.",
        at_least(0),
        importance=LOW,
    )
    controller_socket_timeout_ms = option(
        "controller.socket.timeout.ms", INT, 30000, "Time-out of requests from the controller to brokers."
    )
    controller_performance_sample_period_ms = option(
        "controller.performance.sample.period.ms",
        LONG,
        60000,
        "Period over which a KRaft controller reports how fast it handles events.",
        at_least(100),
        internal=True,
    )
    controller_performance_always_log_threshold_ms = option(
        "controller.performance.always.log.threshold.ms",
        LONG,
        2000,
        "Duration from which a slow controller event is always logged.",
        at_least(0),
        internal=True,
    )
    metadata_log_dir = option(
        "metadata.log.dir",
        STRING,
        None,
        "Directory of the KRaft metadata log; the first log directory if absent.",
        importance=HIGH,
        effect=ACTS,
    )
    metadata_log_max_record_bytes_between_snapshots = option(
        "metadata.log.max.record.bytes.between.snapshots",
        LONG,
        20 * MIB,
        "Bytes of metadata records after which KRaft takes a snapshot.",
        at_least(1),
        importance=HIGH,
    )
    metadata_log_max_snapshot_interval_ms = option(
        "metadata.log.max.snapshot.interval.ms",
        LONG,
        3_600_000,
        "Time after which KRaft takes a snapshot; 0 switches this off.",
        at_least(0),
        importance=HIGH,
    )
    metadata_log_segment_bytes = option(
        "metadata.log.segment.bytes",
        INT,
        1024 * MIB,
        "Size of a segment of the KRaft metadata log.",
        at_least(8 * MIB),
        importance=HIGH,
    )
    metadata_log_segment_min_bytes = option(
        "metadata.log.segment.min.bytes",
        INT,
        8 * MIB,
        "Smallest allowed size of a metadata segment, for tests of Kafka.",
        at_least(12),
        importance=HIGH,
        internal=True,
        only_in_3x=True,
    )
    metadata_log_segment_ms = option(
        "metadata.log.segment.ms",
        LONG,
        604_800_000,
        "Age at which a segment of the KRaft metadata log is closed.",
        importance=HIGH,
    )
    metadata_max_idle_interval_ms = option(
        "metadata.max.idle.interval.ms",
        INT,
        500,
        "Time after which an idle KRaft controller writes a no-op record; 0 for never.",
        at_least(0),
        importance=LOW,
    )
    metadata_max_retention_bytes = option(
        "metadata.max.retention.bytes",
        LONG,
        100 * MIB,
        "Size above which old metadata snapshots and segments are deleted.",
        importance=HIGH,
    )
    metadata_max_retention_ms = option(
        "metadata.max.retention.ms",
        LONG,
        604_800_000,
        "Age above which old metadata snapshots and segments are deleted.",
        importance=HIGH,
    )
    internal_metadata_delete_delay_millis = option(
        "internal.metadata.delete.delay.millis",
        LONG,
        60000,
        "Time a deleted metadata file stays on disk.",
        importance=LOW,
        internal=True,
    )
    internal_metadata_log_segment_bytes = option(
        "internal.metadata.log.segment.bytes",
        INT,
        None,
        "Segment size of the metadata log in tests of Kafka.",
        importance=LOW,
        internal=True,
    )
    internal_metadata_max_batch_size_in_bytes = option(
        "internal.metadata.max.batch.size.in.bytes",
        INT,
        8 * MIB,
        "Largest batch of the metadata log in tests of Kafka.",
        importance=LOW,
        internal=True,
    )
    internal_metadata_max_fetch_size_in_bytes = option(
        "internal.metadata.max.fetch.size.in.bytes",
        INT,
        8 * MIB,
        "Largest fetch of the metadata log in tests of Kafka.",
        importance=LOW,
        internal=True,
    )
