"""The log cleaner: compaction keeps the last value of every key."""

from barnabas.foundation.config.kinds import BOOLEAN, DOUBLE, INT, LONG
from barnabas.foundation.config.option import ACTS, CLUSTER_WIDE, option
from barnabas.foundation.config.sizes import LONG_MAX, MIB
from barnabas.foundation.config.validators import at_least, between


class CleanerOptions:
    """The log cleaner: compaction keeps the last value of every key."""

    log_cleaner_enable = option("log.cleaner.enable", BOOLEAN, True, "Whether compaction runs.", effect=ACTS)
    log_cleaner_threads = option(
        "log.cleaner.threads", INT, 1, "Threads that compact logs.", at_least(0), scope=CLUSTER_WIDE, effect=ACTS
    )
    log_cleaner_backoff_ms = option(
        "log.cleaner.backoff.ms",
        LONG,
        15000,
        "Pause when there is nothing to compact.",
        at_least(0),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_cleaner_dedupe_buffer_size = option(
        "log.cleaner.dedupe.buffer.size",
        LONG,
        128 * MIB,
        "Memory of all cleaners for the table of keys, in bytes.",
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_cleaner_io_buffer_size = option(
        "log.cleaner.io.buffer.size",
        INT,
        524_288,
        "Memory of all cleaners for reading and writing, in bytes.",
        at_least(0),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_cleaner_io_buffer_load_factor = option(
        "log.cleaner.io.buffer.load.factor",
        DOUBLE,
        0.9,
        "How full the table of keys may get.",
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_cleaner_io_max_bytes_per_second = option(
        "log.cleaner.io.max.bytes.per.second",
        DOUBLE,
        1.7976931348623157e308,
        "Most bytes that cleaners read and write per second.",
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_cleaner_min_cleanable_ratio = option(
        "log.cleaner.min.cleanable.ratio",
        DOUBLE,
        0.5,
        "Share of uncompacted bytes from which a log is worth compacting.",
        between(0, 1),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_cleaner_min_compaction_lag_ms = option(
        "log.cleaner.min.compaction.lag.ms",
        LONG,
        0,
        "Time during which a record is never compacted.",
        at_least(0),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_cleaner_max_compaction_lag_ms = option(
        "log.cleaner.max.compaction.lag.ms",
        LONG,
        LONG_MAX,
        "Time after which a record must be compacted.",
        at_least(1),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
    log_cleaner_delete_retention_ms = option(
        "log.cleaner.delete.retention.ms",
        LONG,
        86_400_000,
        "Time that markers of deletion survive compaction, so that slow readers see them.",
        at_least(0),
        scope=CLUSTER_WIDE,
        effect=ACTS,
    )
