"""Share groups, and the topic their state lives in."""

from barnabas.foundation.config.kinds import BOOLEAN, INT, LIST, SHORT, STRING
from barnabas.foundation.config.option import HIGH, LOW, option
from barnabas.foundation.config.sizes import MIB
from barnabas.foundation.config.validators import at_least, between


class SharesOptions:
    """Share groups, and the topic their state lives in."""

    group_share_enable = option(
        "group.share.enable", BOOLEAN, False, "Whether share groups are offered as a preview.", internal=True
    )
    group_share_assignors = option(
        "group.share.assignors", LIST, ("simple",), "Assignors of share groups, the default first."
    )
    group_share_max_groups = option(
        "group.share.max.groups",
        SHORT,
        10,
        "Most share groups of a Kafka 3.9 cluster.",
        between(1, 100),
        only_in_3x=True,
    )
    group_share_max_size = option("group.share.max.size", INT, 200, "Most members of a share group.", between(1, 1000))
    group_share_max_share_sessions = option(
        "group.share.max.share.sessions", INT, 2000, "Most share sessions of one broker.", at_least(1)
    )
    group_share_delivery_count_limit = option(
        "group.share.delivery.count.limit",
        INT,
        5,
        "How often a record is delivered before it is given up.",
        between(2, 10),
    )
    group_share_min_delivery_count_limit = option(
        "group.share.min.delivery.count.limit",
        INT,
        2,
        "Smallest delivery limit that a share group may set.",
        between(2, 5),
    )
    group_share_max_delivery_count_limit = option(
        "group.share.max.delivery.count.limit",
        INT,
        10,
        "Largest delivery limit that a share group may set.",
        between(5, 25),
    )
    group_share_partition_max_record_locks = option(
        "group.share.partition.max.record.locks",
        INT,
        2000,
        "Most records of one partition that are locked by consumers at a time.",
        between(100, 10000),
    )
    group_share_min_partition_max_record_locks = option(
        "group.share.min.partition.max.record.locks",
        INT,
        100,
        "Smallest number of record locks per partition that a share group may set.",
        between(100, 2000),
    )
    group_share_max_partition_max_record_locks = option(
        "group.share.max.partition.max.record.locks",
        INT,
        4000,
        "Largest number of record locks per partition that a share group may set.",
        between(2000, 10000),
    )
    group_share_record_lock_duration_ms = option(
        "group.share.record.lock.duration.ms",
        INT,
        30000,
        "Time that a delivered record is locked for its consumer.",
        between(1000, 3_600_000),
    )
    group_share_min_record_lock_duration_ms = option(
        "group.share.min.record.lock.duration.ms",
        INT,
        15000,
        "Shortest record lock that a share group may set.",
        between(1000, 30000),
    )
    group_share_max_record_lock_duration_ms = option(
        "group.share.max.record.lock.duration.ms",
        INT,
        60000,
        "Longest record lock that a share group may set.",
        between(30000, 3_600_000),
    )
    group_share_session_timeout_ms = option(
        "group.share.session.timeout.ms",
        INT,
        45000,
        "Time without heartbeats after which a member of a share group is removed.",
        at_least(1),
    )
    group_share_min_session_timeout_ms = option(
        "group.share.min.session.timeout.ms",
        INT,
        45000,
        "Shortest session time-out that a share group may set.",
        at_least(1),
    )
    group_share_max_session_timeout_ms = option(
        "group.share.max.session.timeout.ms",
        INT,
        60000,
        "Longest session time-out that a share group may set.",
        at_least(1),
    )
    group_share_heartbeat_interval_ms = option(
        "group.share.heartbeat.interval.ms",
        INT,
        5000,
        "Time between heartbeats that members of share groups are told to keep.",
        at_least(1),
    )
    group_share_min_heartbeat_interval_ms = option(
        "group.share.min.heartbeat.interval.ms",
        INT,
        5000,
        "Shortest heartbeat interval that a share group may set.",
        at_least(1),
    )
    group_share_max_heartbeat_interval_ms = option(
        "group.share.max.heartbeat.interval.ms",
        INT,
        15000,
        "Longest heartbeat interval that a share group may set.",
        at_least(1),
    )
    group_share_assignment_interval_ms = option(
        "group.share.assignment.interval.ms",
        INT,
        1000,
        "Least time between two new assignments of a share group.",
        at_least(0),
    )
    group_share_min_assignment_interval_ms = option(
        "group.share.min.assignment.interval.ms",
        INT,
        0,
        "Smallest assignment interval that a share group may set.",
        at_least(0),
    )
    group_share_max_assignment_interval_ms = option(
        "group.share.max.assignment.interval.ms",
        INT,
        15000,
        "Largest assignment interval that a share group may set.",
        at_least(0),
    )
    group_share_initialize_retry_interval_ms = option(
        "group.share.initialize.retry.interval.ms",
        INT,
        30000,
        "Pause before the initialization of a share partition is repeated.",
        at_least(1),
        importance=LOW,
        internal=True,
    )
    group_share_persister_class_name = option(
        "group.share.persister.class.name",
        STRING,
        "org.apache.kafka.server.share.persister.DefaultStatePersister",
        "Class that keeps the state of share groups. Barnabas can't load Java classes.",
        internal=True,
    )
    share_coordinator_append_linger_ms = option(
        "share.coordinator.append.linger.ms",
        INT,
        5,
        "Time that the share coordinator gathers writes; -1 lets it choose.",
        at_least(0),
    )
    share_coordinator_cached_buffer_max_bytes = option(
        "share.coordinator.cached.buffer.max.bytes",
        INT,
        1_048_588,
        "Largest write buffer that the share coordinator keeps for reuse.",
        at_least(524_288),
    )
    share_coordinator_cold_partition_snapshot_interval_ms = option(
        "share.coordinator.cold.partition.snapshot.interval.ms",
        INT,
        300_000,
        "Time after which idle share partitions are written as a snapshot again.",
        at_least(1),
        importance=LOW,
        internal=True,
    )
    share_coordinator_load_buffer_size = option(
        "share.coordinator.load.buffer.size",
        INT,
        5 * MIB,
        "Batch size for reading share state when a coordinator loads a partition.",
        at_least(1),
        importance=HIGH,
    )
    share_coordinator_snapshot_update_records_per_snapshot = option(
        "share.coordinator.snapshot.update.records.per.snapshot",
        INT,
        500,
        "Updates written between two snapshots of a share partition.",
        at_least(0),
    )
    share_coordinator_state_topic_compression_codec = option(
        "share.coordinator.state.topic.compression.codec",
        INT,
        0,
        "Compression of __share_group_state: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.",
        importance=HIGH,
    )
    share_coordinator_state_topic_min_isr = option(
        "share.coordinator.state.topic.min.isr",
        SHORT,
        2,
        "In-sync replicas that writes to __share_group_state need.",
        at_least(1),
        importance=HIGH,
    )
    share_coordinator_state_topic_num_partitions = option(
        "share.coordinator.state.topic.num.partitions",
        INT,
        50,
        "Partitions of __share_group_state. Not to be changed once the topic exists.",
        at_least(1),
        importance=HIGH,
    )
    share_coordinator_state_topic_prune_interval_ms = option(
        "share.coordinator.state.topic.prune.interval.ms",
        INT,
        300_000,
        "Time between two clean-ups of __share_group_state.",
        at_least(1),
        importance=LOW,
        internal=True,
    )
    share_coordinator_state_topic_replication_factor = option(
        "share.coordinator.state.topic.replication.factor",
        SHORT,
        3,
        "Replicas of __share_group_state.",
        at_least(1),
        importance=HIGH,
    )
    share_coordinator_state_topic_segment_bytes = option(
        "share.coordinator.state.topic.segment.bytes",
        INT,
        100 * MIB,
        "Segment size of __share_group_state.",
        at_least(1),
        importance=HIGH,
    )
    share_coordinator_threads = option(
        "share.coordinator.threads", INT, 1, "Threads of the share coordinator in Kafka.", at_least(1)
    )
    share_coordinator_write_timeout_ms = option(
        "share.coordinator.write.timeout.ms",
        INT,
        5000,
        "Time that a write of the share coordinator may take until it is replicated.",
        at_least(1),
        importance=HIGH,
    )
