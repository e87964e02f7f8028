"""Where values come from, against what Kafka 4.1.1 described."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.config.describe import (
    ConfigSource,
    DescribedConfig,
    describe_broker,
    describe_broker_defaults,
    describe_client_metrics,
    describe_group,
    describe_topic,
)

DESCRIPTION: Final = Path(__file__).parent / "kafka_topic_description.tsv"
SOURCES: Final = {
    "DYNAMIC_TOPIC_CONFIG": ConfigSource.TOPIC,
    "DYNAMIC_BROKER_CONFIG": ConfigSource.DYNAMIC_BROKER,
    "DYNAMIC_DEFAULT_BROKER_CONFIG": ConfigSource.DYNAMIC_DEFAULT_BROKER,
    "STATIC_BROKER_CONFIG": ConfigSource.STATIC_BROKER,
    "DEFAULT_CONFIG": ConfigSource.DEFAULT,
}
TYPES: Final = ("unknown", "boolean", "string", "int", "short", "long", "double", "list", "class", "password")


def settings(**given: Mapping[str, str]) -> BrokerSettings:
    started = BrokerSettings.from_properties(given.get("file", {}))
    return started.with_dynamic(defaults=given.get("defaults", {}), broker=given.get("broker", {}))


def shown(config: DescribedConfig) -> list[tuple[str, str | None, int]]:
    return [(synonym.name, synonym.value, synonym.source) for synonym in config.synonyms]


def test_a_topic_is_described_as_kafka_does() -> None:
    broker = settings(
        file={"log.retention.hours": "100", "log.roll.hours": "50", "min.insync.replicas": "1"},
        defaults={"min.insync.replicas": "1"},
    )
    described = describe_topic({"cleanup.policy": "compact,delete", "retention.ms": "1000"}, broker)
    ours = {config.name: config for config in described}
    theirs = [line.split("\t") for line in DESCRIPTION.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert ours.keys() == {row[0] for row in theirs}
    for name, value, source, kind, synonyms in theirs:
        config = ours[name]
        expected = []
        for text in filter(None, synonyms.split("; ")):
            setting, _, from_where = text.rpartition(" ")
            expected.append((*setting.split("=", 1), SOURCES[from_where]))
        assert (config.value, config.source, TYPES[config.type_id]) == (value, SOURCES[source], kind), name
        assert shown(config) == expected, name
        assert (config.read_only, config.is_sensitive) == (False, False)
        assert config.doc


def test_layers_come_in_the_order_of_precedence() -> None:
    broker = settings(
        file={"log.retention.hours": "100"},
        defaults={"log.retention.ms": "3000"},
        broker={"log.retention.ms": "1000"},
    )
    by_name = {config.name: config for config in describe_broker(broker)}
    # As Kafka: the coarser option of the file is silenced, and its description begins at itself.
    assert (by_name["log.retention.hours"].value, by_name["log.retention.ms"].value) == ("168", "1000")
    assert shown(by_name["log.retention.hours"]) == [
        ("log.retention.hours", "100", ConfigSource.STATIC_BROKER),
        ("log.retention.hours", "168", ConfigSource.DEFAULT),
    ]
    chain = [
        ("log.retention.ms", "1000", ConfigSource.DYNAMIC_BROKER),
        ("log.retention.ms", "3000", ConfigSource.DYNAMIC_DEFAULT_BROKER),
        ("log.retention.hours", "100", ConfigSource.STATIC_BROKER),
        ("log.retention.hours", "168", ConfigSource.DEFAULT),
    ]
    assert shown(by_name["log.retention.ms"]) == chain
    (retention,) = [config for config in describe_topic({}, broker) if config.name == "retention.ms"]
    assert (retention.value, retention.source, shown(retention)) == ("1000", ConfigSource.DYNAMIC_BROKER, chain)


def test_a_brokers_number_counts_as_given_under_both_names() -> None:
    by_name = {config.name: config for config in describe_broker(settings(file={"node.id": "3"}))}
    assert (by_name["broker.id"].value, by_name["broker.id"].source) == ("3", ConfigSource.STATIC_BROKER)
    assert by_name["broker.id"].read_only


def test_secrets_and_what_may_be_one_have_no_value() -> None:
    broker = settings(
        file={
            "ssl.key.password": "hunter2",
            "listener.name.x.ssl.key.password": "hunter2",
            "rsm.config.key": "hunter2",
        },
        defaults={"plugin.key": "hunter2"},
        broker={"sasl.jaas.config": "hunter2"},
    )
    described = describe_broker(broker) + describe_broker_defaults(broker)
    assert "hunter2" not in repr(described)
    by_name = {config.name: config for config in described}
    for name in ("ssl.key.password", "listener.name.x.ssl.key.password", "rsm.config.key", "plugin.key"):
        assert by_name[name].is_sensitive
        assert by_name[name].value is None


def test_names_of_kafka_3_and_internal_ones_show_only_where_set() -> None:
    names = {config.name for config in describe_broker(settings())}
    assert not names & {"zookeeper.connect", "log.initial.task.delay.ms"}
    given = settings(file={"zookeeper.connect": "h:1", "log.initial.task.delay.ms": "5"})
    assert {config.name for config in describe_broker(given)} - names == {
        "zookeeper.connect",
        "log.initial.task.delay.ms",
    }


def test_what_is_set_for_all_brokers_is_described_alone() -> None:
    broker = settings(
        defaults={"log.retention.ms": "3000", "leader.replication.throttled.rate": "5"}, broker={"log.roll.ms": "1"}
    )
    described = describe_broker_defaults(broker)
    assert [(config.name, config.value, config.read_only) for config in described] == [
        ("log.retention.ms", "3000", False),
        ("leader.replication.throttled.rate", "5", False),
    ]


def test_a_group_follows_the_brokers_options() -> None:
    broker = settings(file={"group.consumer.heartbeat.interval.ms": "6000"})
    by_name = {config.name: config for config in describe_group({"consumer.session.timeout.ms": "50000"}, broker)}
    session, heartbeat = by_name["consumer.session.timeout.ms"], by_name["consumer.heartbeat.interval.ms"]
    assert (session.value, session.source) == ("50000", ConfigSource.GROUP)
    assert (heartbeat.value, heartbeat.source) == ("6000", ConfigSource.DEFAULT)


def test_a_subscription_to_metrics_has_three_options() -> None:
    described = describe_client_metrics({"metrics": "a, b"})
    assert [(config.name, config.value, config.source) for config in described] == [
        ("interval.ms", "300000", ConfigSource.DEFAULT),
        ("metrics", "a,b", ConfigSource.CLIENT_METRICS),
        ("match", "", ConfigSource.DEFAULT),
    ]
