"""Authentication and authorization, delegation tokens, passwords."""

from barnabas.foundation.config.kinds import CLASS, INT, LONG, PASSWORD, STRING
from barnabas.foundation.config.option import LOW, PER_BROKER, option
from barnabas.foundation.config.validators import at_least


class SecurityOptions:
    """Authentication and authorization, delegation tokens, passwords."""

    authorizer_class_name = option(
        "authorizer.class.name",
        STRING,
        "",
        "Class that decides who may do what; empty for no authorization.",
        importance=LOW,
    )
    principal_builder_class = option(
        "principal.builder.class",
        CLASS,
        "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder",
        "Class that turns a connection's credentials into a principal. Barnabas can't load Java classes.",
        scope=PER_BROKER,
    )
    connections_max_reauth_ms = option(
        "connections.max.reauth.ms",
        LONG,
        0,
        "Longest time that a SASL connection stays valid without authenticating again; 0 for ever.",
    )
    delegation_token_secret_key = option(
        "delegation.token.secret.key",
        PASSWORD,
        None,
        "Secret with which delegation tokens are signed; without it there are none.",
    )
    delegation_token_master_key = option(
        "delegation.token.master.key", PASSWORD, None, "Older name of delegation.token.secret.key.", only_in_3x=True
    )
    delegation_token_max_lifetime_ms = option(
        "delegation.token.max.lifetime.ms",
        LONG,
        604_800_000,
        "Age at which a delegation token can no longer be renewed.",
        at_least(1),
    )
    delegation_token_expiry_time_ms = option(
        "delegation.token.expiry.time.ms",
        LONG,
        86_400_000,
        "Time for which a delegation token is valid until it is renewed.",
        at_least(1),
    )
    delegation_token_expiry_check_interval_ms = option(
        "delegation.token.expiry.check.interval.ms",
        LONG,
        3_600_000,
        "Time between two looks for expired delegation tokens.",
        at_least(1),
        importance=LOW,
    )
    password_encoder_secret = option(
        "password.encoder.secret",
        PASSWORD,
        None,
        "Secret with which Kafka 3.x encrypts passwords that are set dynamically.",
        only_in_3x=True,
    )
    password_encoder_old_secret = option(
        "password.encoder.old.secret",
        PASSWORD,
        None,
        "The secret before password.encoder.secret, while it is being replaced.",
        only_in_3x=True,
    )
    password_encoder_cipher_algorithm = option(
        "password.encoder.cipher.algorithm",
        STRING,
        "AES/CBC/PKCS5Padding",
        "Cipher with which Kafka 3.x encrypts passwords that are set dynamically.",
        importance=LOW,
        only_in_3x=True,
    )
    password_encoder_keyfactory_algorithm = option(
        "password.encoder.keyfactory.algorithm",
        STRING,
        None,
        "Algorithm that derives the key of encrypted passwords.",
        importance=LOW,
        only_in_3x=True,
    )
    password_encoder_key_length = option(
        "password.encoder.key.length",
        INT,
        128,
        "Length of the key of encrypted passwords, in bits.",
        at_least(8),
        importance=LOW,
        only_in_3x=True,
    )
    password_encoder_iterations = option(
        "password.encoder.iterations",
        INT,
        4096,
        "Iterations of the derivation of the key of encrypted passwords.",
        at_least(1024),
        importance=LOW,
        only_in_3x=True,
    )
