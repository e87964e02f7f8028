"""A coordinator in virtual time with topics that come and go, and readers that speak the consumer protocol."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.coordinators.groups.consumer.group import ConsumerGroup, TopicShape
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse,
    TopicPartitions,
)
from unit.coordinators.group_world import Caller, World

GROUP = "readers"


@dataclass(frozen=True)
class Topic:
    topic_id: uuid.UUID
    partitions: tuple[int, ...]


@dataclass
class ConsumerWorld(World):
    """A coordinator that knows of topics and of configuration of groups."""

    topics: dict[str, TopicShape] = field(default_factory=dict)
    group_configs: dict[str, dict[str, str]] = field(default_factory=dict)

    async def start(self) -> None:
        self.coordinator = GroupCoordinator(
            self.sink,
            self.settings,
            self.clock,
            lambda: f"id{next(self.numbers)}",
            topics=lambda: self.topics,
            group_config=lambda group_id: self.group_configs.get(group_id, {}),
        )
        await self.coordinator.load(0)

    def create(self, name: str, partitions: int) -> None:
        """Make a topic, or another number of partitions for one."""
        known = self.topics.get(name)
        topic_id = uuid.UUID(int=next(self.numbers)) if known is None else known.topic_id
        self.topics = {**self.topics, name: Topic(topic_id, tuple(range(partitions)))}

    def delete(self, name: str) -> None:
        self.topics = {other: topic for other, topic in self.topics.items() if other != name}

    def partition_count(self, name: str) -> int:
        return len(self.topics[name].partitions) if name in self.topics else 0

    def fail_next(self) -> None:
        self.sink.fail_next(KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS))

    @property
    def consumer_group(self) -> ConsumerGroup | None:
        return self.state.consumer_groups.get(GROUP)


@dataclass
class Reader:
    """A member as a consumer would behave: it owns what it was given, until it gives it back."""

    FENCED_BY: ClassVar = frozenset({ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID})

    world: ConsumerWorld
    member_id: str
    topics: list[str] = field(default_factory=list)
    instance_id: str | None = None
    epoch: int = 0
    owned: set[tuple[uuid.UUID, int]] = field(default_factory=set)
    target: set[tuple[uuid.UUID, int]] = field(default_factory=set)
    must_tell_all: bool = False

    async def send(self, epoch: int, **fields: Any) -> ConsumerGroupHeartbeatResponse:
        request = ConsumerGroupHeartbeatRequest(
            group_id=GROUP, member_id=self.member_id, member_epoch=epoch, instance_id=self.instance_id, **fields
        )
        return await self.world.coordinator.consumer_group_heartbeat(request, Caller(1, self.member_id))

    async def join(self, **fields: Any) -> ConsumerGroupHeartbeatResponse:
        self.is_fenced()
        told = {"subscribed_topic_names": self.topics, "rebalance_timeout_ms": 60_000, "topic_partitions": []}
        return self.take(await self.send(0, **{**told, **fields}))

    async def beat(self, **fields: Any) -> ConsumerGroupHeartbeatResponse:
        return self.take(await self._beat(**fields))

    async def beat_unheard(self) -> None:
        """A heartbeat whose answer is lost; the next one tells everything, as clients do then."""
        await self._beat()
        self.must_tell_all = True

    async def _beat(self, **fields: Any) -> ConsumerGroupHeartbeatResponse:
        told: dict[str, Any] = {"topic_partitions": _listed(self.owned)}
        if self.must_tell_all:
            told |= {"rebalance_timeout_ms": 60_000, "subscribed_topic_names": self.topics}
        return await self.send(self.epoch, **{**told, **fields})

    async def leave(self, epoch: int = -1) -> ConsumerGroupHeartbeatResponse:
        response = await self.send(epoch)
        if response.error_code == ErrorCode.NONE:
            self.is_fenced()
        return response

    def take(self, response: ConsumerGroupHeartbeatResponse) -> ConsumerGroupHeartbeatResponse:
        """Believe an answer: use what is new at once, and give back later."""
        if response.error_code in self.FENCED_BY:
            self.is_fenced()
        elif response.error_code == ErrorCode.NONE:
            self.epoch = response.member_epoch
            self.must_tell_all = False
            if response.assignment is not None:
                self.target = {
                    (topic.topic_id, index)
                    for topic in response.assignment.topic_partitions
                    for index in topic.partitions
                }
                self.owned |= self.target
        return response

    def give_back(self) -> None:
        self.owned &= self.target

    def is_fenced(self) -> None:
        """Own nothing any more, and begin anew."""
        self.epoch, self.owned, self.target, self.must_tell_all = 0, set(), set(), False

    def indexes(self, topic: str) -> list[int]:
        """The partitions of a topic that it owns."""
        topic_id = self.world.topics[topic].topic_id
        return sorted(index for owned_id, index in self.owned if owned_id == topic_id)


def _listed(partitions: Iterable[tuple[uuid.UUID, int]]) -> list[TopicPartitions]:
    by_topic: dict[uuid.UUID, list[int]] = {}
    for topic_id, index in sorted(partitions):
        by_topic.setdefault(topic_id, []).append(index)
    return [TopicPartitions(topic_id=topic_id, partitions=indexes) for topic_id, indexes in by_topic.items()]
