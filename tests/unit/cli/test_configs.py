"""`kafka-configs`: its text, what it adds, and the defaults it finds among synonyms."""

from __future__ import annotations

import pytest

from barnabas.cli.configs.command import check_names, parse_configs_to_add
from barnabas.cli.configs.describing import as_json, broker_defaults, config_line, heading
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.librdkafka import ConfigSynonym, ConfigValue

THREADS = ConfigValue(
    "log.cleaner.threads",
    "3",
    2,
    False,
    (
        ConfigSynonym(2, "log.cleaner.threads", "3"),
        ConfigSynonym(3, "log.cleaner.threads", "2"),
        ConfigSynonym(5, "log.cleaner.threads", "1"),
    ),
)
PASSWORD = ConfigValue("ssl.key.password", None, 4, True, (ConfigSynonym(4, "ssl.key.password", None),))


def test_a_setting_with_every_place_of_its_value() -> None:
    assert config_line(THREADS) == (
        "  log.cleaner.threads=3 sensitive=false synonyms={DYNAMIC_BROKER_CONFIG:log.cleaner.threads=3, "
        "DYNAMIC_DEFAULT_BROKER_CONFIG:log.cleaner.threads=2, DEFAULT_CONFIG:log.cleaner.threads=1}"
    )
    assert config_line(PASSWORD) == (
        "  ssl.key.password=null sensitive=true synonyms={STATIC_BROKER_CONFIG:ssl.key.password=null}"
    )


def test_headings() -> None:
    assert heading("topics", "orders", describe_all=False) == "Dynamic configs for topic orders are:"
    assert heading("brokers", "1", describe_all=True) == "All configs for broker 1 are:"
    assert heading("brokers", "", describe_all=True) == "Default configs for brokers in the cluster are:"


def test_defaults_for_all_brokers_are_found_among_the_synonyms() -> None:
    (default,) = broker_defaults([PASSWORD, THREADS])
    assert config_line(default) == (
        "  log.cleaner.threads=2 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.cleaner.threads=2}"
    )


def test_json() -> None:
    assert as_json(PASSWORD) == {
        "name": "ssl.key.password",
        "value": None,
        "source": "STATIC_BROKER_CONFIG",
        "is_sensitive": True,
        "synonyms": [{"source": "STATIC_BROKER_CONFIG", "name": "ssl.key.password", "value": None}],
    }


@pytest.mark.parametrize(
    ("argument", "configs"),
    [
        ("a=1", {"a": "1"}),
        ("a=1,b = [x,y],c=", {"a": "1", "b": "x,y", "c": ""}),
        ("a=[k=v,l=w]", {"a": "k=v,l=w"}),
    ],
)
def test_configs_to_add(argument: str, configs: dict[str, str]) -> None:
    assert parse_configs_to_add(argument) == configs


@pytest.mark.parametrize("argument", ["a", "a=1,b", "a=b=c"])
def test_what_is_no_config(argument: str) -> None:
    with pytest.raises(InvalidUsage, match="all configs to be added must be in the format"):
        parse_configs_to_add(argument)


def test_a_name_with_a_strange_letter() -> None:
    with pytest.raises(InvalidUsage, match=r"Invalid character found for config key: a b"):
        check_names({"a b": "1"})
