"""All partitions that this broker holds: follows the cluster's image, finds the leader for a request."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from barnabas.cluster.metadata import ClusterImage, ImageChange, MetadataCache, TopicImage
from barnabas.cluster.metadata.image import ConfigKind, PartitionImage
from barnabas.cluster.metadata.internal_topics import is_internal
from barnabas.cluster.replication.partition import Partition
from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition
from barnabas.storage import LogConfig, LogDirectory

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
    gone from it. A log that no topic knows is left alone: deleting needs a reason.
    """

    def __init__(
        self,
        broker_id: int,
        log_directory: LogDirectory,
        cache: MetadataCache,
        settings_of: Callable[[ClusterImage, str], ReplicaSettings],
        clock: Clock,
    ) -> None:
        self._broker_id = broker_id
        self._log_directory = log_directory
        self._cache = cache
        self._settings_of = settings_of
        self._clock = clock
        self._partitions: dict[tuple[str, int], Partition] = {}
        self.is_closing = False
        for topic in cache.image.topics.values():
            self._take_on(topic, cache.image)
        cache.prepare_with(self._make_logs)
        self._unsubscribe = cache.subscribe(self._image_changed)

    def __iter__(self) -> Iterator[Partition]:
        return iter(tuple(self._partitions.values()))

    def leader(self, topic: str, partition: int) -> Partition:
        """The partition, led here.

        Raises KafkaError UNKNOWN_TOPIC_OR_PARTITION when the cluster has no such partition, and
        NOT_LEADER_OR_FOLLOWER when another broker leads it.
        """
        found = self._partitions.get((topic, partition))
        if found is not None:
            return found
        if self._cache.image.partition(TopicPartition(topic, partition)) is None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        raise KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER)

    def topic_name(self, topic_id: uuid.UUID) -> str | None:
        return self._cache.image.topic_names.get(topic_id)

    def is_internal(self, topic: str) -> bool:
        return is_internal(topic)

    def report_strays(self) -> None:
        """Say which logs no topic claims; they are left alone, because deleting needs a reason."""
        strays = [str(name) for name in self._log_directory.logs if name not in self._partitions]
        if strays:
            log.warning("%d logs belong to no topic and are left alone: %s", len(strays), ", ".join(strays[:10]))

    def high_watermarks(self) -> dict[TopicPartition, int]:
        return {partition.topic_partition: partition.high_watermark.value for partition in self}

    def delete_old_segments(self) -> int:
        """Apply retention to every log; for a thread. Returns how many segments went."""
        now_ms = self._clock.now_ms()
        return sum(
            partition.log.delete_old_segments(now_ms, high_watermark=partition.high_watermark.value)
            for partition in self
        )

    def expire_producers(self) -> int:
        """Forget idempotent producers that have been silent for too long; returns how many."""
        now_ms = self._clock.now_ms()
        return sum(partition.log.expire_producers(now_ms) for partition in self)

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
        missing = [entry for entry in wanted if entry[0] not in self._log_directory.logs]
        if missing:
            await asyncio.to_thread(self._create_logs, missing)

    def _create_logs(self, wanted: list[tuple[TopicPartition, uuid.UUID, LogConfig, int]]) -> None:
        for topic_partition, topic_id, config, leader_epoch in wanted:
            self._log_directory.create_log(topic_partition, topic_id, config).assign_leader_epoch(leader_epoch)

    def _take_on(self, topic: TopicImage, image: ClusterImage) -> None:
        settings = self._settings_of(image, topic.name)
        for index, partition in enumerate(topic.partitions):
            if self._broker_id not in partition.replicas or (topic.name, index) in self._partitions:
                continue
            topic_partition = TopicPartition(topic.name, index)
            held = self._log_directory.logs.get(topic_partition)
            if held is not None and held.topic_id not in (ZERO_UUID, topic.topic_id):
                # A topic of the same name was deleted while this broker was down (KIP-516).
                log.warning("%s belongs to a deleted topic of that name; its files are removed", topic_partition)
                self._log_directory.delete_log(topic_partition)
                held = None
            if held is None:
                held = self._log_directory.create_log(topic_partition, topic.topic_id, settings.log_config)
            else:
                held.assign_topic_id(topic.topic_id)
                held.config = settings.log_config
            # Before the first batch, so that the epoch of an empty log is known too (KIP-101).
            if partition.leader_epoch > held.latest_leader_epoch:
                held.assign_leader_epoch(partition.leader_epoch)
            self._partitions[topic_partition] = Partition(
                held,
                self._clock,
                leader_epoch=partition.leader_epoch,
                min_insync_replicas=_attainable(settings, partition),
            )

    def _let_go(self, topic: TopicImage) -> None:
        for index in range(len(topic.partitions)):
            partition = self._partitions.pop((topic.name, index), None)
            if partition is not None:
                partition.stop(KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
                self._log_directory.delete_log(partition.topic_partition)

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
