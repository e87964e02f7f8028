"""Options that a group of the newer protocols may set for itself."""

from barnabas.foundation.config.kinds import BOOLEAN, INT, STRING
from barnabas.foundation.config.option import option
from barnabas.foundation.config.validators import OFFSET_RESET, at_least, one_of


class GroupOptions:
    """Options of a group."""

    consumer_session_timeout_ms = option(
        "consumer.session.timeout.ms",
        INT,
        45000,
        "Time without heartbeats after which a member of a consumer group is removed.",
        at_least(1),
    )
    consumer_heartbeat_interval_ms = option(
        "consumer.heartbeat.interval.ms",
        INT,
        5000,
        "Time between heartbeats that members of a consumer group are told to keep.",
        at_least(1),
    )
    share_session_timeout_ms = option(
        "share.session.timeout.ms",
        INT,
        45000,
        "Time without heartbeats after which a member of a share group is removed.",
        at_least(1),
    )
    share_heartbeat_interval_ms = option(
        "share.heartbeat.interval.ms",
        INT,
        5000,
        "Time between heartbeats that members of a share group are told to keep.",
        at_least(1),
    )
    share_record_lock_duration_ms = option(
        "share.record.lock.duration.ms",
        INT,
        30000,
        "Time that a record delivered to a share group is locked for its consumer.",
        at_least(1000),
    )
    share_auto_offset_reset = option(
        "share.auto.offset.reset",
        STRING,
        "latest",
        "Where a share group begins in a partition: latest, earliest, or by_duration: and how far back (ISO 8601).",
        OFFSET_RESET,
    )
    share_isolation_level = option(
        "share.isolation.level",
        STRING,
        "read_uncommitted",
        "Whether a share group gets records of open and aborted transactions too.",
        one_of("read_committed", "read_uncommitted"),
    )
    share_delivery_count_limit = option(
        "share.delivery.count.limit",
        INT,
        5,
        "How often a share group delivers a record before it is given up.",
        at_least(2),
    )
    share_partition_max_record_locks = option(
        "share.partition.max.record.locks",
        INT,
        2000,
        "Most records of one partition that a share group locks at a time.",
        at_least(100),
    )
    share_renew_acknowledge_enable = option(
        "share.renew.acknowledge.enable",
        BOOLEAN,
        True,
        "Whether consumers of a share group may prolong the lock of a record.",
    )
    streams_session_timeout_ms = option(
        "streams.session.timeout.ms",
        INT,
        45000,
        "Time without heartbeats after which a member of a streams group is removed.",
        at_least(1),
    )
    streams_heartbeat_interval_ms = option(
        "streams.heartbeat.interval.ms",
        INT,
        5000,
        "Time between heartbeats that members of a streams group are told to keep.",
        at_least(1),
    )
    streams_num_standby_replicas = option(
        "streams.num.standby.replicas",
        INT,
        0,
        "Standby copies of each task's state in a streams group.",
        at_least(0),
    )
