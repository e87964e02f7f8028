"""The settings of a broker: every declared option as a typed attribute.

    settings = BrokerSettings.from_properties(parse_properties(text))
    settings.log_segment_bytes            # int

Settings never change; what was set while the broker runs is laid over them by `with_dynamic`. The texts that
were given stay in `originals`, `dynamic_defaults` and `dynamic_broker`, for DescribeConfigs to tell their source.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from barnabas.foundation.config import checks
from barnabas.foundation.config.declarations.cleaner import CleanerOptions
from barnabas.foundation.config.declarations.groups import GroupsOptions
from barnabas.foundation.config.declarations.kraft import KraftOptions
from barnabas.foundation.config.declarations.log import LogOptions
from barnabas.foundation.config.declarations.metrics import MetricsOptions
from barnabas.foundation.config.declarations.network import NetworkOptions
from barnabas.foundation.config.declarations.node import NodeOptions
from barnabas.foundation.config.declarations.oauth import OAuthOptions
from barnabas.foundation.config.declarations.placement import PlacementOptions
from barnabas.foundation.config.declarations.quotas import QuotasOptions
from barnabas.foundation.config.declarations.remote import RemoteOptions
from barnabas.foundation.config.declarations.replication import ReplicationOptions
from barnabas.foundation.config.declarations.sasl import SaslOptions
from barnabas.foundation.config.declarations.security import SecurityOptions
from barnabas.foundation.config.declarations.shares import SharesOptions
from barnabas.foundation.config.declarations.tls import TlsOptions
from barnabas.foundation.config.declarations.transactions import TransactionsOptions
from barnabas.foundation.config.declarations.zookeeper import ZookeeperOptions
from barnabas.foundation.config.kinds import ConfigError
from barnabas.foundation.config.listeners import Endpoint
from barnabas.foundation.config.option import Effect, Option, declared_options
from barnabas.foundation.config.properties import Properties
from barnabas.foundation.config.synonyms import broker_synonyms

LISTENER_PREFIX: Final = "listener.name."
PLUGIN_PREFIXES: Final = ("rsm.config.", "rlmm.config.")
"""Options that Kafka hands to remote storage plugins without looking at them."""


class BrokerSettings(
    NodeOptions,
    NetworkOptions,
    LogOptions,
    CleanerOptions,
    PlacementOptions,
    GroupsOptions,
    TransactionsOptions,
    ReplicationOptions,
    QuotasOptions,
    MetricsOptions,
    SecurityOptions,
    TlsOptions,
    SaslOptions,
    OAuthOptions,
    SharesOptions,
    RemoteOptions,
    KraftOptions,
    ZookeeperOptions,
):
    """What `server.properties` says, parsed and checked."""

    OPTIONS: ClassVar[dict[str, Option[Any]]]
    """Every declared option by its Kafka name."""

    originals: Mapping[str, str]
    """The texts given at start."""
    dynamic_defaults: Mapping[str, str]
    """Texts set while running, for all brokers."""
    dynamic_broker: Mapping[str, str]
    """Texts set while running, for this broker."""
    endpoints: tuple[Endpoint, ...]
    """Where to listen."""
    advertised_endpoints: tuple[Endpoint, ...]
    """What clients are told; an empty host is the machine's own name, for who opens the sockets to fill in."""
    log_directories: tuple[str, ...]
    """`log.dirs`, or `log.dir` where that is absent."""

    def __init__(
        self,
        originals: Mapping[str, str],
        dynamic_defaults: Mapping[str, str],
        dynamic_broker: Mapping[str, str],
    ) -> None:
        """Use `from_properties`, which also says where a wrong value stands."""
        given = layered(originals, dynamic_defaults, dynamic_broker)
        values: dict[str, Any] = {}
        for name, text in given.items():
            declared = self.OPTIONS.get(name)
            if declared is not None:
                values[declared.attribute] = declared.parse(text)
        vars(self).update(values)
        vars(self).update(originals=originals, dynamic_defaults=dynamic_defaults, dynamic_broker=dynamic_broker)
        vars(self).update(checks.derived(self))
        for declared in self.OPTIONS.values():
            vars(self).setdefault(declared.attribute, declared.default)

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> "BrokerSettings":
        """Read and check; raises ConfigError, one line naming key, value and expectation, and where known the line."""
        origins = properties.origins if isinstance(properties, Properties) else {}
        for name, text in properties.items():
            try:
                check_static(name, text)
            except ConfigError as error:
                raise _placed(error, origins.get(name)) from None
        try:
            return cls(dict(properties), {}, {})
        except ConfigError as error:
            # A rule over several keys names the first of them that was given.
            named = next((name for name in origins if name in str(error)), "")
            raise _placed(error, origins.get(named)) from None

    def with_dynamic(self, defaults: Mapping[str, str], broker: Mapping[str, str]) -> "BrokerSettings":
        """These settings under what was set while running; raises ConfigError when that can't be."""
        if defaults == self.dynamic_defaults and broker == self.dynamic_broker:
            return self
        return BrokerSettings(self.originals, dict(defaults), dict(broker))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings don't change: {name}")

    @property
    def notices(self) -> list[str]:
        """What whoever starts the broker should know about this configuration; one line each."""
        return checks.notices(self)

    def given_without_effect(self) -> list[str]:
        """Options that were given and are declared, but that nothing acts on yet."""
        return sorted(
            name
            for name in self.originals
            if (declared := self.OPTIONS.get(name)) is not None and declared.effect is Effect.ACCEPTED
        )


BrokerSettings.OPTIONS = declared_options(BrokerSettings)


def layered(originals: Mapping[str, str], defaults: Mapping[str, str], broker: Mapping[str, str]) -> dict[str, str]:
    """The texts that count: this broker's over all brokers' over those given at start.

    Setting `log.retention.ms` while running silences a `log.retention.hours` of the file, as in Kafka.
    """
    given = dict(originals)
    for layer in (defaults, broker):
        for name, text in layer.items():
            for synonym in broker_synonyms(name):
                given.pop(synonym, None)
            given[name] = text
    return given


def check_static(name: str, text: str) -> None:
    """Check one key of server.properties; raises ConfigError when it is unknown or its value is bad."""
    declared = BrokerSettings.OPTIONS.get(name)
    if declared is None:
        declared = listener_option(name)
    if declared is not None:
        declared.parse(text)
    elif not name.startswith(PLUGIN_PREFIXES):
        import difflib  # only a mistake needs it

        close = difflib.get_close_matches(name, BrokerSettings.OPTIONS, n=1, cutoff=0.75)
        raise ConfigError(f"Unknown configuration {name}" + (f"; did you mean {close[0]}?" if close else ""))


def listener_option(name: str) -> Option[Any] | None:
    """The option behind `listener.name.<listener>.[<mechanism>.]<option>` (KIP-103); None when it is none."""
    if not name.startswith(LISTENER_PREFIX):
        return None
    parts = name.removeprefix(LISTENER_PREFIX).split(".")
    for skipped in (1, 2):
        declared = BrokerSettings.OPTIONS.get(".".join(parts[skipped:]))
        if declared is not None:
            return declared
    return None


def _placed(error: ConfigError, origin: str | None) -> ConfigError:
    return ConfigError(f"{origin}: {error}" if origin else str(error))
