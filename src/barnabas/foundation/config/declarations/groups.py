"""Consumer groups of both protocols and streams groups, and the topic their offsets live in."""

from barnabas.foundation.config.kinds import BOOLEAN, INT, LIST, LONG, SHORT, STRING
from barnabas.foundation.config.option import ACTS, HIGH, option
from barnabas.foundation.config.sizes import INT_MAX, MIB
from barnabas.foundation.config.validators import at_least, one_of, one_of_ignoring_case


class GroupsOptions:
    """Consumer groups of both protocols and streams groups, and the topic their offsets live in."""

    group_initial_rebalance_delay_ms = option(
        "group.initial.rebalance.delay.ms",
        INT,
        3000,
        "Time that the first rebalance of an empty classic group waits for more members.",
        effect=ACTS,
    )
    group_min_session_timeout_ms = option(
        "group.min.session.timeout.ms",
        INT,
        6000,
        "Shortest session time-out that a member of a classic group may ask for.",
        effect=ACTS,
    )
    group_max_session_timeout_ms = option(
        "group.max.session.timeout.ms",
        INT,
        1_800_000,
        "Longest session time-out that a member of a classic group may ask for.",
        effect=ACTS,
    )
    group_max_size = option(
        "group.max.size", INT, INT_MAX, "Most members of a classic group.", at_least(1), effect=ACTS
    )
    group_coordinator_rebalance_protocols = option(
        "group.coordinator.rebalance.protocols",
        LIST,
        ("classic", "consumer", "streams"),
        "Kinds of groups that the coordinator serves.",
        one_of("consumer", "classic", "share", "streams"),
    )
    group_coordinator_new_enable = option(
        "group.coordinator.new.enable",
        BOOLEAN,
        False,
        "Whether Kafka 3.x uses its newer coordinator.",
        internal=True,
        only_in_3x=True,
    )
    group_coordinator_threads = option(
        "group.coordinator.threads",
        INT,
        4,
        "Threads of the coordinator in Kafka. Barnabas has one event loop.",
        at_least(1),
        importance=HIGH,
    )
    group_coordinator_background_threads = option(
        "group.coordinator.background.threads",
        INT,
        2,
        "Threads of the coordinator's background work in Kafka.",
        at_least(1),
        importance=HIGH,
    )
    group_coordinator_append_linger_ms = option(
        "group.coordinator.append.linger.ms",
        INT,
        5,
        "Time that the coordinator gathers writes; -1 lets it choose.",
        at_least(0),
    )
    group_coordinator_cached_buffer_max_bytes = option(
        "group.coordinator.cached.buffer.max.bytes",
        INT,
        1_048_588,
        "Largest write buffer that the coordinator keeps for reuse.",
        at_least(524_288),
    )
    group_consumer_assignors = option(
        "group.consumer.assignors", LIST, ("uniform", "range"), "Assignors of the consumer protocol, the default first."
    )
    group_consumer_migration_policy = option(
        "group.consumer.migration.policy",
        STRING,
        "bidirectional",
        "Whether groups may change between classic and consumer protocol while they run.",
        one_of_ignoring_case("DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"),
    )
    group_consumer_max_size = option(
        "group.consumer.max.size", INT, INT_MAX, "Most members of a group of the consumer protocol.", at_least(1)
    )
    group_consumer_session_timeout_ms = option(
        "group.consumer.session.timeout.ms",
        INT,
        45000,
        "Time without heartbeats after which a member of the consumer protocol is removed.",
        at_least(1),
    )
    group_consumer_min_session_timeout_ms = option(
        "group.consumer.min.session.timeout.ms",
        INT,
        45000,
        "Shortest session time-out that a group of the consumer protocol may set.",
        at_least(1),
    )
    group_consumer_max_session_timeout_ms = option(
        "group.consumer.max.session.timeout.ms",
        INT,
        60000,
        "Longest session time-out that a group of the consumer protocol may set.",
        at_least(1),
    )
    group_consumer_heartbeat_interval_ms = option(
        "group.consumer.heartbeat.interval.ms",
        INT,
        5000,
        "Time between heartbeats that members of the consumer protocol are told to keep.",
        at_least(1),
    )
    group_consumer_min_heartbeat_interval_ms = option(
        "group.consumer.min.heartbeat.interval.ms",
        INT,
        5000,
        "Shortest heartbeat interval that a group of the consumer protocol may set.",
        at_least(1),
    )
    group_consumer_max_heartbeat_interval_ms = option(
        "group.consumer.max.heartbeat.interval.ms",
        INT,
        15000,
        "Longest heartbeat interval that a group of the consumer protocol may set.",
        at_least(1),
    )
    group_consumer_assignment_interval_ms = option(
        "group.consumer.assignment.interval.ms",
        INT,
        1000,
        "Least time between two new assignments of a group of the consumer protocol.",
        at_least(0),
    )
    group_consumer_min_assignment_interval_ms = option(
        "group.consumer.min.assignment.interval.ms",
        INT,
        0,
        "Smallest assignment interval that a group of the consumer protocol may set.",
        at_least(0),
    )
    group_consumer_max_assignment_interval_ms = option(
        "group.consumer.max.assignment.interval.ms",
        INT,
        15000,
        "Largest assignment interval that a group of the consumer protocol may set.",
        at_least(0),
    )
    group_consumer_regex_refresh_interval_ms = option(
        "group.consumer.regex.refresh.interval.ms",
        INT,
        600_000,
        "Time between two look-ups of the topics that subscribed patterns match.",
        at_least(10000),
        internal=True,
    )
    group_streams_max_size = option(
        "group.streams.max.size", INT, INT_MAX, "Most members of a streams group.", at_least(1)
    )
    group_streams_session_timeout_ms = option(
        "group.streams.session.timeout.ms",
        INT,
        45000,
        "Time without heartbeats after which a member of a streams group is removed.",
        at_least(1),
    )
    group_streams_min_session_timeout_ms = option(
        "group.streams.min.session.timeout.ms",
        INT,
        45000,
        "Shortest session time-out that a streams group may set.",
        at_least(1),
    )
    group_streams_max_session_timeout_ms = option(
        "group.streams.max.session.timeout.ms",
        INT,
        60000,
        "Longest session time-out that a streams group may set.",
        at_least(1),
    )
    group_streams_heartbeat_interval_ms = option(
        "group.streams.heartbeat.interval.ms",
        INT,
        5000,
        "Time between heartbeats that members of streams groups are told to keep.",
        at_least(1),
    )
    group_streams_min_heartbeat_interval_ms = option(
        "group.streams.min.heartbeat.interval.ms",
        INT,
        5000,
        "Shortest heartbeat interval that a streams group may set.",
        at_least(1),
    )
    group_streams_max_heartbeat_interval_ms = option(
        "group.streams.max.heartbeat.interval.ms",
        INT,
        15000,
        "Longest heartbeat interval that a streams group may set.",
        at_least(1),
    )
    group_streams_num_standby_replicas = option(
        "group.streams.num.standby.replicas", INT, 0, "Standby copies of each task's state.", at_least(0)
    )
    group_streams_max_standby_replicas = option(
        "group.streams.max.standby.replicas", INT, 2, "Most standby copies that a streams group may set.", at_least(0)
    )
    group_streams_assignment_interval_ms = option(
        "group.streams.assignment.interval.ms",
        INT,
        1000,
        "Least time between two new assignments of a streams group.",
        at_least(0),
    )
    group_streams_min_assignment_interval_ms = option(
        "group.streams.min.assignment.interval.ms",
        INT,
        0,
        "Smallest assignment interval that a streams group may set.",
        at_least(0),
    )
    group_streams_max_assignment_interval_ms = option(
        "group.streams.max.assignment.interval.ms",
        INT,
        15000,
        "Largest assignment interval that a streams group may set.",
        at_least(0),
    )
    group_streams_initial_rebalance_delay_ms = option(
        "group.streams.initial.rebalance.delay.ms",
        INT,
        3000,
        "Time that the first rebalance of an empty streams group waits for more members.",
        at_least(0),
    )
    offset_metadata_max_bytes = option(
        "offset.metadata.max.bytes",
        INT,
        4096,
        "Longest text that may accompany a committed offset.",
        importance=HIGH,
        effect=ACTS,
    )
    offsets_commit_timeout_ms = option(
        "offsets.commit.timeout.ms",
        INT,
        5000,
        "Time that an offset commit waits until it is replicated.",
        at_least(1),
        importance=HIGH,
    )
    offsets_commit_required_acks = option(
        "offsets.commit.required.acks",
        SHORT,
        -1,
        "Acknowledgements before a commit is answered in Kafka 3.x.",
        importance=HIGH,
        only_in_3x=True,
    )
    offsets_load_buffer_size = option(
        "offsets.load.buffer.size",
        INT,
        5 * MIB,
        "Batch size for reading offsets when a coordinator loads a partition.",
        at_least(1),
        importance=HIGH,
        effect=ACTS,
    )
    offsets_retention_minutes = option(
        "offsets.retention.minutes",
        INT,
        10080,
        "Time that the offsets of an empty group are kept.",
        at_least(1),
        importance=HIGH,
        effect=ACTS,
    )
    offsets_retention_check_interval_ms = option(
        "offsets.retention.check.interval.ms",
        LONG,
        600_000,
        "Time between two looks for expired offsets.",
        at_least(1),
        importance=HIGH,
        effect=ACTS,
    )
    offsets_topic_num_partitions = option(
        "offsets.topic.num.partitions",
        INT,
        50,
        "Partitions of __consumer_offsets. Not to be changed once the topic exists.",
        at_least(1),
        importance=HIGH,
        effect=ACTS,
    )
    offsets_topic_replication_factor = option(
        "offsets.topic.replication.factor",
        SHORT,
        3,
        "Replicas of __consumer_offsets.",
        at_least(1),
        importance=HIGH,
        effect=ACTS,
    )
    offsets_topic_segment_bytes = option(
        "offsets.topic.segment.bytes",
        INT,
        100 * MIB,
        "Segment size of __consumer_offsets.",
        at_least(1),
        importance=HIGH,
        effect=ACTS,
    )
    offsets_topic_compression_codec = option(
        "offsets.topic.compression.codec",
        INT,
        0,
        "Compression of __consumer_offsets: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.",
        importance=HIGH,
    )
