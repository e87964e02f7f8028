"""Where each value comes from: what DescribeConfigs and CreateTopics answer.

Precedence, and the order of synonyms: set for the topic, set while running for this broker, the same for all
brokers, given at start, default. Options that stand in for each other are listed within each of these; the list
begins at the option that is asked about. That is Kafka's ConfigHelper, oddities included: retention given only
in hours has no synonyms and counts as a default.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from barnabas.foundation.config.broker import BrokerSettings, listener_option
from barnabas.foundation.config.declarations.of_client_metrics import ClientMetricsOptions
from barnabas.foundation.config.declarations.quotas import DynamicQuotaOptions
from barnabas.foundation.config.groups import GROUP_OPTIONS, group_default
from barnabas.foundation.config.option import Option, Scope, declared_options
from barnabas.foundation.config.synonyms import TOPIC_SYNONYMS, broker_synonyms
from barnabas.foundation.config.topic import TopicSettings


class ConfigSource(IntEnum):
    """Where a value was set; the numbers are those of the protocol (KIP-226)."""

    TOPIC = 1
    DYNAMIC_BROKER = 2
    DYNAMIC_DEFAULT_BROKER = 3
    STATIC_BROKER = 4
    DEFAULT = 5
    BROKER_LOGGER = 6
    CLIENT_METRICS = 7
    GROUP = 8


@dataclass(frozen=True, slots=True)
class ConfigSynonym:
    """One place where a value is set, effective unless a place before it in the list sets one too."""

    name: str
    value: str | None
    source: ConfigSource


@dataclass(frozen=True, slots=True)
class DescribedConfig:
    """One configuration of a resource. Secrets have no value."""

    name: str
    value: str | None
    source: ConfigSource
    read_only: bool
    is_sensitive: bool
    synonyms: tuple[ConfigSynonym, ...]
    type_id: int
    doc: str | None


_CLIENT_METRICS = declared_options(ClientMetricsOptions)
_DYNAMIC_QUOTAS = declared_options(DynamicQuotaOptions)


def describe_topic(overrides: Mapping[str, str], broker: BrokerSettings) -> list[DescribedConfig]:
    """Every option of a topic with these overrides on this broker."""
    settings = TopicSettings.resolve(overrides, broker)
    described = []
    for declared in _shown(TopicSettings.OPTIONS.values(), overrides):
        synonyms: list[ConfigSynonym] = []
        if declared.name in TOPIC_SYNONYMS:
            base = TOPIC_SYNONYMS[declared.name][0].name
            synonyms = _broker_chain(base, broker, is_sensitive=declared.is_sensitive)
        value = declared.format(getattr(settings, declared.attribute))
        if declared.name in overrides:
            synonyms.insert(0, ConfigSynonym(declared.name, value, ConfigSource.TOPIC))
        described.append(_described(declared, value, synonyms, read_only=False))
    return described


def describe_broker(settings: BrokerSettings) -> list[DescribedConfig]:
    """Every option of a broker, with what is set while running laid over it."""
    described = []
    given = settings.originals.keys() | settings.dynamic_defaults.keys() | settings.dynamic_broker.keys()
    for declared in _shown(BrokerSettings.OPTIONS.values(), given):
        value = None if declared.is_sensitive else declared.format(getattr(settings, declared.attribute))
        synonyms = _broker_chain(declared.name, settings, is_sensitive=declared.is_sensitive)
        described.append(_described(declared, value, synonyms, read_only=declared.scope is Scope.READ_ONLY))
    described += [_undeclared(name, settings) for name in sorted(given - BrokerSettings.OPTIONS.keys())]
    return described


def describe_broker_defaults(settings: BrokerSettings) -> list[DescribedConfig]:
    """What is set while running for all brokers."""
    described = []
    for name, text in settings.dynamic_defaults.items():
        declared = _known(name)
        hidden = declared is None or declared.is_sensitive
        value = None if hidden or declared is None else declared.format(declared.parse(text))
        synonym = ConfigSynonym(name, None if hidden else text, ConfigSource.DYNAMIC_DEFAULT_BROKER)
        read_only = declared is None or (name in BrokerSettings.OPTIONS and declared.scope is Scope.READ_ONLY)
        described.append(_described(declared, value, [synonym], read_only=read_only, name=name))
    return described


def describe_group(overrides: Mapping[str, str], broker: BrokerSettings) -> list[DescribedConfig]:
    """Every option of a group of the newer protocols."""
    described = []
    for declared in GROUP_OPTIONS.values():
        if declared.name in overrides:
            value = declared.format(declared.parse(overrides[declared.name]))
            synonym = ConfigSynonym(declared.name, value, ConfigSource.GROUP)
        else:
            value = declared.format(group_default(declared, broker))
            synonym = ConfigSynonym(declared.name, value, ConfigSource.DEFAULT)
        described.append(_described(declared, value, [synonym], read_only=False))
    return described


def describe_client_metrics(overrides: Mapping[str, str]) -> list[DescribedConfig]:
    """Every option of a subscription to clients' metrics (KIP-714)."""
    described = []
    for declared in _CLIENT_METRICS.values():
        synonyms = []
        value = declared.format(declared.default)
        if declared.name in overrides:
            value = declared.format(declared.parse(overrides[declared.name]))
            synonyms.append(ConfigSynonym(declared.name, value, ConfigSource.CLIENT_METRICS))
        described.append(_described(declared, value, synonyms, read_only=False))
    return described


