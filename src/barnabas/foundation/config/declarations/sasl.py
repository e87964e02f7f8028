"""SASL listeners: mechanisms, Kerberos, logins."""

from barnabas.foundation.config.kinds import CLASS, DOUBLE, INT, LIST, LONG, PASSWORD, SHORT, STRING
from barnabas.foundation.config.option import HIGH, LOW, PER_BROKER, option


class SaslOptions:
    """SASL listeners: mechanisms, Kerberos, logins."""

    sasl_enabled_mechanisms = option(
        "sasl.enabled.mechanisms", LIST, ("GSSAPI",), "Mechanisms that clients may authenticate with.", scope=PER_BROKER
    )
    sasl_mechanism_inter_broker_protocol = option(
        "sasl.mechanism.inter.broker.protocol", STRING, "GSSAPI", "Mechanism between brokers.", scope=PER_BROKER
    )
    sasl_mechanism_controller_protocol = option(
        "sasl.mechanism.controller.protocol",
        STRING,
        "GSSAPI",
        "Mechanism between brokers and KRaft controllers.",
        importance=HIGH,
    )
    sasl_jaas_config = option(
        "sasl.jaas.config", PASSWORD, None, "Login module and its options, in JAAS syntax.", scope=PER_BROKER
    )
    sasl_client_callback_handler_class = option(
        "sasl.client.callback.handler.class", CLASS, None, "Class that supplies a client's credentials."
    )
    sasl_server_callback_handler_class = option(
        "sasl.server.callback.handler.class", CLASS, None, "Class that checks credentials at the server."
    )
    sasl_login_callback_handler_class = option(
        "sasl.login.callback.handler.class", CLASS, None, "Class that supplies credentials for a login."
    )
    sasl_login_class = option("sasl.login.class", CLASS, None, "Class that performs a login.")
    sasl_login_connect_timeout_ms = option(
        "sasl.login.connect.timeout.ms",
        INT,
        None,
        "Time-out for connecting to an external identity provider.",
        importance=LOW,
    )
    sasl_login_read_timeout_ms = option(
        "sasl.login.read.timeout.ms",
        INT,
        None,
        "Time-out for reading from an external identity provider.",
        importance=LOW,
    )
    sasl_login_retry_backoff_ms = option(
        "sasl.login.retry.backoff.ms",
        LONG,
        100,
        "First pause between login attempts; it doubles each time.",
        importance=LOW,
    )
    sasl_login_retry_backoff_max_ms = option(
        "sasl.login.retry.backoff.max.ms", LONG, 10000, "Longest pause between login attempts.", importance=LOW
    )
    sasl_login_refresh_window_factor = option(
        "sasl.login.refresh.window.factor",
        DOUBLE,
        0.8,
        "Share of a credential's lifetime after which it is renewed.",
        scope=PER_BROKER,
    )
    sasl_login_refresh_window_jitter = option(
        "sasl.login.refresh.window.jitter",
        DOUBLE,
        0.05,
        "Random share of a credential's lifetime added to the moment of its renewal.",
        scope=PER_BROKER,
    )
    sasl_login_refresh_min_period_seconds = option(
        "sasl.login.refresh.min.period.seconds", SHORT, 60, "Least time between two renewals.", scope=PER_BROKER
    )
    sasl_login_refresh_buffer_seconds = option(
        "sasl.login.refresh.buffer.seconds",
        SHORT,
        300,
        "Time before expiry that a renewal should keep clear.",
        scope=PER_BROKER,
    )
    sasl_server_max_receive_size = option(
        "sasl.server.max.receive.size", INT, 524_288, "Largest authentication message accepted."
    )
    sasl_kerberos_service_name = option(
        "sasl.kerberos.service.name", STRING, None, "Kerberos service name of the brokers.", scope=PER_BROKER
    )
    sasl_kerberos_kinit_cmd = option(
        "sasl.kerberos.kinit.cmd", STRING, "/usr/bin/kinit", "Path of the kinit command.", scope=PER_BROKER
    )
    sasl_kerberos_min_time_before_relogin = option(
        "sasl.kerberos.min.time.before.relogin",
        LONG,
        60000,
        "Least time between two Kerberos logins, in milliseconds.",
        scope=PER_BROKER,
    )
    sasl_kerberos_principal_to_local_rules = option(
        "sasl.kerberos.principal.to.local.rules",
        LIST,
        ("DEFAULT",),
        "Rules that turn a Kerberos principal into a user name.",
        scope=PER_BROKER,
    )
    sasl_kerberos_ticket_renew_jitter = option(
        "sasl.kerberos.ticket.renew.jitter",
        DOUBLE,
        0.05,
        "Random share added to the renewal time of a ticket.",
        scope=PER_BROKER,
    )
    sasl_kerberos_ticket_renew_window_factor = option(
        "sasl.kerberos.ticket.renew.window.factor",
        DOUBLE,
        0.8,
        "Share of a ticket's lifetime after which it is renewed.",
        scope=PER_BROKER,
    )
