"""Who this broker is and which cluster it belongs to, in ZooKeeper-era and KRaft-era names."""

from barnabas.foundation.config.kinds import BOOLEAN, CLASS, INT, LIST, LONG, STRING
from barnabas.foundation.config.option import ACTS, CLUSTER_WIDE, HIGH, LOW, option
from barnabas.foundation.config.sizes import LONG_MAX
from barnabas.foundation.config.validators import at_least, one_of


class NodeOptions:
    """Who this broker is and which cluster it belongs to, in ZooKeeper-era and KRaft-era names."""

    broker_id = option(
        "broker.id",
        INT,
        -1,
        "Number of this broker, the older name of node.id. When both are given they must agree.",
        importance=HIGH,
        effect=ACTS,
    )
    node_id = option(
        "node.id",
        INT,
        1,
        "Number of this broker in the cluster. Barnabas uses 1 when neither node.id nor broker.id is given.",
        at_least(0),
        importance=HIGH,
        effect=ACTS,
    )
    process_roles = option(
        "process.roles",
        LIST,
        (),
        "Roles of this process in a KRaft cluster. Barnabas needs the broker role; its controller is built in.",
        one_of("broker", "controller"),
        importance=HIGH,
        effect=ACTS,
    )
    broker_rack = option(
        "broker.rack",
        STRING,
        None,
        "Rack or zone of this broker; clients see it in metadata and assignments spread replicas over racks.",
        effect=ACTS,
    )
    broker_id_generation_enable = option(
        "broker.id.generation.enable",
        BOOLEAN,
        True,
        "Whether a ZooKeeper-based Kafka may hand out broker numbers. Barnabas never generates one.",
        only_in_3x=True,
    )
    reserved_broker_max_id = option(
        "reserved.broker.max.id",
        INT,
        1000,
        "Highest number kept for hand-numbered brokers when numbers are generated.",
        at_least(0),
        only_in_3x=True,
    )
    broker_heartbeat_interval_ms = option(
        "broker.heartbeat.interval.ms", INT, 2000, "Time between heartbeats of a KRaft broker to its controller."
    )
    broker_session_timeout_ms = option(
        "broker.session.timeout.ms",
        INT,
        9000,
        "Time without heartbeats after which a KRaft controller fences a broker.",
    )
    initial_broker_registration_timeout_ms = option(
        "initial.broker.registration.timeout.ms",
        INT,
        60000,
        "Time a KRaft broker waits at start for its registration to succeed.",
    )
    server_max_startup_time_ms = option(
        "server.max.startup.time.ms",
        LONG,
        LONG_MAX,
        "Time after which a start that has not finished is given up.",
        at_least(0),
        internal=True,
    )
    unstable_api_versions_enable = option(
        "unstable.api.versions.enable",
        BOOLEAN,
        False,
        "Whether API versions still under development are offered.",
        importance=HIGH,
        internal=True,
    )
    unstable_feature_versions_enable = option(
        "unstable.feature.versions.enable",
        BOOLEAN,
        False,
        "Whether feature levels still under development may be enabled.",
        importance=HIGH,
        internal=True,
    )
    controlled_shutdown_enable = option(
        "controlled.shutdown.enable",
        BOOLEAN,
        True,
        "Whether a stopping broker first hands its leaderships to other replicas.",
    )
    controlled_shutdown_max_retries = option(
        "controlled.shutdown.max.retries",
        INT,
        3,
        "How often a ZooKeeper-based Kafka repeats a failed controlled shutdown.",
        only_in_3x=True,
    )
    controlled_shutdown_retry_backoff_ms = option(
        "controlled.shutdown.retry.backoff.ms",
        LONG,
        5000,
        "Pause between two attempts of a controlled shutdown.",
        only_in_3x=True,
    )
    inter_broker_protocol_version = option(
        "inter.broker.protocol.version",
        STRING,
        "3.9-IV0",
        "Protocol level brokers of a ZooKeeper-based Kafka speak with each other.",
        only_in_3x=True,
    )
    config_providers = option(
        "config.providers",
        LIST,
        (),
        "Aliases of providers that replace ${alias:path:key} in this file.",
        importance=LOW,
    )
    background_threads = option(
        "background.threads",
        INT,
        10,
        "Threads for background work in Kafka. Barnabas sizes its own thread pool.",
        at_least(1),
        importance=HIGH,
        scope=CLUSTER_WIDE,
    )
    num_io_threads = option(
        "num.io.threads",
        INT,
        8,
        "Request threads in Kafka. Barnabas serves requests on one event loop.",
        at_least(1),
        importance=HIGH,
        scope=CLUSTER_WIDE,
    )
    auto_include_jmx_reporter = option(
        "auto.include.jmx.reporter",
        BOOLEAN,
        True,
        "Whether the JMX reporter is added to metric.reporters. Barnabas has no JMX.",
        importance=LOW,
        only_in_3x=True,
    )
    security_providers = option(
        "security.providers",
        STRING,
        None,
        "Java security providers to load. Without meaning outside a JVM.",
        importance=LOW,
    )
    create_topic_policy_class_name = option(
        "create.topic.policy.class.name",
        CLASS,
        None,
        "Class that may veto the creation of a topic. Barnabas can't load Java classes.",
        importance=LOW,
    )
    alter_config_policy_class_name = option(
        "alter.config.policy.class.name",
        CLASS,
        None,
        "Class that may veto a change of configuration. Barnabas can't load Java classes.",
        importance=LOW,
    )
