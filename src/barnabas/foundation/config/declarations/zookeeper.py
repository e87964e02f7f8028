"""ZooKeeper: the coordination service of Kafka up to 3.9. Names and defaults are those of Kafka 3.9.1."""

from barnabas.foundation.config.kinds import BOOLEAN, INT, LIST, PASSWORD, STRING
from barnabas.foundation.config.option import HIGH, LOW, option
from barnabas.foundation.config.validators import at_least


class ZookeeperOptions:
    """ZooKeeper: the coordination service of Kafka up to 3.9. Names and defaults are those of Kafka 3.9.1."""

    zookeeper_connect = option(
        "zookeeper.connect",
        STRING,
        None,
        "Hosts of a ZooKeeper ensemble, host:port[,host:port][/chroot]. Barnabas keeps its own tree instead.",
        importance=HIGH,
        only_in_3x=True,
    )
    zookeeper_session_timeout_ms = option(
        "zookeeper.session.timeout.ms",
        INT,
        18000,
        "ZooKeeper session time-out: how long a broker may be silent before its node vanishes.",
        importance=HIGH,
        only_in_3x=True,
    )
    zookeeper_connection_timeout_ms = option(
        "zookeeper.connection.timeout.ms",
        INT,
        None,
        "Time to wait for a connection to ZooKeeper; the session time-out if absent.",
        importance=HIGH,
        only_in_3x=True,
    )
    zookeeper_max_in_flight_requests = option(
        "zookeeper.max.in.flight.requests",
        INT,
        10,
        "Most requests sent to ZooKeeper without waiting for an answer.",
        at_least(1),
        importance=HIGH,
        only_in_3x=True,
    )
    zookeeper_set_acl = option(
        "zookeeper.set.acl",
        BOOLEAN,
        False,
        "Whether nodes are created with restrictive access lists.",
        importance=HIGH,
        only_in_3x=True,
    )
    zookeeper_metadata_migration_enable = option(
        "zookeeper.metadata.migration.enable",
        BOOLEAN,
        False,
        "Whether a ZooKeeper-based Kafka moves its metadata to KRaft.",
        importance=HIGH,
        only_in_3x=True,
    )
    zookeeper_metadata_migration_min_batch_size = option(
        "zookeeper.metadata.migration.min.batch.size",
        INT,
        200,
        "Smallest batch in which migrated metadata is written.",
        at_least(1),
        internal=True,
        only_in_3x=True,
    )
    zookeeper_client_cnxn_socket = option(
        "zookeeper.clientCnxnSocket",
        STRING,
        None,
        "Java class of the ZooKeeper client's socket, needed there for TLS.",
        only_in_3x=True,
    )
    zookeeper_ssl_client_enable = option(
        "zookeeper.ssl.client.enable", BOOLEAN, False, "Whether the connection to ZooKeeper uses TLS.", only_in_3x=True
    )
    zookeeper_ssl_cipher_suites = option(
        "zookeeper.ssl.cipher.suites",
        LIST,
        None,
        "TLS cipher suites towards ZooKeeper.",
        importance=LOW,
        only_in_3x=True,
    )
    zookeeper_ssl_crl_enable = option(
        "zookeeper.ssl.crl.enable",
        BOOLEAN,
        False,
        "Whether certificates of ZooKeeper are checked against revocation lists.",
        importance=LOW,
        only_in_3x=True,
    )
    zookeeper_ssl_enabled_protocols = option(
        "zookeeper.ssl.enabled.protocols",
        LIST,
        None,
        "TLS versions towards ZooKeeper; the value of zookeeper.ssl.protocol if absent.",
        importance=LOW,
        only_in_3x=True,
    )
    zookeeper_ssl_endpoint_identification_algorithm = option(
        "zookeeper.ssl.endpoint.identification.algorithm",
        STRING,
        "HTTPS",
        "Whether ZooKeeper's host name is verified (HTTPS) or not (empty).",
        importance=LOW,
        only_in_3x=True,
    )
    zookeeper_ssl_keystore_location = option(
        "zookeeper.ssl.keystore.location",
        STRING,
        None,
        "Keystore with the client certificate shown to ZooKeeper.",
        only_in_3x=True,
    )
    zookeeper_ssl_keystore_password = option(
        "zookeeper.ssl.keystore.password", PASSWORD, None, "Password of the keystore for ZooKeeper.", only_in_3x=True
    )
    zookeeper_ssl_keystore_type = option(
        "zookeeper.ssl.keystore.type",
        STRING,
        None,
        "Format of the keystore for ZooKeeper; by file extension if absent.",
        only_in_3x=True,
    )
    zookeeper_ssl_ocsp_enable = option(
        "zookeeper.ssl.ocsp.enable",
        BOOLEAN,
        False,
        "Whether certificates of ZooKeeper are checked by OCSP.",
        importance=LOW,
        only_in_3x=True,
    )
    zookeeper_ssl_protocol = option(
        "zookeeper.ssl.protocol",
        STRING,
        "TLSv1.2",
        "TLS version of the handshake with ZooKeeper.",
        importance=LOW,
        only_in_3x=True,
    )
    zookeeper_ssl_truststore_location = option(
        "zookeeper.ssl.truststore.location",
        STRING,
        None,
        "Truststore with the authorities that ZooKeeper's certificate may come from.",
        only_in_3x=True,
    )
    zookeeper_ssl_truststore_password = option(
        "zookeeper.ssl.truststore.password",
        PASSWORD,
        None,
        "Password of the truststore for ZooKeeper.",
        only_in_3x=True,
    )
    zookeeper_ssl_truststore_type = option(
        "zookeeper.ssl.truststore.type",
        STRING,
        None,
        "Format of the truststore for ZooKeeper; by file extension if absent.",
        only_in_3x=True,
    )
