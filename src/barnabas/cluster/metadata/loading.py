"""Reading a whole cluster out of its coordination tree, as every broker does when it starts."""

import re
from collections.abc import Mapping
from typing import Final

from barnabas.cluster.coordination import CoordinationTree
from barnabas.cluster.coordination.znode import InvalidNodeData
from barnabas.cluster.coordination.znodes import (
    BROKER,
    BROKER_IDS,
    CLUSTER_ID,
    CONFIG,
    CONFIGS,
    CONTROLLER,
    CONTROLLER_EPOCH,
    PARTITION_STATE,
    TOPIC,
    TOPICS,
    BrokerInfo,
    desanitized,
    sanitized,
)
from barnabas.cluster.metadata.image import (
    NO_LEADER,
    BrokerRegistration,
    ClusterImage,
    ConfigKind,
    ConfigResource,
    Endpoint,
    PartitionImage,
    TopicImage,
)
from barnabas.foundation.identifiers import ZERO_UUID

CONFIG_DIRECTORIES: Final[Mapping[ConfigKind, str]] = {
    ConfigKind.TOPIC: "topics",
    ConfigKind.BROKER: "brokers",
    ConfigKind.CLIENT_METRICS: "client-metrics",
    ConfigKind.GROUP: "groups",
}

# Not urllib's: it would put listener and host into small letters.
ENDPOINT: Final = re.compile(r"([^:]+)://\[?([^\]/]*?)\]?:(\d+)")

DEFAULT_ENTITY: Final = "<default>"
"""How the tree names the default of all brokers, which the protocol names ""."""


async def load_image(tree: CoordinationTree) -> ClusterImage:
    """The cluster as the tree tells it; raises InvalidNodeData for a node that nobody can read."""
    cluster_id = await tree.get(CLUSTER_ID.path)
    controller = await tree.get(CONTROLLER.path)
    epoch = await tree.get(CONTROLLER_EPOCH.path)
    return ClusterImage(
        cluster_id="" if cluster_id is None else CLUSTER_ID.decode(cluster_id.data).id,
        controller_id=NO_LEADER if controller is None else CONTROLLER.decode(controller.data).broker_id,
        controller_epoch=0 if epoch is None else CONTROLLER_EPOCH.decode(epoch.data),
        brokers=await load_brokers(tree),
        topics=await _load_topics(tree),
        configs=await _load_configs(tree),
    )


async def load_brokers(tree: CoordinationTree) -> dict[int, BrokerRegistration]:
    """The brokers that are alive."""
    brokers = {}
    for name in sorted(await tree.children(BROKER_IDS.path), key=int):
        node = await tree.get(BROKER.at(broker=name))
        if node is not None:  # it may die between the two reads
            brokers[int(name)] = registration_of(int(name), node.stat.czxid, BROKER.decode(node.data))
    return brokers


def registration_of(broker_id: int, epoch: int, info: BrokerInfo) -> BrokerRegistration:
    """A broker as its node tells of it."""
    endpoints = []
    for text in info.endpoints:
        found = ENDPOINT.fullmatch(text)
        if found is None:
            raise InvalidNodeData(f"no endpoint of broker {broker_id}: {text!r}")
        listener, host, port = found.groups()
        endpoints.append(Endpoint(listener, host, int(port), info.security_protocols.get(listener, listener)))
    return BrokerRegistration(broker_id, epoch, tuple(endpoints), info.rack)


def info_of(endpoints: tuple[Endpoint, ...], rack: str | None, now_ms: int) -> BrokerInfo:
    """What a broker says of itself in its node."""
    return BrokerInfo(
        endpoints=tuple(f"{endpoint.listener_name}://{_host(endpoint)}:{endpoint.port}" for endpoint in endpoints),
        security_protocols={endpoint.listener_name: endpoint.security_protocol for endpoint in endpoints},
        rack=rack,
        timestamp_ms=now_ms,
    )


def config_path(resource: ConfigResource) -> str:
    """The node of a resource's configuration."""
    return CONFIG.at(kind=CONFIG_DIRECTORIES[resource.kind], entity=entity_of(resource))


def entity_of(resource: ConfigResource) -> str:
    """A resource's name as part of a path."""
    if resource.kind is ConfigKind.BROKER and not resource.name:
        return DEFAULT_ENTITY
    return sanitized(resource.name)


async def _load_topics(tree: CoordinationTree) -> dict[str, TopicImage]:
    topics = {}
    for name in await tree.children(TOPICS.path):
        node = await tree.get(TOPIC.at(topic=name))
        if node is None:
            continue
        assignment = TOPIC.decode(node.data)
        partitions = [
            await _load_partition(tree, name, index, replicas) for index, replicas in assignment.replicas.items()
        ]
        topics[name] = TopicImage(name, assignment.topic_id or ZERO_UUID, tuple(partitions))
    return topics


async def _load_partition(tree: CoordinationTree, topic: str, index: int, replicas: tuple[int, ...]) -> PartitionImage:
    node = await tree.get(PARTITION_STATE.at(topic=topic, partition=index))
    if node is None:  # the controller has not got to it yet
        return PartitionImage(replicas, isr=(), leader=NO_LEADER, leader_epoch=0, partition_epoch=-1)
    state = PARTITION_STATE.decode(node.data)
    return PartitionImage(replicas, state.isr, state.leader, state.leader_epoch, node.stat.version)


async def _load_configs(tree: CoordinationTree) -> dict[ConfigResource, Mapping[str, str]]:
    configs: dict[ConfigResource, Mapping[str, str]] = {}
    for kind, directory in CONFIG_DIRECTORIES.items():
        for entity in await tree.children(CONFIGS.at(kind=directory)):
            node = await tree.get(CONFIG.at(kind=directory, entity=entity))
            if node is not None:
                name = "" if entity == DEFAULT_ENTITY else desanitized(entity)
                configs[ConfigResource(kind, name)] = CONFIG.decode(node.data).values
    return configs


def _host(endpoint: Endpoint) -> str:
    return f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
