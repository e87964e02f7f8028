"""Which coordinators this broker runs: one for each partition of `__consumer_offsets` that it leads."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from barnabas.cluster.metadata import GROUP_OFFSETS_TOPIC, ImageChange, MetadataCache
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.foundation.errors import ErrorCode, KafkaError

log = logging.getLogger(__name__)


class OffsetCoordinators:
    """Follows the cluster's image: loads a coordinator where this broker leads, forgets offsets of deleted topics."""

    def __init__(self, broker_id: int, groups: GroupCoordinator, cache: MetadataCache) -> None:
        self._broker_id = broker_id
        self._groups = groups
        self._cache = cache
        self._running: set[int] = set()
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe = cache.subscribe(self._image_changed)

    async def load_all(self) -> None:
        """Load every coordinator of this broker, as at start."""
        self._follow()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def close(self) -> None:
        """Stop them all; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._unsubscribe()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._groups.close()

    def _image_changed(self, change: ImageChange) -> None:
        self._follow()
        deleted = [topic.name for topic in change.deleted_topics() if topic.name not in change.after.topics]
        if deleted:
            self._start(self._forget_offsets(deleted), "forget offsets of deleted topics")

    def _follow(self) -> None:
        """Make the coordinators that run those that should."""
        topic = self._cache.image.topics.get(GROUP_OFFSETS_TOPIC)
        partitions = () if topic is None else topic.partitions
        led = {index for index, partition in enumerate(partitions) if partition.leader == self._broker_id}
        for partition in sorted(led - self._running):
            self._start(self._load(partition), f"load coordinator {partition}")
        for partition in sorted(self._running - led):
            self._start(self._groups.unload(partition), f"unload coordinator {partition}")
        self._running = led

    async def _load(self, partition: int) -> None:
        try:
            await self._groups.load(partition)
        except KafkaError as error:
            # Of a disk that refuses the log directory has spoken already.
            if error.code not in (ErrorCode.NOT_COORDINATOR, ErrorCode.KAFKA_STORAGE_ERROR):
                log.exception("The coordinator of %s-%d cannot be loaded", GROUP_OFFSETS_TOPIC, partition)

    async def _forget_offsets(self, topics: list[str]) -> None:
        await self._groups.on_topics_deleted(topics)

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        async def owned() -> None:
            try:
                await work
            finally:
                task = asyncio.current_task()
                if task is not None:
                    self._tasks.discard(task)

        self._tasks.add(asyncio.get_running_loop().create_task(owned(), name=name))
