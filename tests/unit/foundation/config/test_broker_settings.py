"""What a `server.properties` comes to, and what is refused with which line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from barnabas.foundation.config import BrokerSettings, ConfigError, Endpoint, parse_properties

KRAFT = """
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT
num.network.threads=3
num.io.threads=8
log.dirs=/tmp/kraft-combined-logs
num.partitions=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
"""
ZOOKEEPER = """
broker.id=0
num.network.threads=3
log.dirs=/tmp/kafka-logs
zookeeper.connect=localhost:2181
zookeeper.connection.timeout.ms=18000
group.initial.rebalance.delay.ms=0
"""


def settings_of(text: str) -> BrokerSettings:
    return BrokerSettings.from_properties(parse_properties(text))


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        settings_of(text)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_without_anything_there_are_kafkas_defaults() -> None:
    settings = BrokerSettings.from_properties({})
    assert settings.log_segment_bytes == 1 << 30
    assert settings.log_retention_ms is None
    assert settings.endpoints == (Endpoint("PLAINTEXT", "", 9092, "PLAINTEXT"),)
    assert settings.log_directories == ("/tmp/kafka-logs",)
    assert settings.node_id == settings.broker_id == 1
    assert settings.notices == []


def test_file_of_kafka_4_is_understood() -> None:
    settings = settings_of(KRAFT)
    assert settings.endpoints == (Endpoint("PLAINTEXT", "", 9092, "PLAINTEXT"),)
    assert settings.advertised_endpoints == (Endpoint("PLAINTEXT", "localhost", 9092, "PLAINTEXT"),)
    assert settings.log_directories == ("/tmp/kraft-combined-logs",)
    first, second = settings.notices
    assert first == "Listener CONTROLLER://:9093 stays closed: the controller is built in and needs no port"
    assert second.startswith("Accepted without effect in this version: ")
    assert "num.io.threads" in second
    assert "log.segment.bytes" not in second


def test_file_of_kafka_3_is_understood() -> None:
    settings = settings_of(ZOOKEEPER)
    assert settings.node_id == settings.broker_id == 0
    assert settings.group_initial_rebalance_delay_ms == 0
    assert settings.notices[0].startswith("zookeeper.connect=localhost:2181 is not used")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("log.segment.byte=1", "1: Unknown configuration log.segment.byte; did you mean log.segment.bytes?"),
        ("\nmy.own.key=1", "2: Unknown configuration my.own.key"),
        (
            "a.b=1\nnum.partitions=0",
            "1: Unknown configuration a.b",
        ),
        (
            "# x\nnum.partitions=0",
            "2: Invalid value 0 for configuration num.partitions: Value must be at least 1",
        ),
        ("broker.id=1\nnode.id=2", "1: You must set `node.id` to the same value as `broker.id`."),
        ("broker.id=-2", "1: Invalid value -2 for configuration broker.id: Value must be at least 0"),
        ("log.dirs=", "1: At least one log directory must be defined via log.dirs or log.dir; log.dirs is empty"),
        ("log.retention.hours=0", "1: log.retention.hours must be unlimited (-1) or, greater than or equal to 1"),
        ("log.roll.ms=0", "1: log.roll.ms must be greater than or equal to 1"),
        ("process.roles=controller", "1: process.roles=controller is not supported: every process of this version is"),
        ("process.roles=broker,broker", "1: Duplicate role names found in process.roles: broker, broker"),
        (
            "group.min.session.timeout.ms=10\ngroup.max.session.timeout.ms=5",
            "1: group.min.session.timeout.ms (10) must not exceed group.max.session.timeout.ms (5)",
        ),
        (
            "listeners=foo",
            "1: Unable to parse foo in listeners to an endpoint: expected NAME://host:port, as in PLAINTEXT://localhost:90",
        ),
        ("listeners=PLAINTEXT://localhost", "1: Unable to parse PLAINTEXT://localhost in listeners"),
        (
            "listeners=SSL://:9093",
            "1: Unable to open SSL://:9093 in listeners: security protocol SSL is not supported by this version",
        ),
        ("listeners=MINE://:9093", "1: No security protocol defined for listener MINE in listeners"),
        ("listeners=PLAINTEXT://:99999", "1: Invalid port 99999 of PLAINTEXT://:99999 in listeners"),
        ("listeners=", "1: listeners must name at least one listener"),
        (
            "listeners=CONTROLLER://:9093\ncontroller.listener.names=CONTROLLER",
            "1: listeners must name at least one listener that is not in controller.listener.names",
        ),
        ("listeners=PLAINTEXT://:1,PLAINTEXT://:2", "1: Each listener must have a different name, listeners: "),
        (
            "listeners=PLAINTEXT://:1,B://:1\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT,B:PLAINTEXT",
            "1: Each listener must have a different port, listeners: ",
        ),
        (
            "advertised.listeners=PLAINTEXT://0.0.0.0:1",
            "1: advertised.listeners cannot use the nonroutable meta-address 0.0.0.0.",
        ),
        (
            "listeners=PLAINTEXT://0.0.0.0:9092",
            "1: advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. ",
        ),
        ("advertised.listeners=B://h:1", "1: No security protocol defined for listener B in advertised.listeners"),
        ("listener.security.protocol.map=A", "1: Invalid item A in listener.security.protocol.map"),
        (
            "listener.security.protocol.map=A:B",
            "1: Invalid security protocol `B` defined in listener.security.protocol.map",
        ),
        ("inter.broker.listener.name=FOO", "1: inter.broker.listener.name=FOO must be a listener name defined in"),
    ],
)
def test_refusals_name_the_line_the_key_and_what_was_expected(text: str, message: str) -> None:
    assert refusal(text).startswith(f"server.properties:{message}")


def test_values_that_come_from_no_file_are_refused_too() -> None:
    with pytest.raises(ConfigError, match=r"^Unknown configuration nope$"):
        BrokerSettings.from_properties({"nope": "1"})


def test_a_value_given_by_flag_is_told_apart_from_the_file() -> None:
    properties = parse_properties("num.partitions=1").overridden({"num.partitions": "x"}, "--override")
    with pytest.raises(ConfigError, match=r"^--override: Invalid value x for configuration num.partitions: "):
        BrokerSettings.from_properties(properties)


def test_options_behind_a_listeners_name_are_checked_as_the_option() -> None:
    BrokerSettings.from_properties({"listener.name.internal.ssl.client.auth": "required"})
    BrokerSettings.from_properties({"listener.name.internal.scram-sha-256.sasl.jaas.config": "x"})
    BrokerSettings.from_properties({"rsm.config.bucket": "b"})
    with pytest.raises(ConfigError, match="String must be one of: required, requested, none"):
        BrokerSettings.from_properties({"listener.name.internal.ssl.client.auth": "maybe"})
    with pytest.raises(ConfigError, match=r"Unknown configuration listener\.name\.internal\.nope"):
        BrokerSettings.from_properties({"listener.name.internal.nope": "maybe"})


def test_one_port_may_serve_both_ip_versions() -> None:
    settings = settings_of(
        "listeners=A://127.0.0.1:9092,B://[::1]:9092\nlistener.security.protocol.map=A:PLAINTEXT,B:PLAINTEXT\n"
        "inter.broker.listener.name=A"
    )
    assert [str(endpoint) for endpoint in settings.endpoints] == ["A://127.0.0.1:9092", "B://[::1]:9092"]


def test_a_directory_that_is_named_twice_counts_once() -> None:
    settings = settings_of("log.dirs=/a, /b,/a")
    assert settings.log_directories == ("/a", "/b")


def test_settings_do_not_change() -> None:
    settings = BrokerSettings.from_properties({})
    with pytest.raises(AttributeError):
        settings.num_partitions = 3


def test_what_is_set_while_running_goes_over_the_file() -> None:
    started = BrokerSettings.from_properties({"log.retention.hours": "1", "num.io.threads": "4"})
    running = started.with_dynamic(
        defaults={"log.retention.ms": "5", "num.io.threads": "8"}, broker={"num.io.threads": "16"}
    )
    assert (running.log_retention_ms, running.num_io_threads) == (5, 16)
    # A finer unit set later silences the coarser one of the file.
    assert running.log_retention_hours == 168
    assert (started.log_retention_ms, started.log_retention_hours) == (None, 1)
    assert running.with_dynamic(running.dynamic_defaults, running.dynamic_broker) is running
    with pytest.raises(ConfigError):
        started.with_dynamic(defaults={"log.retention.ms": "0"}, broker={})


def test_configuration_loads_nothing_heavy() -> None:
    # A start has 300 ms; the configuration's share is some ten.
    program = "import sys, barnabas.foundation.config as c; c.BrokerSettings.from_properties({}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    heavy = {"asyncio", "click", "difflib", "json", "logging", "pydantic", "rich", "socket", "ssl"}
    assert not heavy & set(loaded.stdout.split())
