"""Quotas: the windows over which rates are measured."""

from barnabas.foundation.config.kinds import CLASS, INT, LONG
from barnabas.foundation.config.option import LOW, option
from barnabas.foundation.config.sizes import LONG_MAX
from barnabas.foundation.config.validators import at_least


class QuotasOptions:
    """Quotas: the windows over which rates are measured."""

    quota_window_num = option(
        "quota.window.num", INT, 11, "Samples kept to measure client quotas.", at_least(1), importance=LOW
    )
    quota_window_size_seconds = option(
        "quota.window.size.seconds", INT, 1, "Length of one sample for client quotas.", at_least(1), importance=LOW
    )
    replication_quota_window_num = option(
        "replication.quota.window.num",
        INT,
        11,
        "Samples kept to measure replication quotas.",
        at_least(1),
        importance=LOW,
    )
    replication_quota_window_size_seconds = option(
        "replication.quota.window.size.seconds",
        INT,
        1,
        "Length of one sample for replication quotas.",
        at_least(1),
        importance=LOW,
    )
    alter_log_dirs_replication_quota_window_num = option(
        "alter.log.dirs.replication.quota.window.num",
        INT,
        11,
        "Samples kept to measure moves between directories.",
        at_least(1),
        importance=LOW,
    )
    alter_log_dirs_replication_quota_window_size_seconds = option(
        "alter.log.dirs.replication.quota.window.size.seconds",
        INT,
        1,
        "Length of one sample for moves between directories.",
        at_least(1),
        importance=LOW,
    )
    controller_quota_window_num = option(
        "controller.quota.window.num",
        INT,
        11,
        "Samples kept to measure quotas on changes of the cluster.",
        at_least(1),
        importance=LOW,
    )
    controller_quota_window_size_seconds = option(
        "controller.quota.window.size.seconds",
        INT,
        1,
        "Length of one sample for quotas on changes of the cluster.",
        at_least(1),
        importance=LOW,
    )
    client_quota_callback_class = option(
        "client.quota.callback.class",
        CLASS,
        None,
        "Class that decides on client quotas. Barnabas can't load Java classes.",
        importance=LOW,
    )


class DynamicQuotaOptions:
    """Limits that are only ever set while the broker runs."""

    leader_replication_throttled_rate = option(
        "leader.replication.throttled.rate",
        LONG,
        LONG_MAX,
        "Most bytes per second that leaders of throttled replicas send.",
        at_least(0),
    )
    follower_replication_throttled_rate = option(
        "follower.replication.throttled.rate",
        LONG,
        LONG_MAX,
        "Most bytes per second that throttled followers fetch.",
        at_least(0),
    )
    replica_alter_log_dirs_io_max_bytes_per_second = option(
        "replica.alter.log.dirs.io.max.bytes.per.second",
        LONG,
        LONG_MAX,
        "Most bytes per second spent on moving replicas between directories.",
        at_least(0),
    )
