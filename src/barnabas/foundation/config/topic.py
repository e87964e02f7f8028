"""The settings of a topic: what was set for it, over the broker's options, over the defaults."""

from collections.abc import Mapping
from typing import Any, ClassVar

from barnabas.foundation.config.broker import BrokerSettings
from barnabas.foundation.config.declarations.topics import TopicOptions
from barnabas.foundation.config.kinds import InvalidValue
from barnabas.foundation.config.option import Option, declared_options
from barnabas.foundation.config.synonyms import TOPIC_SYNONYMS
from barnabas.foundation.errors import ErrorCode, KafkaError


class TopicSettings(TopicOptions):
    """Every topic option as a typed attribute; never changes."""

    OPTIONS: ClassVar[dict[str, Option[Any]]]
    """Every declared option by its Kafka name."""

    overrides: Mapping[str, str]
    """The texts that were set for this topic."""

    @classmethod
    def resolve(cls, overrides: Mapping[str, str], broker: BrokerSettings) -> "TopicSettings":
        """The settings of a topic with these overrides on this broker.

        Overrides are those that `check_topic_overrides` passed; a key that is not an option is left aside.
        """
        settings = cls.__new__(cls)
        values = vars(settings)
        values.update(_defaults(broker))
        values["overrides"] = overrides
        for name, text in overrides.items():
            declared = cls.OPTIONS.get(name)
            if declared is not None:
                values[declared.attribute] = declared.parse(text)
        return settings

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings don't change: {name}")

    @property
    def effective_segment_bytes(self) -> int:
        """The segment size that counts: tests may set one below the bound of segment.bytes."""
        return self.segment_bytes if self.internal_segment_bytes is None else self.internal_segment_bytes


TopicSettings.OPTIONS = declared_options(TopicSettings)


def check_topic_overrides(overrides: Mapping[str, str], broker: BrokerSettings) -> None:
    """Raises KafkaError(INVALID_CONFIG) in Kafka's words when these can't be set for a topic."""
    for name in overrides:
        # Names that only Kafka 3.x knew are refused, as Kafka 4 does.
        declared = TopicSettings.OPTIONS.get(name)
        if declared is None or declared.only_in_3x:
            raise KafkaError(ErrorCode.INVALID_CONFIG, f"Unknown topic config name: {name}")
    try:
        settings = TopicSettings.resolve(overrides, broker)
    except InvalidValue as error:
        raise KafkaError(ErrorCode.INVALID_CONFIG, str(error)) from None
    if settings.min_compaction_lag_ms > settings.max_compaction_lag_ms:
        lowest, highest = settings.min_compaction_lag_ms, settings.max_compaction_lag_ms
        text = f"conflict topic config setting min.compaction.lag.ms ({lowest}) > max.compaction.lag.ms ({highest})"
        raise KafkaError(ErrorCode.INVALID_CONFIG, text)
    if settings.remote_storage_enable:
        text = (
            "Tiered Storage functionality is disabled in the broker. "
            "Topic cannot be configured with remote log storage."
        )
        raise KafkaError(ErrorCode.INVALID_CONFIG, text)


def _defaults(broker: BrokerSettings) -> dict[str, Any]:
    """What a topic without overrides has on this broker; computed once for each settings object."""
    cached: dict[str, Any] | None = vars(broker).get("_topic_defaults")
    if cached is None:
        cached = {declared.attribute: _inherited(declared, broker) for declared in TopicSettings.OPTIONS.values()}
        vars(broker)["_topic_defaults"] = cached
    return cached


def _inherited(declared: Option[Any], broker: BrokerSettings) -> Any:
    for synonym in TOPIC_SYNONYMS.get(declared.name, ()):
        value = getattr(broker, BrokerSettings.OPTIONS[synonym.name].attribute)
        if value is not None:
            return value * synonym.factor if synonym.factor != 1 and value >= 0 else value
    return declared.default
