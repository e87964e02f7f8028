"""Every request and response that Barnabas speaks, one module per API; `APIS` lists them by key."""

from typing import Any, Final

from barnabas.protocol.messages.alter_configs import ALTER_CONFIGS
from barnabas.protocol.messages.api_versions import API_VERSIONS
from barnabas.protocol.messages.consumer_group_describe import CONSUMER_GROUP_DESCRIBE
from barnabas.protocol.messages.consumer_group_heartbeat import CONSUMER_GROUP_HEARTBEAT
from barnabas.protocol.messages.create_partitions import CREATE_PARTITIONS
from barnabas.protocol.messages.create_topics import CREATE_TOPICS
from barnabas.protocol.messages.delete_groups import DELETE_GROUPS
from barnabas.protocol.messages.delete_records import DELETE_RECORDS
from barnabas.protocol.messages.delete_topics import DELETE_TOPICS
from barnabas.protocol.messages.describe_cluster import DESCRIBE_CLUSTER
from barnabas.protocol.messages.describe_configs import DESCRIBE_CONFIGS
from barnabas.protocol.messages.describe_groups import DESCRIBE_GROUPS
from barnabas.protocol.messages.describe_log_dirs import DESCRIBE_LOG_DIRS
from barnabas.protocol.messages.describe_topic_partitions import DESCRIBE_TOPIC_PARTITIONS
from barnabas.protocol.messages.fetch import FETCH
from barnabas.protocol.messages.find_coordinator import FIND_COORDINATOR
from barnabas.protocol.messages.heartbeat import HEARTBEAT
from barnabas.protocol.messages.incremental_alter_configs import INCREMENTAL_ALTER_CONFIGS
from barnabas.protocol.messages.init_producer_id import INIT_PRODUCER_ID
from barnabas.protocol.messages.join_group import JOIN_GROUP
from barnabas.protocol.messages.leave_group import LEAVE_GROUP
from barnabas.protocol.messages.list_config_resources import LIST_CONFIG_RESOURCES
from barnabas.protocol.messages.list_groups import LIST_GROUPS
from barnabas.protocol.messages.list_offsets import LIST_OFFSETS
from barnabas.protocol.messages.metadata import METADATA
from barnabas.protocol.messages.offset_commit import OFFSET_COMMIT
from barnabas.protocol.messages.offset_delete import OFFSET_DELETE
from barnabas.protocol.messages.offset_fetch import OFFSET_FETCH
from barnabas.protocol.messages.offset_for_leader_epoch import OFFSET_FOR_LEADER_EPOCH
from barnabas.protocol.messages.produce import PRODUCE
from barnabas.protocol.messages.sync_group import SYNC_GROUP
from barnabas.protocol.wire import Api

APIS: Final[tuple[Api[Any, Any], ...]] = (
    PRODUCE,
    FETCH,
    LIST_OFFSETS,
    METADATA,
    OFFSET_COMMIT,
    OFFSET_FETCH,
    FIND_COORDINATOR,
    JOIN_GROUP,
    HEARTBEAT,
    LEAVE_GROUP,
    SYNC_GROUP,
    DESCRIBE_GROUPS,
    LIST_GROUPS,
    API_VERSIONS,
    CREATE_TOPICS,
    DELETE_TOPICS,
    DELETE_RECORDS,
    INIT_PRODUCER_ID,
    OFFSET_FOR_LEADER_EPOCH,
    DESCRIBE_CONFIGS,
    ALTER_CONFIGS,
    DESCRIBE_LOG_DIRS,
    CREATE_PARTITIONS,
    DELETE_GROUPS,
    INCREMENTAL_ALTER_CONFIGS,
    OFFSET_DELETE,
    DESCRIBE_CLUSTER,
    CONSUMER_GROUP_HEARTBEAT,
    CONSUMER_GROUP_DESCRIBE,
    LIST_CONFIG_RESOURCES,
    DESCRIBE_TOPIC_PARTITIONS,
)

__all__ = [
    "ALTER_CONFIGS",
    "APIS",
    "API_VERSIONS",
    "CONSUMER_GROUP_DESCRIBE",
    "CONSUMER_GROUP_HEARTBEAT",
    "CREATE_PARTITIONS",
    "CREATE_TOPICS",
    "DELETE_GROUPS",
    "DELETE_RECORDS",
    "DELETE_TOPICS",
    "DESCRIBE_CLUSTER",
    "DESCRIBE_CONFIGS",
    "DESCRIBE_GROUPS",
    "DESCRIBE_LOG_DIRS",
    "DESCRIBE_TOPIC_PARTITIONS",
    "FETCH",
    "FIND_COORDINATOR",
    "HEARTBEAT",
    "INCREMENTAL_ALTER_CONFIGS",
    "INIT_PRODUCER_ID",
    "JOIN_GROUP",
    "LEAVE_GROUP",
    "LIST_CONFIG_RESOURCES",
    "LIST_GROUPS",
    "LIST_OFFSETS",
    "METADATA",
    "OFFSET_COMMIT",
    "OFFSET_DELETE",
    "OFFSET_FETCH",
    "OFFSET_FOR_LEADER_EPOCH",
    "PRODUCE",
    "SYNC_GROUP",
]
