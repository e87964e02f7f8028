"""The log: directories, segments, flushing, retention; most of these are defaults of topics."""

from barnabas.foundation.config.kinds import BOOLEAN, INT, LIST, LONG, STRING
from barnabas.foundation.config.option import ACTS, CLUSTER_WIDE, HIGH, LOW, option
from barnabas.foundation.config.sizes import LONG_MAX, MIB
from barnabas.foundation.config.validators import GZIP_LEVEL, at_least, between, one_of


class LogOptions:
    """The log: directories, segments, flushing, retention; most of these are defaults of topics."""

    log_dir = option(
        "log.dir",
        STRING,
        "/tmp/kafka-logs",  # noqa: S108 - Kafka's default
        "Directory of the partitions' logs, used where log.dirs is absent.",
        importance=HIGH,
        effect=ACTS,
    )
    log_dirs = option(
        "log.dirs", STRING, None, "Directories of the partitions' logs, comma separated.", importance=HIGH, effect=ACTS
    )
    log_segment_bytes = option(
        "log.segment.bytes",
        INT,
        1024 * MIB,
        "Size at which a segment is closed and the next one begins.",
        at_least(MIB),
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_roll_ms = option(
        "log.roll.ms",
        LONG,
        None,
        "Age at which a segment is closed although it is not full; log.roll.hours if absent.",
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_roll_hours = option(
        "log.roll.hours",
        INT,
        168,
        "Age in hours at which a segment is closed, where log.roll.ms is absent.",
        at_least(1),
        importance=HIGH,
        effect=ACTS,
    )
    log_roll_jitter_ms = option(
        "log.roll.jitter.ms",
        LONG,
        None,
        "Random time taken off the age of log.roll.ms, so that segments don't all roll at once.",
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_roll_jitter_hours = option(
        "log.roll.jitter.hours",
        INT,
        0,
        "Random time in hours taken off the age at which a segment is closed, where log.roll.jitter.ms is absent.",
        at_least(0),
        importance=HIGH,
        effect=ACTS,
    )
    log_segment_delete_delay_ms = option(
        "log.segment.delete.delay.ms",
        LONG,
        60000,
        "Time a deleted segment's files stay on disk.",
        at_least(0),
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_retention_ms = option(
        "log.retention.ms",
        LONG,
        None,
        "Age at which segments are deleted; log.retention.minutes if absent, -1 for never.",
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_retention_minutes = option(
        "log.retention.minutes",
        INT,
        None,
        "Age in minutes at which segments are deleted, where log.retention.ms is absent.",
        importance=HIGH,
        effect=ACTS,
    )
    log_retention_hours = option(
        "log.retention.hours",
        INT,
        168,
        "Age in hours at which segments are deleted, where log.retention.ms and log.retention.minutes are absent.",
        importance=HIGH,
        effect=ACTS,
    )
    log_retention_bytes = option(
        "log.retention.bytes",
        LONG,
        -1,
        "Size of a partition above which its oldest segments are deleted; -1 for no limit.",
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_retention_check_interval_ms = option(
        "log.retention.check.interval.ms",
        LONG,
        300_000,
        "Time between two checks for segments to delete.",
        at_least(1),
        effect=ACTS,
    )
    log_cleanup_policy = option(
        "log.cleanup.policy",
        LIST,
        ("delete",),
        "What happens to old segments: delete, compact, or both.",
        one_of("compact", "delete"),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_index_interval_bytes = option(
        "log.index.interval.bytes",
        INT,
        4096,
        "Bytes of records between two entries of the offset index.",
        at_least(0),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_index_size_max_bytes = option(
        "log.index.size.max.bytes",
        INT,
        10 * MIB,
        "Largest size of an index file.",
        at_least(4),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_flush_interval_messages = option(
        "log.flush.interval.messages",
        LONG,
        LONG_MAX,
        "Records written to a partition before it is flushed to disk.",
        at_least(1),
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_flush_interval_ms = option(
        "log.flush.interval.ms",
        LONG,
        None,
        "Longest time that records stay unflushed; log.flush.scheduler.interval.ms if absent.",
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_flush_scheduler_interval_ms = option(
        "log.flush.scheduler.interval.ms",
        LONG,
        LONG_MAX,
        "Time between two checks whether a log needs flushing.",
        importance=HIGH,
        effect=ACTS,
    )
    log_flush_offset_checkpoint_interval_ms = option(
        "log.flush.offset.checkpoint.interval.ms",
        INT,
        60000,
        "Time between two checkpoints of how far logs are flushed.",
        at_least(0),
        importance=HIGH,
        effect=ACTS,
    )
    log_flush_start_offset_checkpoint_interval_ms = option(
        "log.flush.start.offset.checkpoint.interval.ms",
        INT,
        60000,
        "Time between two checkpoints of the logs' start offsets.",
        at_least(0),
        importance=HIGH,
        effect=ACTS,
    )
    log_preallocate = option(
        "log.preallocate",
        BOOLEAN,
        False,
        "Whether a segment's space is reserved when it is created.",
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_message_timestamp_type = option(
        "log.message.timestamp.type",
        STRING,
        "CreateTime",
        "Whose time a record carries: CreateTime is the producer's, LogAppendTime the broker's.",
        one_of("CreateTime", "LogAppendTime"),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_message_timestamp_before_max_ms = option(
        "log.message.timestamp.before.max.ms",
        LONG,
        LONG_MAX,
        "How far a record's timestamp may lie in the past. Ignored with LogAppendTime.",
        at_least(0),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_message_timestamp_after_max_ms = option(
        "log.message.timestamp.after.max.ms",
        LONG,
        3_600_000,
        "How far a record's timestamp may lie in the future. Ignored with LogAppendTime.",
        at_least(0),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_message_timestamp_difference_max_ms = option(
        "log.message.timestamp.difference.max.ms",
        LONG,
        LONG_MAX,
        "How far a record's timestamp may differ from the broker's time; replaced by the two before and after options.",
        at_least(0),
        only_in_3x=True,
    )
    log_message_format_version = option(
        "log.message.format.version",
        STRING,
        "3.0-IV1",
        "Record format on disk. Barnabas, like Kafka 4, writes version 2 only.",
        only_in_3x=True,
    )
    log_message_downconversion_enable = option(
        "log.message.downconversion.enable",
        BOOLEAN,
        True,
        "Whether records are converted for consumers older than 0.11. There is no such conversion.",
        importance=LOW,
        only_in_3x=True,
    )
    message_max_bytes = option(
        "message.max.bytes",
        INT,
        1_048_588,
        "Largest record batch accepted, after compression.",
        at_least(0),
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    compression_type = option(
        "compression.type",
        STRING,
        "producer",
        "Compression on disk: a codec, uncompressed, or producer for what each producer chose.",
        one_of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    compression_gzip_level = option(
        "compression.gzip.level",
        INT,
        -1,
        "Level of gzip where the broker compresses; -1 is gzip's own default.",
        GZIP_LEVEL,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    compression_lz4_level = option(
        "compression.lz4.level",
        INT,
        9,
        "Level of lz4 where the broker compresses.",
        between(1, 17),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    compression_zstd_level = option(
        "compression.zstd.level",
        INT,
        3,
        "Level of zstd where the broker compresses.",
        between(-131_072, 22),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    num_recovery_threads_per_data_dir = option(
        "num.recovery.threads.per.data.dir",
        INT,
        2,
        "Threads per directory that recover logs at start.",
        at_least(1),
        importance=HIGH,
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    num_replica_alter_log_dirs_threads = option(
        "num.replica.alter.log.dirs.threads",
        INT,
        None,
        "Threads that move replicas between directories.",
        importance=HIGH,
    )
    log_dir_failure_timeout_ms = option(
        "log.dir.failure.timeout.ms",
        LONG,
        30000,
        "Time within which a failed directory must be known to the controller, or the broker stops.",
        at_least(1),
        importance=LOW,
    )
    log_initial_task_delay_ms = option(
        "log.initial.task.delay.ms",
        LONG,
        30000,
        "Time after start before the first background work on logs.",
        at_least(0),
        importance=LOW,
        effect=ACTS,
        internal=True,
    )
    cordoned_log_dirs = option("cordoned.log.dirs", LIST, (), "Directories that get no new partitions.")
