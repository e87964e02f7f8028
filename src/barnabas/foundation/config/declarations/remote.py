"""Remote storage of older segments (tiered storage)."""

from barnabas.foundation.config.kinds import BOOLEAN, DOUBLE, INT, LONG, STRING
from barnabas.foundation.config.option import CLUSTER_WIDE, LOW, option
from barnabas.foundation.config.sizes import LONG_MAX, MIB
from barnabas.foundation.config.validators import NOT_EMPTY, at_least, between


class RemoteOptions:
    """Remote storage of older segments (tiered storage)."""

    remote_log_storage_system_enable = option(
        "remote.log.storage.system.enable", BOOLEAN, False, "Whether remote storage is available at all."
    )
    remote_log_storage_manager_class_name = option(
        "remote.log.storage.manager.class.name",
        STRING,
        None,
        "Class that stores segments remotely. Barnabas can't load Java classes.",
        NOT_EMPTY,
    )
    remote_log_storage_manager_class_path = option(
        "remote.log.storage.manager.class.path", STRING, None, "Where remote.log.storage.manager.class.name is found."
    )
    remote_log_storage_manager_impl_prefix = option(
        "remote.log.storage.manager.impl.prefix",
        STRING,
        "rsm.config.",
        "Prefix of the options that go to the class that stores segments.",
        NOT_EMPTY,
    )
    remote_log_metadata_manager_class_name = option(
        "remote.log.metadata.manager.class.name",
        STRING,
        "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
        "Class that keeps the metadata of remote segments.",
        NOT_EMPTY,
    )
    remote_log_metadata_manager_class_path = option(
        "remote.log.metadata.manager.class.path", STRING, None, "Where remote.log.metadata.manager.class.name is found."
    )
    remote_log_metadata_manager_impl_prefix = option(
        "remote.log.metadata.manager.impl.prefix",
        STRING,
        "rlmm.config.",
        "Prefix of the options that go to the class that keeps the metadata.",
        NOT_EMPTY,
    )
    remote_log_metadata_manager_listener_name = option(
        "remote.log.metadata.manager.listener.name",
        STRING,
        None,
        "Listener over which the class that keeps the metadata reaches the brokers.",
        NOT_EMPTY,
    )
    remote_log_metadata_custom_metadata_max_bytes = option(
        "remote.log.metadata.custom.metadata.max.bytes",
        INT,
        128,
        "Largest metadata that a storage class may add to a segment.",
        at_least(0),
        importance=LOW,
    )
    remote_log_index_file_cache_total_size_bytes = option(
        "remote.log.index.file.cache.total.size.bytes",
        LONG,
        1024 * MIB,
        "Disk space for indexes fetched from remote storage.",
        at_least(1),
        importance=LOW,
        scope=CLUSTER_WIDE,
    )
    remote_log_index_file_cache_ttl_ms = option(
        "remote.log.index.file.cache.ttl.ms",
        LONG,
        900_000,
        "Time that an unused fetched index is kept; -1 for no limit.",
        at_least(-1),
        importance=LOW,
        internal=True,
    )
    remote_log_manager_thread_pool_size = option(
        "remote.log.manager.thread.pool.size",
        INT,
        2,
        "Threads of remote storage that have no pool of their own.",
        at_least(1),
    )
    remote_log_manager_copier_thread_pool_size = option(
        "remote.log.manager.copier.thread.pool.size",
        INT,
        10,
        "Threads that copy segments to remote storage.",
        at_least(1),
        scope=CLUSTER_WIDE,
    )
    remote_log_manager_expiration_thread_pool_size = option(
        "remote.log.manager.expiration.thread.pool.size",
        INT,
        10,
        "Threads that delete expired remote segments.",
        at_least(1),
        scope=CLUSTER_WIDE,
    )
    remote_log_manager_follower_thread_pool_size = option(
        "remote.log.manager.follower.thread.pool.size",
        INT,
        2,
        "Threads that serve followers of remote partitions.",
        at_least(1),
    )
    remote_log_manager_task_interval_ms = option(
        "remote.log.manager.task.interval.ms",
        LONG,
        30000,
        "Time between two rounds of copying and expiry.",
        at_least(1),
        importance=LOW,
    )
    remote_log_manager_task_retry_backoff_ms = option(
        "remote.log.manager.task.retry.backoff.ms",
        LONG,
        500,
        "First pause after a failed round.",
        at_least(1),
        importance=LOW,
        internal=True,
    )
    remote_log_manager_task_retry_backoff_max_ms = option(
        "remote.log.manager.task.retry.backoff.max.ms",
        LONG,
        30000,
        "Longest pause after failed rounds.",
        at_least(1),
        importance=LOW,
        internal=True,
    )
    remote_log_manager_task_retry_jitter = option(
        "remote.log.manager.task.retry.jitter",
        DOUBLE,
        0.2,
        "Random share added to the pauses after failed rounds.",
        between(0, 0.5),
        importance=LOW,
        internal=True,
    )
    remote_log_manager_copy_max_bytes_per_second = option(
        "remote.log.manager.copy.max.bytes.per.second",
        LONG,
        LONG_MAX,
        "Most bytes copied to remote storage per second.",
        at_least(1),
        scope=CLUSTER_WIDE,
    )
    remote_log_manager_copy_quota_window_num = option(
        "remote.log.manager.copy.quota.window.num", INT, 11, "Samples kept to measure the rate of copying.", at_least(1)
    )
    remote_log_manager_copy_quota_window_size_seconds = option(
        "remote.log.manager.copy.quota.window.size.seconds",
        INT,
        1,
        "Length of one sample of the rate of copying.",
        at_least(1),
    )
    remote_log_manager_fetch_max_bytes_per_second = option(
        "remote.log.manager.fetch.max.bytes.per.second",
        LONG,
        LONG_MAX,
        "Most bytes read from remote storage per second.",
        at_least(1),
        scope=CLUSTER_WIDE,
    )
    remote_log_manager_fetch_quota_window_num = option(
        "remote.log.manager.fetch.quota.window.num",
        INT,
        11,
        "Samples kept to measure the rate of reading.",
        at_least(1),
    )
    remote_log_manager_fetch_quota_window_size_seconds = option(
        "remote.log.manager.fetch.quota.window.size.seconds",
        INT,
        1,
        "Length of one sample of the rate of reading.",
        at_least(1),
    )
    remote_log_reader_threads = option(
        "remote.log.reader.threads", INT, 10, "Threads that read from remote storage.", at_least(1), scope=CLUSTER_WIDE
    )
    remote_log_reader_max_pending_tasks = option(
        "remote.log.reader.max.pending.tasks", INT, 100, "Reads from remote storage that may wait.", at_least(1)
    )
    remote_fetch_max_wait_ms = option(
        "remote.fetch.max.wait.ms",
        INT,
        500,
        "Longest wait for a read from remote storage.",
        at_least(1),
        scope=CLUSTER_WIDE,
    )
    remote_list_offsets_request_timeout_ms = option(
        "remote.list.offsets.request.timeout.ms",
        LONG,
        30000,
        "Longest wait for an offset that must be looked up remotely.",
        at_least(1),
        scope=CLUSTER_WIDE,
    )
    log_local_retention_ms = option(
        "log.local.retention.ms",
        LONG,
        -2,
        "Age at which a segment that is stored remotely is deleted here; -2 means as log.retention.ms.",
        at_least(-2),
        scope=CLUSTER_WIDE,
    )
    log_local_retention_bytes = option(
        "log.local.retention.bytes",
        LONG,
        -2,
        "Size above which segments stored remotely are deleted here; -2 means as log.retention.bytes.",
        at_least(-2),
        scope=CLUSTER_WIDE,
    )
