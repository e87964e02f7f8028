"""The configuration handlers over a real controller on a real tree, as the broker wires them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from barnabas.broker.context import RequestContext
from barnabas.broker.current_settings import CurrentSettings
from barnabas.broker.handlers.alter_configs import AlterConfigs
from barnabas.broker.handlers.describe_configs import DescribeConfigs
from barnabas.broker.handlers.incremental_alter_configs import IncrementalAlterConfigs
from barnabas.broker.handlers.list_config_resources import ListConfigResources
from barnabas.cluster.controller import Controller, ControllerSettings, NewTopic
from barnabas.cluster.coordination import EmbeddedTree
from barnabas.cluster.metadata import (
    BrokerRegistration,
    ClusterImage,
    ConfigKind,
    ConfigResource,
    Endpoint,
    MetadataCache,
)
from barnabas.foundation.clock import ManualClock
from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.config.alter import check_overrides
from barnabas.protocol.messages.alter_configs import ALTER_CONFIGS
from barnabas.protocol.messages.describe_configs import DESCRIBE_CONFIGS
from barnabas.protocol.messages.incremental_alter_configs import INCREMENTAL_ALTER_CONFIGS
from barnabas.protocol.messages.list_config_resources import LIST_CONFIG_RESOURCES
from barnabas.protocol.wire import Api

TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = range(4)


class ConfigRoom:
    """What answers the four APIs; a request goes through its codec, as it would on the wire."""

    def __init__(self, tree: EmbeddedTree, settings: BrokerSettings) -> None:
        self.tree = tree
        self.cache = MetadataCache(ClusterImage("cluster"))
        self.settings = CurrentSettings(settings, self.cache)
        self.controller = Controller(
            tree, self.cache, ControllerSettings(), validate_config=self._validate, clock=ManualClock()
        )
        self._handlers: dict[int, Any] = {
            DESCRIBE_CONFIGS.key: DescribeConfigs(self.settings, self.cache),
            INCREMENTAL_ALTER_CONFIGS.key: IncrementalAlterConfigs(self.settings, self.controller),
            ALTER_CONFIGS.key: AlterConfigs(self.settings, self.controller),
            LIST_CONFIG_RESOURCES.key: ListConfigResources(self.cache),
        }

    @classmethod
    async def open(cls, folder: Path, properties: Mapping[str, str] | None = None) -> Self:
        room = cls(await EmbeddedTree.open(folder / "tree"), BrokerSettings.from_properties(properties or {}))
        node_id = room.settings().node_id
        await room.controller.start(BrokerRegistration(node_id, -1, (Endpoint("PLAINTEXT", "h", 9092),)), "cluster")
        return room

    async def close(self) -> None:
        await self.tree.close()

    def _validate(self, resource: ConfigResource, values: Mapping[str, str]) -> None:
        check_overrides(resource.kind, resource.name, values, self.settings())

    async def create_topic(self, name: str, configs: Mapping[str, str] | None = None) -> None:
        await self.controller.create_topic(NewTopic(name, 1, 1, configs=dict(configs or {})))

    async def set(self, kind: int, name: str, values: Mapping[str, str]) -> None:
        await self.controller.set_configs(ConfigResource(ConfigKind(kind), name), values)

    async def ask(self, api: Api[Any, Any], version: int, request: Any) -> Any:
        codec = api.request_codec(version)
        answer = await self._handlers[api.key](
            codec.decode(codec.encode(request)),
            RequestContext(api_version=version, client_id="test", client_host="/127.0.0.1", connection_id=1),
        )
        responses = api.response_codec(version)
        return responses.decode(responses.encode(answer))
