"""A broker's data path without sockets: logs on a disk in memory, an image made by hand, every answer encoded."""

import itertools
import uuid
from typing import Any

from barnabas.broker.context import RequestContext
from barnabas.broker.fetch_sessions import FetchSessions
from barnabas.broker.handlers.fetch import Fetch
from barnabas.broker.handlers.list_offsets import ListOffsets
from barnabas.broker.handlers.produce import Produce
from barnabas.cluster.metadata import ClusterImage, MetadataCache
from barnabas.cluster.metadata.image import PartitionImage, TopicImage
from barnabas.cluster.replication import Replicas
from barnabas.cluster.replication.replicas import ReplicaSettings
from barnabas.foundation.clock import ManualClock
from barnabas.protocol.messages.fetch import FETCH, FetchPartition, FetchRequest, FetchResponse, FetchTopic
from barnabas.protocol.messages.produce import (
    PRODUCE,
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
)
from barnabas.protocol.records import NewRecord, build_batch
from barnabas.storage import LogConfig, LogDirectories
from barnabas.testing.memory_filesystem import MemoryFileSystem

NOW_MS = 1_700_000_000_000
ORDERS_ID = uuid.UUID(int=1)


def topic(name: str, topic_id: uuid.UUID, partitions: int = 1, leader_epoch: int = 3) -> TopicImage:
    """Replicas here and on a broker that is not in sync."""
    return TopicImage(name, topic_id, (PartitionImage((1, 2), (1,), 1, leader_epoch),) * partitions)


def batch(*values: bytes, **header: Any) -> memoryview:
    """Writable, as a frame lends it."""
    return memoryview(build_batch([NewRecord(None, value, NOW_MS) for value in values], **header))


class DataRoom:
    """`orders` with two partitions, led in epoch 3."""

    def __init__(self, *, min_insync_replicas: int = 1, config: LogConfig | None = None) -> None:
        self.clock = ManualClock(NOW_MS)
        self.config = config or LogConfig()
        self.min_insync_replicas = min_insync_replicas
        self.filesystem = MemoryFileSystem()
        self.logs = LogDirectories.open(("/data",), defaults=self.config, filesystem=self.filesystem, clock=self.clock)
        self.cache = MetadataCache(ClusterImage("c").with_topic(topic("orders", ORDERS_ID, 2)))
        self.replicas = Replicas(1, self.logs, self.cache, self._settings, self.clock)
        ids = itertools.count(1)
        self.produce = Produce(self.replicas)
        self.fetch = Fetch(self.replicas, FetchSessions(self.clock, lambda: next(ids)), 1 << 20)
        self.list_offsets = ListOffsets(self.replicas)

    def _settings(self, image: ClusterImage, name: str) -> ReplicaSettings:
        return ReplicaSettings(self.config, self.min_insync_replicas)

    def send(
        self,
        records: memoryview | None,
        *,
        name: str = "orders",
        topic_id: uuid.UUID = ORDERS_ID,
        partition: int = 0,
        acks: int = -1,
        version: int = 11,
        transactional_id: str | None = None,
    ) -> PartitionProduceResponse:
        """The answer for the one partition, after it was encoded in that version."""
        data = [PartitionProduceData(index=partition, records=records)]
        request = ProduceRequest(
            transactional_id=transactional_id,
            acks=acks,
            timeout_ms=1000,
            topic_data=[TopicProduceData(name=name, topic_id=topic_id, partition_data=data)],
        )
        response = self.produce(request, context(version))
        assert isinstance(response, ProduceResponse)
        PRODUCE.response_codec(version).encode(response)
        return response.responses[0].partition_responses[0]

    def ask(self, *wanted: tuple[int, int], version: int = 12, **more: Any) -> Any:
        """What the fetch handler returns for (partition, offset) pairs: a response, or a coroutine that waits."""
        partitions = [
            FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=1 << 20)
            for partition, offset in wanted
        ]
        topics = [FetchTopic(topic="orders", topic_id=ORDERS_ID, partitions=partitions)] if partitions else []
        return self.fetch(FetchRequest(topics=topics, **more), context(version))

    def fetch_now(self, *wanted: tuple[int, int], version: int = 12, **more: Any) -> FetchResponse:
        """A fetch that need not wait."""
        response = self.ask(*wanted, version=version, **more)
        assert isinstance(response, FetchResponse)
        FETCH.response_codec(version).encode_parts(response)
        return response


def context(version: int) -> RequestContext:
    return RequestContext(version, "client", "/127.0.0.1", 1)
