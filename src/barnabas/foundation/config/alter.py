"""Changing what is set on a topic, a broker, a group or a subscription: the rules, without where it is kept.

Error codes and texts are those of Kafka 4.1.1.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, Final, NamedTuple

from barnabas.foundation.config.broker import LISTENER_PREFIX, BrokerSettings, listener_option
from barnabas.foundation.config.client_metrics import check_client_metrics_overrides
from barnabas.foundation.config.declarations.quotas import DynamicQuotaOptions
from barnabas.foundation.config.groups import check_group_overrides
from barnabas.foundation.config.kinds import ConfigError
from barnabas.foundation.config.option import Option, Scope, declared_options
from barnabas.foundation.config.reconfiguration import check_reconfiguration
from barnabas.foundation.config.topic import TopicSettings, check_topic_overrides
from barnabas.foundation.errors import ErrorCode, KafkaError


class ResourceType(IntEnum):
    """What can be configured; the numbers are those of the protocol."""

    TOPIC = 2
    BROKER = 4
    BROKER_LOGGER = 8
    CLIENT_METRICS = 16
    GROUP = 32


class Operation(IntEnum):
    """What an incremental change does (KIP-339)."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


class Change(NamedTuple):
    """One change to one configuration."""

    name: str
    operation: int
    value: str | None


_DYNAMIC_QUOTAS: Final = declared_options(DynamicQuotaOptions)
_ONLY_PER_LISTENER: Final = frozenset(
    {
        "ssl.key.password",
        "ssl.keystore.certificate.chain",
        "ssl.keystore.key",
        "ssl.keystore.location",
        "ssl.keystore.password",
        "ssl.keystore.type",
        "ssl.truststore.certificates",
        "ssl.truststore.location",
        "ssl.truststore.password",
        "ssl.truststore.type",
    }
)
_NEEDS_RESTART: Final = ("listeners", "listener.security.protocol.map")


def check_changes(changes: Iterable[Change]) -> None:
    """Raises KafkaError for changes that make no sense whatever they are applied to."""
    changes = list(changes)
    if len({change.name for change in changes}) != len(changes):
        raise KafkaError(ErrorCode.INVALID_REQUEST, "Error due to duplicate config keys")
    without_value = [change.name for change in changes if change.value is None and change.operation != Operation.DELETE]
    if without_value:
        raise KafkaError(ErrorCode.INVALID_REQUEST, f"Null value not supported for : {', '.join(without_value)}")


def changed(resource_type: int, current: Mapping[str, str], changes: Iterable[Change]) -> dict[str, str]:
    """What is set after some changes; raises KafkaError when one can't be made."""
    values = dict(current)
    for name, operation, value in changes:
        if operation == Operation.DELETE:
            values.pop(name, None)
        elif operation == Operation.SET and value is not None:
            values[name] = value
        elif operation in (Operation.APPEND, Operation.SUBTRACT) and value is not None:
            _change_list(resource_type, values, name, Operation(operation), value)
        else:
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unknown operations type {operation}")
    return values


def check_overrides(resource_type: int, name: str, overrides: Mapping[str, str], broker: BrokerSettings) -> None:
    """Raises KafkaError in Kafka's words when exactly these can't be set on a resource.

    `broker` are the settings of this broker.
    """
    match resource_type:
        case ResourceType.TOPIC:
            check_topic_overrides(overrides, broker)
        case ResourceType.BROKER:
            check_broker_overrides(name, overrides, broker)
        case ResourceType.GROUP:
            check_group_overrides(overrides, broker)
        case ResourceType.CLIENT_METRICS:
            check_client_metrics_overrides(overrides)
        case _:
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unknown resource type {resource_type}")


def check_broker_overrides(name: str, overrides: Mapping[str, str], broker: BrokerSettings) -> None:
    """Raises KafkaError(INVALID_REQUEST) when these can't be set while running, for one broker or (name "") all.

    A name that is declared nowhere passes: Kafka keeps it for plugins.
    """
    _refuse("Cannot update these configs dynamically: Set({})", [key for key in overrides if _is_read_only(key)])
    _refuse(
        "These security configs can be dynamically updated only per-listener using the listener prefix: HashSet({})",
        [key for key in overrides if key in _ONLY_PER_LISTENER],
    )
    try:
        for key, text in overrides.items():
            declared = BrokerSettings.OPTIONS.get(key) or _DYNAMIC_QUOTAS.get(key) or listener_option(key)
            if declared is not None:
                declared.parse(text)
        if not name:
            _refuse(
                "Cannot update these configs at default cluster level, broker id must be specified: Set({})",
                [key for key in overrides if _is_per_broker(key)],
            )
        changed = broker.with_dynamic(
            defaults=broker.dynamic_defaults if name else overrides,
            broker=overrides if name else broker.dynamic_broker,
        )
        check_reconfiguration(broker, changed)
    except ConfigError as error:
        raise KafkaError(ErrorCode.INVALID_REQUEST, str(error)) from None
    _refuse(
        "This version opens its listeners only at start; cannot update: Set({})",
        [key for key in _NEEDS_RESTART if key in overrides],
    )


def _refuse(text: str, names: list[str]) -> None:
    if names:
        raise KafkaError(ErrorCode.INVALID_REQUEST, text.format(", ".join(names)))


def _is_read_only(name: str) -> bool:
    declared = BrokerSettings.OPTIONS.get(name)
    return declared is not None and declared.scope is Scope.READ_ONLY


def _is_per_broker(name: str) -> bool:
    declared = BrokerSettings.OPTIONS.get(name)
    return name.startswith(LISTENER_PREFIX) or (declared is not None and declared.scope is Scope.PER_BROKER)


def _change_list(resource_type: int, values: dict[str, str], name: str, operation: Operation, value: str) -> None:
    options: Mapping[str, Option[Any]] = {}
    if resource_type == ResourceType.TOPIC:
        options = TopicSettings.OPTIONS
    elif resource_type == ResourceType.BROKER:
        options = BrokerSettings.OPTIONS
    declared = options.get(name)
    if declared is None or declared.kind.name != "list":
        if resource_type == ResourceType.BROKER:
            text = f"Config value {operation.name.lower()} is not allowed for config key: {name}"
        else:
            text = f"Can't {operation.name} to key {name} because its type is not LIST."
        raise KafkaError(ErrorCode.INVALID_CONFIG, text)
    current = values[name] if name in values else declared.format(declared.default) or ""
    items = current.split(",") if current else []
    for item in value.split(","):
        if operation is Operation.APPEND and item not in items:
            items.append(item)
        elif operation is Operation.SUBTRACT and item in items:
            items.remove(item)
    values[name] = ",".join(items)
