"""The settings of a subscription to clients' metrics (KIP-714)."""

import re
from collections.abc import Mapping
from typing import Final

from barnabas.foundation.config.declarations.of_client_metrics import ClientMetricsOptions
from barnabas.foundation.config.kinds import LIST, InvalidValue
from barnabas.foundation.config.option import declared_options
from barnabas.foundation.errors import ErrorCode, KafkaError

_OPTIONS: Final = declared_options(ClientMetricsOptions)
_SELECTORS: Final = frozenset(
    {
        "client_instance_id",
        "client_id",
        "client_software_name",
        "client_software_version",
        "client_source_address",
        "client_source_port",
    }
)
_SHORTEST_MS: Final = 100
_LONGEST_MS: Final = 3_600_000


def check_client_metrics_overrides(overrides: Mapping[str, str]) -> None:
    """Raises KafkaError in Kafka's words when these can't be set for a subscription."""
    for name in overrides:
        if name not in _OPTIONS:
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unknown client metrics configuration: {name}")
    if "interval.ms" in overrides:
        try:
            interval_ms = ClientMetricsOptions.interval_ms.parse(overrides["interval.ms"])
        except InvalidValue as error:
            raise KafkaError(ErrorCode.INVALID_CONFIG, str(error)) from None
        if not _SHORTEST_MS <= interval_ms <= _LONGEST_MS:
            raise KafkaError(
                ErrorCode.INVALID_REQUEST,
                f"Invalid value {interval_ms} for interval.ms, interval must be between "
                f"{_SHORTEST_MS} and {_LONGEST_MS} (1 hour)",
            )
    for pattern in LIST.parse("match", overrides.get("match", "")):
        _check_pattern(pattern)


def _check_pattern(pattern: str) -> None:
    selector, equals, expression = pattern.partition("=")
    try:
        re.compile(expression.strip())
    except re.error:
        equals = ""
    if not equals or selector.strip() not in _SELECTORS:
        raise KafkaError(ErrorCode.INVALID_CONFIG, f"Illegal client matching pattern: {pattern}")
