"""The settings of a group of the newer protocols: consumer (KIP-848), share (KIP-932) and streams (KIP-1071).

A group may set its own time-outs within bounds that the broker's options draw.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from barnabas.foundation.config.broker import BrokerSettings
from barnabas.foundation.config.declarations.of_groups import GroupOptions
from barnabas.foundation.config.kinds import InvalidValue
from barnabas.foundation.config.option import Option, declared_options
from barnabas.foundation.errors import ErrorCode, KafkaError

GROUP_OPTIONS: Final = declared_options(GroupOptions)


def group_default(declared: Option[Any], broker: BrokerSettings) -> Any:
    """What a group has that sets nothing: the broker's option of the same name behind `group.`, where there is one."""
    option = BrokerSettings.OPTIONS.get(f"group.{declared.name}")
    return declared.default if option is None else getattr(broker, option.attribute)


def check_group_overrides(overrides: Mapping[str, str], broker: BrokerSettings) -> None:
    """Raises KafkaError(INVALID_CONFIG) in Kafka's words when these can't be set for a group."""
    values: dict[str, Any] = {}
    for name in overrides:
        if name not in GROUP_OPTIONS:
            raise KafkaError(ErrorCode.INVALID_CONFIG, f"Unknown group config name: {name}")
    for name, declared in GROUP_OPTIONS.items():
        try:
            values[name] = declared.parse(overrides[name]) if name in overrides else group_default(declared, broker)
        except InvalidValue as error:
            raise KafkaError(ErrorCode.INVALID_CONFIG, str(error)) from None
    for name in overrides:
        _check_bound(name, values[name], "min", broker)
        _check_bound(name, values[name], "max", broker)
    for protocol in ("consumer", "share", "streams"):
        session, heartbeat = f"{protocol}.session.timeout.ms", f"{protocol}.heartbeat.interval.ms"
        if values[session] <= values[heartbeat]:
            raise KafkaError(ErrorCode.INVALID_CONFIG, f"{session} must be greater than {heartbeat}")


def _check_bound(name: str, value: Any, bound: str, broker: BrokerSettings) -> None:
    protocol, _, rest = name.partition(".")
    # `streams.num.standby.replicas` is bounded by `group.streams.max.standby.replicas`.
    limit = BrokerSettings.OPTIONS.get(f"group.{protocol}.{bound}.{re.sub('^num[.]', '', rest)}")
    if limit is None:
        return
    of_broker = getattr(broker, limit.attribute)
    if value < of_broker if bound == "min" else value > of_broker:
        relation = "greater" if bound == "min" else "less"
        text = f"{name} must be {relation} than or equal to {limit.name}"
        raise KafkaError(ErrorCode.INVALID_CONFIG, text)
