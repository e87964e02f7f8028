"""The broker's settings at this moment: those it was started with under what was set since."""

import logging
from collections.abc import Mapping

from barnabas.cluster.metadata import ConfigKind, MetadataCache
from barnabas.foundation.config import BrokerSettings, ConfigError

logger = logging.getLogger(__name__)


class CurrentSettings:
    """Looks at the cluster's image; parses again only when the configuration in it is another one."""

    __slots__ = ("_broker_layer", "_cache", "_current", "_default_layer", "_started_with")

    def __init__(self, started_with: BrokerSettings, cache: MetadataCache) -> None:
        self._started_with = started_with
        self._cache = cache
        self._current = started_with
        self._default_layer: Mapping[str, str] = {}
        self._broker_layer: Mapping[str, str] = {}

    def __call__(self) -> BrokerSettings:
        image = self._cache.image
        defaults = image.config(ConfigKind.BROKER, "")
        broker = image.config(ConfigKind.BROKER, str(self._started_with.node_id))
        if defaults is not self._default_layer or broker is not self._broker_layer:
            try:
                current = self._started_with.with_dynamic(defaults=defaults, broker=broker)
            except ConfigError as error:
                # Checked before it was stored; only a server.properties changed since can contradict it.
                logger.warning("What was set while running does not fit server.properties and is left out: %s", error)
                current = self._started_with
            # The layers last: the log cleaner asks from threads of its own, and nobody may take old for new.
            self._current = current
            self._default_layer, self._broker_layer = defaults, broker
        return self._current
