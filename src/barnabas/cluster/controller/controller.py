"""The controller at work: one decision at a time, written to the tree, then published.

Invariant: every write is one `multi` that first checks the controller's epoch, so a broker that lost the election
without noticing can't write; and an image is published only after its writes are in the tree. A decision that was
begun is finished even when whoever asked for it goes away.
"""

import asyncio
import logging
import random
import uuid
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from barnabas.cluster.controller import decisions
from barnabas.cluster.controller.assignment import Placement
from barnabas.cluster.controller.decisions import ConfigEdit, ConfigValidator, Decision, NewTopic
from barnabas.cluster.controller.elections import elect_all, without_replicas
from barnabas.cluster.controller.producer_ids import next_block
from barnabas.cluster.controller.settings import ControllerSettings
from barnabas.cluster.controller.startup import (
    forget_config_changes,
    join_cluster,
    prepare_tree,
    register_broker,
    run_for_controller,
)
from barnabas.cluster.coordination import BadVersion, CoordinationTree, Operation, TreeUnavailable
from barnabas.cluster.coordination.tree import Check
from barnabas.cluster.coordination.znodes import CONTROLLER_EPOCH, PRODUCER_ID_BLOCK
from barnabas.cluster.metadata import BrokerRegistration, ClusterImage, ConfigResource, MetadataCache, TopicImage
from barnabas.cluster.metadata.loading import load_image
from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition, uuid_to_text

T = TypeVar("T")
logger = logging.getLogger(__name__)

KEPT_CONFIG_CHANGES: Final = 100


def random_topic_id() -> uuid.UUID:
    """A new topic's ID. Like Kafka's it does not begin with a dash, which tools would take for an option."""
    while True:
        topic_id = uuid.uuid4()
        if not uuid_to_text(topic_id).startswith("-"):
            return topic_id