def _shown(options: Iterable[Option[Any]], given: Iterable[str]) -> list[Option[Any]]:
    """Options but for Kafka's internal ones and those of Kafka 3.x, which are shown only where somebody set them."""
    return [
        declared for declared in options if declared.name in given or not (declared.internal or declared.only_in_3x)
    ]


def _described(
    declared: Option[Any] | None,
    value: str | None,
    synonyms: list[ConfigSynonym],
    *,
    read_only: bool,
    name: str | None = None,
) -> DescribedConfig:
    source = synonyms[0].source if synonyms else ConfigSource.DEFAULT
    if declared is None:
        assert name is not None
        return DescribedConfig(name, None, source, read_only, True, tuple(synonyms), 0, None)
    return DescribedConfig(
        name or declared.name,
        value,
        source,
        read_only,
        declared.is_sensitive,
        tuple(synonyms),
        declared.kind.wire_id,
        declared.doc,
    )


def _undeclared(name: str, settings: BrokerSettings) -> DescribedConfig:
    """A key with a listener's prefix, or of a plugin, whose type nobody knows here, so that it may be secret."""
    declared = _known(name)
    synonyms = _broker_chain(name, settings, is_sensitive=declared is None or declared.is_sensitive)
    value = None
    if declared is not None and not declared.is_sensitive:
        value = declared.format(declared.parse(synonyms[0].value or ""))
    return _described(declared, value, synonyms, read_only=name not in _DYNAMIC_QUOTAS, name=name)


def _known(name: str) -> Option[Any] | None:
    return BrokerSettings.OPTIONS.get(name) or _DYNAMIC_QUOTAS.get(name) or listener_option(name)


def _broker_chain(name: str, settings: BrokerSettings, *, is_sensitive: bool) -> list[ConfigSynonym]:
    family = broker_synonyms(name)
    chain: list[ConfigSynonym] = []
    for layer, source in (
        (settings.dynamic_broker, ConfigSource.DYNAMIC_BROKER),
        (settings.dynamic_defaults, ConfigSource.DYNAMIC_DEFAULT_BROKER),
        (_static_layer(settings), ConfigSource.STATIC_BROKER),
    ):
        chain += [
            ConfigSynonym(member, None if is_sensitive else layer[member], source)
            for member in family
            if member in layer
        ]
    for member in family:
        declared = BrokerSettings.OPTIONS.get(member)
        if declared is not None and declared.default is not None:
            default = declared.format(declared.default)
            chain.append(ConfigSynonym(member, None if is_sensitive else default, ConfigSource.DEFAULT))
    begin = next((index for index, synonym in enumerate(chain) if synonym.name == name), len(chain))
    return chain[begin:]


def _static_layer(settings: BrokerSettings) -> Mapping[str, str]:
    """What was given at start; the broker's number counts as given under both of its names."""
    originals = settings.originals
    number = originals.get("node.id", originals.get("broker.id"))
    return originals if number is None else {"node.id": number, "broker.id": number, **originals}
