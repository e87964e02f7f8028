"""Configuration: declared once; parsing, validation, DescribeConfigs and the reference page follow from that.

Names, types, defaults and bounds are those of Apache Kafka 4.1; names that only Kafka 3.9 had are known too.
What only requests need is imported from `config.describe` and `config.alter`, so that a start doesn't pay for it.
"""

from barnabas.foundation.config.broker import BrokerSettings
from barnabas.foundation.config.kinds import ConfigError, InvalidValue
from barnabas.foundation.config.listeners import Endpoint
from barnabas.foundation.config.properties import Properties, parse_properties
from barnabas.foundation.config.topic import TopicSettings, check_topic_overrides

__all__ = [
    "BrokerSettings",
    "ConfigError",
    "Endpoint",
    "InvalidValue",
    "Properties",
    "TopicSettings",
    "check_topic_overrides",
    "parse_properties",
]