class Controller:
    """What a cluster's controller does. Its methods raise KafkaError, NOT_CONTROLLER where another broker is it."""

    def __init__(
        self,
        tree: CoordinationTree,
        cache: MetadataCache,
        settings: ControllerSettings,
        *,
        validate_config: ConfigValidator,
        clock: Clock,
        new_topic_id: Callable[[], uuid.UUID] = random_topic_id,
    ) -> None:
        self._tree = tree
        self._cache = cache
        self._settings = settings
        self._validate_config = validate_config
        self._clock = clock
        self._new_topic_id = new_topic_id
        self._epoch_version: int | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._random = random.Random()  # noqa: S311 - spreads replicas, guards nothing

    async def start(self, broker: BrokerRegistration, cluster_id: str, *, elect_anew: bool = False) -> None:
        """Register the broker, run for controller, read the cluster and publish it.

        `elect_anew` says that the broker was not stopped cleanly: its partitions get new leader epochs. Raises
        KafkaError for a broker ID in use or the ID of another cluster.
        """
        await prepare_tree(self._tree)
        await join_cluster(self._tree, cluster_id)
        await register_broker(self._tree, broker, self._clock.now_ms())
        self._epoch_version = await run_for_controller(self._tree, broker.broker_id, self._clock.now_ms())
        image = await load_image(self._tree)
        if self._epoch_version is not None:
            await forget_config_changes(self._tree, KEPT_CONFIG_CHANGES)
            operations, image = elect_all(image, anew=(broker.broker_id,) if elect_anew else ())
            if operations:
                await self._write(operations)
        await self._cache.prepare_and_publish(image)

    @property
    def is_active(self) -> bool:
        """Whether this broker won the election."""
        return self._epoch_version is not None

    async def create_topic(self, wish: NewTopic, *, validate_only: bool = False) -> TopicImage:
        """Make a topic; its logs exist when this returns, made by who listens to the cache."""

        def decide(image: ClusterImage) -> Decision[TopicImage]:
            return decisions.create_topic(
                image, wish, self._settings, self._validate_config, self._new_topic_id(), self._placement(image)
            )

        return await self._carry_out(decide, validate_only=validate_only)

    async def auto_create(self, name: str) -> TopicImage:
        """The topic, made with the defaults (for one of Kafka's own: with its settings) if it does not exist."""
        present = self._cache.image.topics.get(name)
        if present is not None:
            return present
        wish = NewTopic(name)
        internal = self._settings.internal_topics.get(name)
        if internal is not None:
            wish = NewTopic(name, internal.partition_count, internal.replication_factor, configs=dict(internal.configs))
        try:
            return await self.create_topic(wish)
        except KafkaError as error:
            present = self._cache.image.topics.get(name)
            if error.code is ErrorCode.TOPIC_ALREADY_EXISTS and present is not None:
                return present  # two asked at once
            raise

    async def delete_topic(self, name: str | None = None, topic_id: uuid.UUID | None = None) -> TopicImage:
        """Remove a topic, given by name or by ID."""

        def decide(image: ClusterImage) -> Decision[TopicImage]:
            topic = image.topic_by_id(topic_id) if topic_id is not None else image.topics.get(name or "")
            if topic is None and topic_id is not None:
                raise KafkaError(ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID.")
            if topic is None:
                text = "This server does not host this topic-partition."
                raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, text)
            return decisions.delete_topic(image, topic, self._settings)

        return await self._carry_out(decide)

    async def create_partitions(
        self,
        name: str,
        count: int,
        assignments: Sequence[Sequence[int]] | None = None,
        *,
        validate_only: bool = False,
    ) -> TopicImage:
        """Give a topic more partitions, `count` in all; `assignments` names the replicas of the added ones."""

        def decide(image: ClusterImage) -> Decision[TopicImage]:
            return decisions.create_partitions(image, name, count, assignments, self._placement(image))

        return await self._carry_out(decide, validate_only=validate_only)

    async def set_configs(
        self, resource: ConfigResource, changes: Mapping[str, str | None], *, validate_only: bool = False
    ) -> None:
        """Set values on a resource; None takes what was set away."""

        def edit(values: Mapping[str, str]) -> Mapping[str, str]:
            merged = {**values, **changes}
            return {name: value for name, value in merged.items() if value is not None}

        await self.alter_config(resource, edit, validate_only=validate_only)

    async def alter_config(self, resource: ConfigResource, edit: ConfigEdit, *, validate_only: bool = False) -> None:
        """Change what is set on a resource by a function of what is set; nothing comes in between."""
        await self._carry_out(
            lambda image: decisions.alter_config(image, resource, edit, self._validate_config),
            validate_only=validate_only,
        )

    async def take_offline(self, broker_id: int, lost: Collection[TopicPartition]) -> None:
        """A broker has lost these partitions with a disk: somebody else leads them now, or nobody."""
        await self._to_the_end(self._take_offline(broker_id, lost))

    async def _take_offline(self, broker_id: int, lost: Collection[TopicPartition]) -> None:
        async with self._turn:
            operations, image = without_replicas(self._cache.image, broker_id, lost)
            try:
                await self._write(operations)
            except KafkaError as error:
                # The tree may have been on that disk too. What clients are told has to be true all the same.
                logger.warning("The partitions' new leaders are not written down: %s", error)
            await self._cache.prepare_and_publish(image)

    async def allocate_producer_ids(self) -> range:
        """The next thousand producer IDs; nobody else ever gets them."""
        return await self._to_the_end(self._allocate_producer_ids())

    async def _allocate_producer_ids(self) -> range:
        async with self._turn:
            node = await self._tree.get(PRODUCER_ID_BLOCK.path)
            assert node is not None  # made at start-up
            last = PRODUCER_ID_BLOCK.decode(node.data) if node.data else None
            block = next_block(last, self._cache.image.controller_id)
            await self._write([PRODUCER_ID_BLOCK.set(block, node.stat.version)])
            return range(block.first, block.last + 1)

    async def _carry_out(self, decide: Callable[[ClusterImage], Decision[T]], *, validate_only: bool = False) -> T:
        return await self._to_the_end(self._decide_and_write(decide, validate_only))

    async def _decide_and_write(self, decide: Callable[[ClusterImage], Decision[T]], validate_only: bool) -> T:
        async with self._turn:
            self._require_active()
            decision = decide(self._cache.image)
            if not validate_only:
                await self._write(decision.operations)
                await self._cache.prepare_and_publish(decision.image)
            return decision.result

    async def _write(self, operations: Sequence[Operation]) -> None:
        check = Check(CONTROLLER_EPOCH.path, self._require_active())
        try:
            await self._tree.multi([check, *operations])
        except TreeUnavailable as error:
            raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, str(error)) from error
        except BadVersion as error:
            if error.path != CONTROLLER_EPOCH.path:
                raise
            self._epoch_version = None
            self._cache.publish(replace(self._cache.image, controller_id=-1))
            raise _not_controller() from error

    async def _to_the_end(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # who asked may be gone; an error that nobody waits for is no news

    def _require_active(self) -> int:
        if self._epoch_version is None:
            raise _not_controller()
        return self._epoch_version

    def _placement(self, image: ClusterImage) -> Placement:
        count = max(1, len(image.brokers))
        return Placement(self._random.randrange(count), self._random.randrange(count))


def _not_controller() -> KafkaError:
    return KafkaError(ErrorCode.NOT_CONTROLLER, "This is not the correct controller for this cluster.")
