"""How a broker enters a cluster: the paths it needs, the cluster's name, its registration, the vote for controller."""

import contextlib
from dataclasses import replace

from barnabas.cluster.coordination import CoordinationTree, Create, NodeExists, ensure_path
from barnabas.cluster.coordination.znodes import (
    BROKER,
    CLUSTER_ID,
    CONFIG_CHANGES,
    CONTROLLER,
    CONTROLLER_EPOCH,
    PERSISTENT_PATHS,
    TOPICS,
    ClusterId,
    ControllerInfo,
)
from barnabas.cluster.metadata import BrokerRegistration
from barnabas.cluster.metadata.loading import info_of
from barnabas.foundation.errors import ErrorCode, KafkaError


async def prepare_tree(tree: CoordinationTree) -> None:
    """Make the nodes that must always be there."""
    missing = []
    for path in PERSISTENT_PATHS:
        steps = path.split("/")
        for path_on_the_way in ("/".join(steps[:end]) for end in range(2, len(steps) + 1)):
            if path_on_the_way not in missing and await tree.get(path_on_the_way) is None:
                missing.append(path_on_the_way)
    try:
        await tree.multi([Create(path) for path in missing])  # one write instead of twenty: brokers start fast
    except NodeExists:
        for path in missing:  # another broker starts at the same time
            await ensure_path(tree, path)


async def is_unused(tree: CoordinationTree) -> bool:
    """Whether no controller has ever worked on the tree, and nobody has made a topic known in it."""
    if await tree.get(CONTROLLER_EPOCH.path) is not None:
        return False
    return await tree.get(TOPICS.path) is None or not await tree.children(TOPICS.path)


async def join_cluster(tree: CoordinationTree, cluster_id: str) -> None:
    """Name the cluster, if nobody has; raises INCONSISTENT_CLUSTER_ID when it has another name."""
    with contextlib.suppress(NodeExists):
        await tree.create(CLUSTER_ID.path, CLUSTER_ID.encode(ClusterId(cluster_id)))
    node = await tree.get(CLUSTER_ID.path)
    assert node is not None
    known = CLUSTER_ID.decode(node.data).id
    if known != cluster_id:
        text = (
            f"The Cluster ID {known} doesn't match stored clusterId {cluster_id} in meta.properties. "
            "The broker is trying to join the wrong cluster."
        )
        raise KafkaError(ErrorCode.INCONSISTENT_CLUSTER_ID, text)


async def register_broker(tree: CoordinationTree, broker: BrokerRegistration, now_ms: int) -> BrokerRegistration:
    """Say that the broker lives; what comes back has its epoch. Raises DUPLICATE_BROKER_REGISTRATION."""
    node = BROKER.create(info_of(broker.endpoints, broker.rack, now_ms), broker=broker.broker_id, ephemeral=True)
    try:
        created = await tree.create(node.path, node.data, ephemeral=True)
    except NodeExists as error:
        text = f"A broker with ID {broker.broker_id} is registered already."
        raise KafkaError(ErrorCode.DUPLICATE_BROKER_REGISTRATION, text) from error
    return replace(broker, epoch=created.stat.czxid)


async def run_for_controller(tree: CoordinationTree, broker_id: int, now_ms: int) -> int | None:
    """Try to become the controller; the version of the epoch's node when it worked, None when somebody else is."""
    if await tree.get(CONTROLLER_EPOCH.path) is None:
        with contextlib.suppress(NodeExists):  # another candidate was faster
            await tree.create(CONTROLLER_EPOCH.path, CONTROLLER_EPOCH.encode(0))
    epoch = await tree.get(CONTROLLER_EPOCH.path)
    assert epoch is not None
    vote = CONTROLLER.create(ControllerInfo(broker_id, now_ms), ephemeral=True)
    next_epoch = CONTROLLER_EPOCH.set(CONTROLLER_EPOCH.decode(epoch.data) + 1, epoch.stat.version)
    try:
        await tree.multi([vote, next_epoch])
    except NodeExists:
        return None
    return epoch.stat.version + 1


async def forget_config_changes(tree: CoordinationTree, keep: int) -> None:
    """Remove all but the last notifications of changed configurations; who was to read them has."""
    names = await tree.children(CONFIG_CHANGES.path)
    for name in names[: max(0, len(names) - keep)]:
        await tree.delete(f"{CONFIG_CHANGES.path}/{name}")
