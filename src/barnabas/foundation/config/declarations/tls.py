"""TLS listeners."""

from barnabas.foundation.config.kinds import BOOLEAN, CLASS, LIST, PASSWORD, STRING
from barnabas.foundation.config.option import LOW, PER_BROKER, option
from barnabas.foundation.config.validators import one_of


class TlsOptions:
    """TLS listeners."""

    ssl_keystore_type = option(
        "ssl.keystore.type", STRING, "JKS", "Format of the keystore: JKS, PKCS12 or PEM.", scope=PER_BROKER
    )
    ssl_keystore_location = option(
        "ssl.keystore.location", STRING, None, "File with the broker's key and certificate.", scope=PER_BROKER
    )
    ssl_keystore_password = option(
        "ssl.keystore.password", PASSWORD, None, "Password of the keystore.", scope=PER_BROKER
    )
    ssl_key_password = option("ssl.key.password", PASSWORD, None, "Password of the private key.", scope=PER_BROKER)
    ssl_keystore_key = option("ssl.keystore.key", PASSWORD, None, "Private key as PEM text.", scope=PER_BROKER)
    ssl_keystore_certificate_chain = option(
        "ssl.keystore.certificate.chain", PASSWORD, None, "Certificate chain as PEM text.", scope=PER_BROKER
    )
    ssl_truststore_type = option(
        "ssl.truststore.type", STRING, "JKS", "Format of the truststore: JKS, PKCS12 or PEM.", scope=PER_BROKER
    )
    ssl_truststore_location = option(
        "ssl.truststore.location", STRING, None, "File with the trusted authorities.", scope=PER_BROKER
    )
    ssl_truststore_password = option(
        "ssl.truststore.password", PASSWORD, None, "Password of the truststore.", scope=PER_BROKER
    )
    ssl_truststore_certificates = option(
        "ssl.truststore.certificates", PASSWORD, None, "Trusted certificates as PEM text.", scope=PER_BROKER
    )
    ssl_client_auth = option(
        "ssl.client.auth",
        STRING,
        "none",
        "Whether clients must show a certificate: required, requested or none.",
        one_of("required", "requested", "none"),
        scope=PER_BROKER,
    )
    ssl_protocol = option("ssl.protocol", STRING, "TLSv1.3", "TLS version of the handshake.", scope=PER_BROKER)
    ssl_enabled_protocols = option(
        "ssl.enabled.protocols", LIST, ("TLSv1.2", "TLSv1.3"), "TLS versions allowed.", scope=PER_BROKER
    )
    ssl_cipher_suites = option(
        "ssl.cipher.suites", LIST, (), "Cipher suites allowed; empty for the library's choice.", scope=PER_BROKER
    )
    ssl_provider = option(
        "ssl.provider", STRING, None, "Java provider of TLS. Without meaning outside a JVM.", scope=PER_BROKER
    )
    ssl_endpoint_identification_algorithm = option(
        "ssl.endpoint.identification.algorithm",
        STRING,
        "https",
        "How a server's name is checked against its certificate; empty for not at all.",
        importance=LOW,
        scope=PER_BROKER,
    )
    ssl_engine_factory_class = option(
        "ssl.engine.factory.class",
        CLASS,
        None,
        "Class that makes TLS engines. Barnabas can't load Java classes.",
        importance=LOW,
        scope=PER_BROKER,
    )
    ssl_keymanager_algorithm = option(
        "ssl.keymanager.algorithm", STRING, "SunX509", "Algorithm of Java's key manager.", scope=PER_BROKER
    )
    ssl_trustmanager_algorithm = option(
        "ssl.trustmanager.algorithm", STRING, "PKIX", "Algorithm of Java's trust manager.", scope=PER_BROKER
    )
    ssl_secure_random_implementation = option(
        "ssl.secure.random.implementation",
        STRING,
        None,
        "Java's source of randomness for TLS.",
        importance=LOW,
        scope=PER_BROKER,
    )
    ssl_principal_mapping_rules = option(
        "ssl.principal.mapping.rules",
        STRING,
        "DEFAULT",
        "Rules that turn a certificate's distinguished name into a user name.",
        importance=LOW,
    )
    ssl_allow_dn_changes = option(
        "ssl.allow.dn.changes",
        BOOLEAN,
        False,
        "Whether a reloaded certificate may have another distinguished name.",
        importance=LOW,
    )
    ssl_allow_san_changes = option(
        "ssl.allow.san.changes",
        BOOLEAN,
        False,
        "Whether a reloaded certificate may have other alternative names.",
        importance=LOW,
    )
