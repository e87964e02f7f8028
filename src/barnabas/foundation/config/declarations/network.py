"""Listeners, connections and requests."""

from barnabas.foundation.config.kinds import INT, LONG, STRING
from barnabas.foundation.config.option import ACTS, CLUSTER_WIDE, HIGH, LOW, PER_BROKER, option
from barnabas.foundation.config.sizes import INT_MAX, MIB
from barnabas.foundation.config.validators import at_least, one_of


class NetworkOptions:
    """Listeners, connections and requests."""

    listeners = option(
        "listeners",
        STRING,
        "PLAINTEXT://:9092",
        "Addresses to listen on, name://host:port, comma separated. An empty host means all interfaces.",
        importance=HIGH,
        scope=PER_BROKER,
        effect=ACTS,
    )
    advertised_listeners = option(
        "advertised.listeners",
        STRING,
        None,
        "Addresses that clients are told to use; those of listeners if absent.",
        importance=HIGH,
        effect=ACTS,
    )
    listener_security_protocol_map = option(
        "listener.security.protocol.map",
        STRING,
        "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
        "Security protocol of each listener name, NAME:PROTOCOL, comma separated.",
        importance=LOW,
        scope=PER_BROKER,
        effect=ACTS,
    )
    inter_broker_listener_name = option(
        "inter.broker.listener.name", STRING, None, "Listener over which brokers speak with each other."
    )
    security_inter_broker_protocol = option(
        "security.inter.broker.protocol",
        STRING,
        "PLAINTEXT",
        "Security protocol between brokers, where inter.broker.listener.name is absent.",
        one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    )
    control_plane_listener_name = option(
        "control.plane.listener.name",
        STRING,
        None,
        "Separate listener for requests of a ZooKeeper-era controller.",
        importance=HIGH,
        only_in_3x=True,
    )
    early_start_listeners = option(
        "early.start.listeners",
        STRING,
        None,
        "Listeners that open before the broker knows its authorization rules.",
        importance=HIGH,
    )
    socket_listen_backlog_size = option(
        "socket.listen.backlog.size", INT, 50, "Pending connections that the operating system may queue.", at_least(1)
    )
    socket_receive_buffer_bytes = option(
        "socket.receive.buffer.bytes",
        INT,
        102_400,
        "Size of a connection's receive buffer (SO_RCVBUF); -1 leaves it to the system.",
        importance=HIGH,
    )
    socket_send_buffer_bytes = option(
        "socket.send.buffer.bytes",
        INT,
        102_400,
        "Size of a connection's send buffer (SO_SNDBUF); -1 leaves it to the system.",
        importance=HIGH,
    )
    socket_request_max_bytes = option(
        "socket.request.max.bytes",
        INT,
        100 * MIB,
        "Largest request accepted; a connection that announces a larger one is closed.",
        at_least(1),
        importance=HIGH,
        effect=ACTS,
    )
    socket_connection_setup_timeout_ms = option(
        "socket.connection.setup.timeout.ms",
        LONG,
        10000,
        "First time-out for setting up a connection to another node; it doubles with each failure.",
    )
    socket_connection_setup_timeout_max_ms = option(
        "socket.connection.setup.timeout.max.ms",
        LONG,
        30000,
        "Longest time-out for setting up a connection to another node.",
    )
    connections_max_idle_ms = option(
        "connections.max.idle.ms",
        LONG,
        600_000,
        "Time after which a connection without requests is closed.",
        effect=ACTS,
    )
    connection_failed_authentication_delay_ms = option(
        "connection.failed.authentication.delay.ms",
        INT,
        100,
        "Pause before a connection is closed after failed authentication.",
        at_least(0),
        importance=LOW,
    )
    max_connections = option(
        "max.connections", INT, INT_MAX, "Most open connections of the whole broker.", at_least(0), scope=CLUSTER_WIDE
    )
    max_connections_per_ip = option(
        "max.connections.per.ip",
        INT,
        INT_MAX,
        "Most open connections from one address.",
        at_least(0),
        scope=CLUSTER_WIDE,
    )
    max_connections_per_ip_overrides = option(
        "max.connections.per.ip.overrides",
        STRING,
        "",
        "Other limits for single addresses or hosts, host:number, comma separated.",
        scope=CLUSTER_WIDE,
    )
    max_connection_creation_rate = option(
        "max.connection.creation.rate",
        INT,
        INT_MAX,
        "Most new connections per second on the whole broker.",
        at_least(0),
        scope=CLUSTER_WIDE,
    )
    num_network_threads = option(
        "num.network.threads",
        INT,
        3,
        "Network threads per listener in Kafka. Barnabas has one event loop.",
        at_least(1),
        importance=HIGH,
        scope=CLUSTER_WIDE,
    )
    queued_max_requests = option(
        "queued.max.requests",
        INT,
        500,
        "Requests that may wait for an answer before reading from the network stops.",
        at_least(1),
        importance=HIGH,
    )
    queued_max_request_bytes = option(
        "queued.max.request.bytes",
        LONG,
        -1,
        "Bytes of waiting requests before reading from the network stops; -1 for no limit.",
    )
    request_timeout_ms = option(
        "request.timeout.ms",
        INT,
        30000,
        "Time this broker waits for another node's answer before it repeats or gives up.",
        importance=HIGH,
    )
    fetch_max_bytes = option(
        "fetch.max.bytes", INT, 55 * MIB, "Most bytes that one fetch request gets back.", at_least(1024), effect=ACTS
    )
    max_incremental_fetch_session_cache_slots = option(
        "max.incremental.fetch.session.cache.slots",
        INT,
        1000,
        "Fetch sessions that the broker remembers at most.",
        at_least(0),
        effect=ACTS,
    )
    max_request_partition_size_limit = option(
        "max.request.partition.size.limit",
        INT,
        2000,
        "Most partitions listed in one DescribeTopicPartitions answer.",
        at_least(1),
    )
    fetch_purgatory_purge_interval_requests = option(
        "fetch.purgatory.purge.interval.requests",
        INT,
        1000,
        "Clean-up interval of Kafka's waiting fetches. Barnabas needs none.",
    )
    producer_purgatory_purge_interval_requests = option(
        "producer.purgatory.purge.interval.requests",
        INT,
        1000,
        "Clean-up interval of Kafka's waiting produce requests. Barnabas needs none.",
    )
    delete_records_purgatory_purge_interval_requests = option(
        "delete.records.purgatory.purge.interval.requests",
        INT,
        1,
        "Clean-up interval of Kafka's waiting DeleteRecords. Barnabas needs none.",
    )
    share_fetch_purgatory_purge_interval_requests = option(
        "share.fetch.purgatory.purge.interval.requests",
        INT,
        1000,
        "Clean-up interval of Kafka's waiting share fetches. Barnabas needs none.",
    )
