"""The declarations against what Apache Kafka declares, option by option."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from barnabas.foundation.config import BrokerSettings, TopicSettings
from barnabas.foundation.config.option import Effect, Option
from barnabas.foundation.config.synonyms import TOPIC_SYNONYMS
from barnabas.foundation.config.validators import OneOf, Range

HERE: Final = Path(__file__).parent
SOURCE: Final = Path(__file__).resolve().parents[4] / "src" / "barnabas"
_ATTRIBUTE: Final = re.compile(r"\b(?:settings|broker|topic)\.[a-z0-9_]+")
NO_DEFAULT_IN_KAFKA: Final = {"node.id", "process.roles"}


def facts(file: str) -> Iterator[list[str]]:
    for line in (HERE / file).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


BROKER_FACTS: Final = {row[0]: row for row in facts("kafka_broker_options.tsv")}
TOPIC_FACTS: Final = {row[0]: row for row in facts("kafka_topic_options.tsv")}


def written_as_kafka(declared: Option[Any]) -> str:
    default = declared.format(declared.default)
    return "(null)" if default is None else default


def valid_values(declared: Option[Any]) -> str:
    match declared.validator:
        case Range(lowest=lowest, highest=None):
            return f"[{lowest},...]"
        case Range(lowest=lowest, highest=highest):
            return f"[{lowest},...,{highest}]"
        case OneOf(choices=choices, ignore_case=True):
            return f"(case insensitive) [{', '.join(choices)}]"
        case OneOf(choices=choices):
            return f"[{', '.join(choices)}]"
    return ""


def test_every_option_of_kafka_is_declared_and_no_other() -> None:
    assert BrokerSettings.OPTIONS.keys() == BROKER_FACTS.keys()
    assert TopicSettings.OPTIONS.keys() == TOPIC_FACTS.keys()


@pytest.mark.parametrize("name", BROKER_FACTS)
def test_broker_option_has_kafkas_facts(name: str) -> None:
    declared = BrokerSettings.OPTIONS[name]
    _, release, kind, default, valid, importance, scope, internal = BROKER_FACTS[name]
    assert declared.kind.name == kind
    if name not in NO_DEFAULT_IN_KAFKA:
        assert written_as_kafka(declared) == default
    if valid.startswith(("[", "(case")) and "or -1" not in valid:
        assert valid_values(declared) == valid
    assert declared.importance.value == importance
    assert declared.scope.value == scope
    assert declared.internal == (internal == "true")
    assert declared.only_in_3x == (release == "3.9.1")


@pytest.mark.parametrize("name", TOPIC_FACTS)
def test_topic_option_has_kafkas_facts(name: str) -> None:
    declared = TopicSettings.OPTIONS[name]
    _, release, kind, default, valid, importance, internal = TOPIC_FACTS[name]
    assert (declared.kind.name, written_as_kafka(declared)) == (kind, default)
    if valid.startswith("[") and "or -1" not in valid and "partitionId" not in valid:
        assert valid_values(declared) == valid
    assert declared.importance.value == importance
    assert declared.internal == (internal == "true")
    assert declared.only_in_3x == (release == "3.9.1")


@pytest.mark.parametrize("owner", [BrokerSettings, TopicSettings])
def test_declarations_are_complete(owner: type[BrokerSettings | TopicSettings]) -> None:
    for name, declared in owner.OPTIONS.items():
        assert getattr(owner, declared.attribute) is declared
        assert declared.attribute.replace("_", "") == name.replace(".", "").lower()
        assert declared.doc.endswith(".")
        if declared.default is not None:
            # The default is a value like any other.
            assert declared.parse(declared.format(declared.default) or "") == declared.default


def test_synonyms_name_declared_options() -> None:
    for topic_option, synonyms in TOPIC_SYNONYMS.items():
        assert topic_option in TopicSettings.OPTIONS
        assert all(synonym.name in BrokerSettings.OPTIONS for synonym in synonyms)


def _words_outside_config() -> set[str]:
    words: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if "config" not in path.relative_to(SOURCE).parts:
            text = path.read_text(encoding="utf-8")
            words.update(word.rpartition(".")[2] for word in _ATTRIBUTE.findall(text))
    return words


# Read by the rules over several options, or by what follows from them.
DERIVED: Final = {
    "advertised.listeners",
    "broker.id",
    "controller.listener.names",
    "listener.security.protocol.map",
    "listeners",
    "log.dir",
    "log.dirs",
    "node.id",
    "process.roles",
}
# `effective_segment_bytes` stands for both.
DERIVED_OF_TOPIC: Final = {"internal.segment.bytes", "segment.bytes"}


def test_what_is_said_to_act_is_read_somewhere() -> None:
    words = _words_outside_config()
    read = {name for name, declared in TopicSettings.OPTIONS.items() if declared.attribute in words} | DERIVED_OF_TOPIC
    inherited = {synonym.name for name in read for synonym in TOPIC_SYNONYMS.get(name, ())}
    idle = {name for name, declared in TopicSettings.OPTIONS.items() if declared.effect is Effect.ACTS} - read
    for name, declared in BrokerSettings.OPTIONS.items():
        known = name in inherited or name in DERIVED or declared.attribute in words
        if declared.effect is Effect.ACTS and not known:
            idle.add(name)
    assert not idle, f"marked effect=ACTS, but read nowhere: {sorted(idle)}"
