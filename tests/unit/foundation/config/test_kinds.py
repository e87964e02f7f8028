"""Reading and writing values, in the words of Kafka's ConfigDef."""

from __future__ import annotations

from typing import Any

import pytest

from barnabas.foundation.config import BrokerSettings, InvalidValue, TopicSettings
from barnabas.foundation.config.kinds import (
    BOOLEAN,
    DOUBLE,
    INT,
    LIST,
    LONG,
    PASSWORD,
    SHORT,
    STRING,
    Kind,
    format_double,
)

# What Java's Double.toString prints, recorded from a JVM.
DOUBLES = [
    (0.5, "0.5"),
    (1.0, "1.0"),
    (0.0, "0.0"),
    (0.001, "0.001"),
    (0.0001, "1.0E-4"),
    (0.00012345, "1.2345E-4"),
    (1.5e-7, "1.5E-7"),
    (9999999.0, "9999999.0"),
    (10000000.0, "1.0E7"),
    (123456789.0, "1.23456789E8"),
    (1.5e16, "1.5E16"),
    (1e22, "1.0E22"),
    (-12345678.5, "-1.23456785E7"),
    (1.7976931348623157e308, "1.7976931348623157E308"),
    (float("nan"), "NaN"),
    (float("-inf"), "-Infinity"),
]


@pytest.mark.parametrize(("value", "text"), DOUBLES)
def test_doubles_print_as_in_java(value: float, text: str) -> None:
    assert format_double(value) == text


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (INT, " 12 ", 12),
        (INT, "+12", 12),
        (INT, "-2147483648", -(2**31)),
        (LONG, "9223372036854775807", 2**63 - 1),
        (BOOLEAN, "TRUE", True),
        (BOOLEAN, "false", False),
        (DOUBLE, "1e-1", 0.1),
        (DOUBLE, ".5f", 0.5),
        (DOUBLE, "-Infinity", float("-inf")),
        (LIST, "", ()),
        (LIST, "a , b,c", ("a", "b", "c")),
        (LIST, "a,", ("a", "")),
        (STRING, " x ", "x"),
    ],
)
def test_values_are_read_as_kafka_reads_them(kind: Kind[Any], text: str, value: object) -> None:
    assert kind.parse("key", text) == value


@pytest.mark.parametrize(
    ("kind", "text", "expectation"),
    [
        (INT, "2147483648", "Not a number of type INT"),
        (INT, "1.5", "Not a number of type INT"),
        (INT, "0x10", "Not a number of type INT"),
        (INT, "1_000", "Not a number of type INT"),
        (INT, "٣", "Not a number of type INT"),
        (INT, "", "Not a number of type INT"),
        (INT, "9" * 5000, "Not a number of type INT"),
        (SHORT, "32768", "Not a number of type SHORT"),
        (LONG, "9223372036854775808", "Not a number of type LONG"),
        (DOUBLE, "one", "Not a number of type DOUBLE"),
        (DOUBLE, "nan", "Not a number of type DOUBLE"),
        (BOOLEAN, "yes", "Expected value to be either true or false"),
    ],
)
def test_what_is_not_of_the_type_is_refused(kind: Kind[Any], text: str, expectation: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        kind.parse("key", text)
    assert str(refused.value) == f"Invalid value {text} for configuration key: {expectation}"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("segment.bytes", "13", "Invalid value 13 for configuration segment.bytes: Value must be at least 1048576"),
        (
            "compression.lz4.level",
            "20",
            "Invalid value 20 for configuration compression.lz4.level: Value must be no more than 17",
        ),
        (
            "compression.gzip.level",
            "0",
            "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1",
        ),
        (
            "cleanup.policy",
            "delete,",
            "Invalid value  for configuration cleanup.policy: String must be one of: compact, delete",
        ),
        (
            "min.cleanable.dirty.ratio",
            "2",
            "Invalid value 2.0 for configuration min.cleanable.dirty.ratio: Value must be no more than 1",
        ),
        (
            "leader.replication.throttled.replicas",
            "x",
            (
                "Invalid value [x] for configuration leader.replication.throttled.replicas: "
                "leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following "
                "format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."
            ),
        ),
    ],
)
def test_bounds_speak_kafkas_words(name: str, text: str, message: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        TopicSettings.OPTIONS[name].parse(text)
    assert str(refused.value) == message


def test_secrets_do_not_print() -> None:
    settings = BrokerSettings.from_properties({"ssl.key.password": "hunter2"})
    assert settings.ssl_key_password == "hunter2"
    assert "hunter2" not in repr(PASSWORD.parse("ssl.key.password", "hunter2"))


@pytest.mark.parametrize("text", ["disabled", "UPGRADE"])
def test_some_choices_take_any_case(text: str) -> None:
    assert BrokerSettings.OPTIONS["group.consumer.migration.policy"].parse(text) == text
