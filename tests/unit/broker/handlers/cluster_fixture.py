"""A broker without sockets: controller and image on a tree in a temporary directory."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from barnabas.broker.context import RequestContext
from barnabas.cluster.controller import Controller, ControllerSettings, InternalTopicSettings
from barnabas.cluster.coordination import EmbeddedTree
from barnabas.cluster.metadata import (
    GROUP_OFFSETS_TOPIC,
    BrokerRegistration,
    ClusterImage,
    ConfigResource,
    Endpoint,
    MetadataCache,
)
from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError

BROKER = BrokerRegistration(
    1, -1, (Endpoint("PLAINTEXT", "localhost", 9092), Endpoint("OUTSIDE", "example.org", 19092)), rack="dc1"
)


@dataclass(frozen=True)
class Cluster:
    """What handlers are made of."""

    controller: Controller
    cache: MetadataCache


@asynccontextmanager
async def a_cluster(
    directory: Path, settings: ControllerSettings | None = None, broker: BrokerRegistration = BROKER
) -> AsyncIterator[Cluster]:
    tree = await EmbeddedTree.open(directory / "tree.db")
    try:
        cache = MetadataCache(ClusterImage("cluster-id"))
        settings = settings or ControllerSettings(
            internal_topics={GROUP_OFFSETS_TOPIC: InternalTopicSettings(50, 1, {})}
        )
        controller = Controller(tree, cache, settings, validate_config=refuse_nope, clock=ManualClock())
        await controller.start(broker, "cluster-id")
        yield Cluster(controller, cache)
    finally:
        await tree.close()


def refuse_nope(resource: ConfigResource, values: Mapping[str, str]) -> None:
    if "nope" in values:
        raise KafkaError(ErrorCode.INVALID_CONFIG, "Unknown topic config name: nope")


def context(api_version: int, listener_name: str = "PLAINTEXT") -> RequestContext:
    return RequestContext(api_version, "client", "/127.0.0.1", 1, listener_name)
