"""Options of a topic; what stands in for one that is not set is told by `config.synonyms`."""

from barnabas.foundation.config.kinds import BOOLEAN, DOUBLE, INT, LIST, LONG, STRING
from barnabas.foundation.config.option import ACTS, LOW, option
from barnabas.foundation.config.sizes import LONG_MAX, MIB
from barnabas.foundation.config.validators import GZIP_LEVEL, THROTTLED_REPLICAS, at_least, between, one_of


class TopicOptions:
    """Options of a topic."""

    cleanup_policy = option(
        "cleanup.policy",
        LIST,
        ("delete",),
        "What happens to old segments: delete, compact, or both.",
        one_of("compact", "delete"),
        effect=ACTS,
    )
    compression_type = option(
        "compression.type",
        STRING,
        "producer",
        "Compression on disk: a codec, uncompressed, or producer for what each producer chose.",
        one_of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
        effect=ACTS,
    )
    compression_gzip_level = option(
        "compression.gzip.level",
        INT,
        -1,
        "Level of gzip where the broker compresses; -1 is gzip's own default.",
        GZIP_LEVEL,
        effect=ACTS,
    )
    compression_lz4_level = option(
        "compression.lz4.level", INT, 9, "Level of lz4 where the broker compresses.", between(1, 17), effect=ACTS
    )
    compression_zstd_level = option(
        "compression.zstd.level",
        INT,
        3,
        "Level of zstd where the broker compresses.",
        between(-131_072, 22),
        effect=ACTS,
    )
    delete_retention_ms = option(
        "delete.retention.ms",
        LONG,
        86_400_000,
        "Time that markers of deletion survive compaction, so that slow readers see them.",
        at_least(0),
        effect=ACTS,
    )
    file_delete_delay_ms = option(
        "file.delete.delay.ms", LONG, 60000, "Time a deleted segment's files stay on disk.", at_least(0), effect=ACTS
    )
    flush_messages = option(
        "flush.messages",
        LONG,
        LONG_MAX,
        "Records written to a partition before it is flushed to disk.",
        at_least(1),
        effect=ACTS,
    )
    flush_ms = option("flush.ms", LONG, LONG_MAX, "Longest time that records stay unflushed.", at_least(0), effect=ACTS)
    follower_replication_throttled_replicas = option(
        "follower.replication.throttled.replicas",
        LIST,
        (),
        "Replicas whose fetching is throttled, partition:broker, comma separated, or * for all.",
        THROTTLED_REPLICAS,
    )
    leader_replication_throttled_replicas = option(
        "leader.replication.throttled.replicas",
        LIST,
        (),
        "Replicas whose serving is throttled, partition:broker, comma separated, or * for all.",
        THROTTLED_REPLICAS,
    )
    index_interval_bytes = option(
        "index.interval.bytes",
        INT,
        4096,
        "Bytes of records between two entries of the offset index.",
        at_least(0),
        effect=ACTS,
    )
    internal_segment_bytes = option(
        "internal.segment.bytes",
        INT,
        None,
        "Segment size in tests, without the lower bound of segment.bytes.",
        effect=ACTS,
        internal=True,
    )
    local_retention_bytes = option(
        "local.retention.bytes",
        LONG,
        -2,
        "Size above which segments stored remotely are deleted here; -2 means as retention.bytes.",
        at_least(-2),
    )
    local_retention_ms = option(
        "local.retention.ms",
        LONG,
        -2,
        "Age at which a segment that is stored remotely is deleted here; -2 means as retention.ms.",
        at_least(-2),
    )
    max_compaction_lag_ms = option(
        "max.compaction.lag.ms",
        LONG,
        LONG_MAX,
        "Time after which a record must be compacted.",
        at_least(1),
        effect=ACTS,
    )
    max_message_bytes = option(
        "max.message.bytes",
        INT,
        1_048_588,
        "Largest record batch accepted, after compression.",
        at_least(0),
        effect=ACTS,
    )
    message_downconversion_enable = option(
        "message.downconversion.enable",
        BOOLEAN,
        True,
        "Whether records are converted for consumers older than 0.11. There is no such conversion.",
        importance=LOW,
        only_in_3x=True,
    )
    message_format_version = option(
        "message.format.version",
        STRING,
        "3.0-IV1",
        "Record format on disk. Barnabas, like Kafka 4, writes version 2 only.",
        only_in_3x=True,
    )
    message_timestamp_after_max_ms = option(
        "message.timestamp.after.max.ms",
        LONG,
        3_600_000,
        "How far a record's timestamp may lie in the future. Ignored with LogAppendTime.",
        at_least(0),
        effect=ACTS,
    )
    message_timestamp_before_max_ms = option(
        "message.timestamp.before.max.ms",
        LONG,
        LONG_MAX,
        "How far a record's timestamp may lie in the past. Ignored with LogAppendTime.",
        at_least(0),
        effect=ACTS,
    )
    message_timestamp_difference_max_ms = option(
        "message.timestamp.difference.max.ms",
        LONG,
        LONG_MAX,
        "How far a record's timestamp may differ from the broker's time; replaced by the two before and after options.",
        at_least(0),
        only_in_3x=True,
    )
    message_timestamp_type = option(
        "message.timestamp.type",
        STRING,
        "CreateTime",
        "Whose time a record carries: CreateTime is the producer's, LogAppendTime the broker's.",
        one_of("CreateTime", "LogAppendTime"),
        effect=ACTS,
    )
    min_cleanable_dirty_ratio = option(
        "min.cleanable.dirty.ratio",
        DOUBLE,
        0.5,
        "Share of uncompacted bytes from which a log is worth compacting.",
        between(0, 1),
        effect=ACTS,
    )
    min_compaction_lag_ms = option(
        "min.compaction.lag.ms", LONG, 0, "Time during which a record is never compacted.", at_least(0), effect=ACTS
    )
    min_insync_replicas = option(
        "min.insync.replicas",
        INT,
        1,
        "In-sync replicas that must exist for a write with acks=all.",
        at_least(1),
        effect=ACTS,
    )
    preallocate = option(
        "preallocate", BOOLEAN, False, "Whether a segment's space is reserved when it is created.", effect=ACTS
    )
    remote_log_copy_disable = option(
        "remote.log.copy.disable",
        BOOLEAN,
        False,
        "Whether copying to remote storage stops while what is there stays readable.",
    )
    remote_log_delete_on_disable = option(
        "remote.log.delete.on.disable",
        BOOLEAN,
        False,
        "Whether switching remote storage off deletes what is stored there.",
    )
    remote_storage_enable = option(
        "remote.storage.enable", BOOLEAN, False, "Whether older segments go to remote storage."
    )
    retention_bytes = option(
        "retention.bytes",
        LONG,
        -1,
        "Size of a partition above which its oldest segments are deleted; -1 for no limit.",
        effect=ACTS,
    )
    retention_ms = option(
        "retention.ms", LONG, 604_800_000, "Age at which segments are deleted; -1 for never.", at_least(-1), effect=ACTS
    )
    segment_bytes = option(
        "segment.bytes",
        INT,
        1024 * MIB,
        "Size at which a segment is closed and the next one begins.",
        at_least(MIB),
        effect=ACTS,
    )
    segment_index_bytes = option(
        "segment.index.bytes", INT, 10 * MIB, "Largest size of an index file.", at_least(4), effect=ACTS
    )
    segment_jitter_ms = option(
        "segment.jitter.ms",
        LONG,
        0,
        "Random time taken off segment.ms, so that segments don't all roll at once.",
        at_least(0),
        effect=ACTS,
    )
    segment_ms = option(
        "segment.ms",
        LONG,
        604_800_000,
        "Age at which a segment is closed although it is not full.",
        at_least(1),
        effect=ACTS,
    )
    unclean_leader_election_enable = option(
        "unclean.leader.election.enable",
        BOOLEAN,
        False,
        "Whether a replica that lags may become leader, at the price of lost records.",
    )
