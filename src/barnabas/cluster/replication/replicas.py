"""All partitions that this broker holds: follows the cluster's image, finds the leader for a request."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from barnabas.cluster.metadata import ClusterImage, ImageChange, MetadataCache, TopicImage
from barnabas.cluster.metadata.image import ConfigKind, PartitionImage
from barnabas.cluster.metadata.internal_topics import is_internal
from barnabas.cluster.replication.partition import Partition
from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition
from barnabas.storage import LogConfig, LogDirectories, PartitionLog

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """What a topic's configuration means for its replicas."""

    log_config: LogConfig
    min_insync_replicas: int


def _attainable(settings: ReplicaSettings, partition: PartitionImage) -> int:
    """`min.insync.replicas`, but no more than there are replicas at all (KIP-966)."""
    return min(settings.min_insync_replicas, len(partition.replicas))


class Replicas:
    """The partitions of one broker.

    Logs are opened and made when the image says that this broker holds a partition, and deleted when the topic is
    gone from it. A log that no topic knows is set aside: deleting needs a reason. A partition whose disk has failed is
    offline until the broker is started again with that disk (KIP-112).
    """

    def __init__(
        self,
        broker_id: int,
        log_directories: LogDirectories,
        cache: MetadataCache,
        settings_of: Callable[[ClusterImage, str], ReplicaSettings],
        clock: Clock,
    ) -> None:
        self._broker_id = broker_id
        self._logs = log_directories
        self._cache = cache
        self._settings_of = settings_of
        self._clock = clock
        self._partitions: dict[tuple[str, int], Partition] = {}
        self._offline: set[TopicPartition] = set()
        self._has_started = False
        self._shortened: list[Partition] = []
        self.is_closing = False
        for topic in cache.image.topics.values():
            self._take_on(topic, cache.image)
        cache.prepare_with(self._make_logs)
        self._unsubscribe = cache.subscribe(self._image_changed)

    def __iter__(self) -> Iterator[Partition]:
        return iter(tuple(self._partitions.values()))

    @property
    def log_directories(self) -> LogDirectories:
        """Where the logs lie."""
        return self._logs

    def leader(self, topic: str, partition: int) -> Partition:
        """The partition, led here.

        Raises KafkaError UNKNOWN_TOPIC_OR_PARTITION when the cluster has no such partition, KAFKA_STORAGE_ERROR when
        its disk has failed, and NOT_LEADER_OR_FOLLOWER when another broker leads it.
        """
        found = self._partitions.get((topic, partition))
        if found is not None:
            return found
        if (topic, partition) in self._offline:
            raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR)
        if self._cache.image.partition(TopicPartition(topic, partition)) is None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        raise KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER)

    def topic_name(self, topic_id: uuid.UUID) -> str | None:
        return self._cache.image.topic_names.get(topic_id)

    def is_internal(self, topic: str) -> bool:
        return is_internal(topic)

    def set_strays_aside(self) -> int:
        """Take the logs that no topic claims out of sight, as Kafka does (`-stray`), and keep them; returns how many.

        For a thread, once the image is that of the whole cluster. A cluster without any topic claims nothing because
        its tree is new, and Kafka's own topics are never taken for forgotten: those logs are left where they are.
        """
        strays = [name for name in self._logs.logs if name not in self._partitions and name not in self._offline]
        if not strays:
            return 0
        if not any(not is_internal(name) for name in self._cache.image.topics):
            told = ", ".join(map(str, strays[:10]))
            log.warning("%d logs belong to no topic and are left alone: %s", len(strays), told)
            return 0
        strays = [name for name in strays if not is_internal(name.topic)]
        for name in strays:
            with contextlib.suppress(KafkaError):  # the disk has spoken for itself
                log.warning(
                    "Log for partition %s is marked as stray and renamed to %s", name, self._logs.set_aside(name)
                )
        return len(strays)

    def high_watermarks(self) -> dict[TopicPartition, int]:
        return {partition.topic_partition: partition.high_watermark.value for partition in self}

    def delete_old_segments(self) -> int:
        """Apply retention to every log, in a thread; then comes `tell_moved_starts`. Returns how many segments went."""
        now_ms = self._clock.now_ms()
        deleted = 0
        for partition in self:
            with contextlib.suppress(KafkaError):  # a failed disk takes its directory offline; the others go on
                count = partition.log.delete_old_segments(now_ms, high_watermark=partition.high_watermark.value)
                if count:
                    self._shortened.append(partition)
                    deleted += count
        return deleted

    def tell_moved_starts(self) -> None:
        """Let readers know whose logs retention has shortened; on the event loop."""
        shortened, self._shortened = self._shortened, []
        for partition in shortened:
            partition.tell_change()

    def expire_producers(self) -> int:
        """Forget idempotent producers that have been silent for too long; returns how many."""
        now_ms = self._clock.now_ms()
        return sum(partition.log.expire_producers(now_ms) for partition in self)

    @property
    def offline(self) -> frozenset[TopicPartition]:
        """The partitions whose disk has failed."""
        return frozenset(self._offline)

    def take_offline(self, lost: Iterable[TopicPartition]) -> list[TopicPartition]:
        """The disk of these partitions has failed: whoever waits for them is told; returns those that were led."""
        taken = []
        for name in lost:
            partition = self._partitions.pop(name, None)
            if partition is not None:
                self._offline.add(name)
                partition.stop(KafkaError(ErrorCode.KAFKA_STORAGE_ERROR))
                taken.append(name)
        return taken

    async def finish_flushing(self) -> None:
        """Until no acknowledgement waits for a flush any more."""
        while flushing := [partition.flushing for partition in self if partition.flushing is not None]:
            await asyncio.wait(flushing)

    def close(self) -> None:
        """Let every long poll answer with what there is; appends go on until the logs are closed."""
        self.is_closing = True
        self._unsubscribe()
        for partition in self._partitions.values():
            partition.wake_all()

    def _image_changed(self, change: ImageChange) -> None:
        for topic in change.deleted_topics():
            self._let_go(topic)
        for topic in change.created_topics():
            self._take_on(topic, change.after)
        for _, topic in change.changed_topics():
            self._take_on(topic, change.after)
        self._has_started = True
        for resource in change.changed_configs():
            if resource.kind == ConfigKind.TOPIC:
                self._reconfigure(resource.name)
            elif resource.kind == ConfigKind.BROKER:
                for name in {topic for topic, _ in self._partitions}:
                    self._reconfigure(name)

    async def _make_logs(self, change: ImageChange) -> None:
        """Make the logs that a change will need, in a thread: a thousand directories take a moment."""
        topics = [*change.created_topics(), *(topic for _, topic in change.changed_topics())]
        wanted = [
            (
                TopicPartition(topic.name, index),
                topic.topic_id,
                self._settings_of(change.after, topic.name).log_config,
                image.leader_epoch,
            )
            for topic in topics
            for index, image in enumerate(topic.partitions)
            if self._broker_id in image.replicas
        ]
        present = self._logs.logs
        missing = [entry for entry in wanted if entry[0] not in present and not self._is_lost(entry[0])]
        if missing:
            await asyncio.to_thread(self._create_logs, missing)

    def _create_logs(self, wanted: list[tuple[TopicPartition, uuid.UUID, LogConfig, int]]) -> None:
        for topic_partition, topic_id, config, leader_epoch in wanted:
            with contextlib.suppress(KafkaError):  # of a disk; what became of it is found out when it is taken on
                self._logs.create_log(topic_partition, topic_id, config).assign_leader_epoch(leader_epoch)

    def _is_lost(self, topic_partition: TopicPartition) -> bool:
        """Whether a partition without a log may have one on a disk that is offline.

        Only what is found missing at the start; what is made later never lay there.
        """
        if topic_partition in self._offline:
            return True
        return not self._has_started and bool(self._logs.offline) and topic_partition not in self._logs.logs

    def _take_on(self, topic: TopicImage, image: ClusterImage) -> None:
        settings = self._settings_of(image, topic.name)
        for index, partition in enumerate(topic.partitions):
            if self._broker_id not in partition.replicas or (topic.name, index) in self._partitions:
                continue
            topic_partition = TopicPartition(topic.name, index)
            if self._is_lost(topic_partition):
                self._offline.add(topic_partition)
                continue
            try:
                held = self._hold(topic_partition, topic.topic_id, settings.log_config)
                # Before the first batch, so that the epoch of an empty log is known too (KIP-101).
                if partition.leader_epoch > held.latest_leader_epoch:
                    held.assign_leader_epoch(partition.leader_epoch)
            except KafkaError as error:
                if error.code is not ErrorCode.KAFKA_STORAGE_ERROR:
                    raise
                self._offline.add(topic_partition)
                continue
            self._partitions[topic_partition] = Partition(
                held,
                self._clock,
                leader_epoch=partition.leader_epoch,
                min_insync_replicas=_attainable(settings, partition),
            )

    def _hold(self, topic_partition: TopicPartition, topic_id: uuid.UUID, config: LogConfig) -> PartitionLog:
        """The log of that topic, made if there is none."""
        held = self._logs.logs.get(topic_partition)
        if held is not None and held.topic_id not in (ZERO_UUID, topic_id):
            # A topic of the same name was deleted while this broker was down (KIP-516).
            log.warning("%s belongs to a deleted topic of that name; its files are removed", topic_partition)
            self._logs.delete_log(topic_partition)
            held = None
        if held is None:
            return self._logs.create_log(topic_partition, topic_id, config)
        held.assign_topic_id(topic_id)
        held.config = config
        return held

    def _let_go(self, topic: TopicImage) -> None:
        for index in range(len(topic.partitions)):
            self._offline.discard(TopicPartition(topic.name, index))
            partition = self._partitions.pop((topic.name, index), None)
            if partition is not None:
                partition.stop(KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
                with contextlib.suppress(KafkaError):  # of a disk: the files stay there, and are strays when it is back
                    self._logs.delete_log(partition.topic_partition)

    def _reconfigure(self, topic: str) -> None:
        image = self._cache.image.topics.get(topic)
        if image is None:
            return
        settings = self._settings_of(self._cache.image, topic)
        for index in range(len(image.partitions)):
            partition = self._partitions.get((topic, index))
            if partition is not None:
                partition.log.config = settings.log_config
                partition.min_insync_replicas = _attainable(settings, image.partitions[index])
