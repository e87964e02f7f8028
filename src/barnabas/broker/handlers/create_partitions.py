"""CreatePartitions: give topics more partitions (KIP-195).

Behaviour
    Each topic succeeds or fails on its own; a name that stands twice in a request fails. The new partitions' logs
    exist before the answer leaves.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from barnabas.broker.context import RequestContext
from barnabas.cluster.metadata import TopicImage
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.create_partitions import (
    CreatePartitionsRequest,
    CreatePartitionsResponse,
    CreatePartitionsTopic,
    CreatePartitionsTopicResult,
)


class TopicGrower(Protocol):
    """Adds partitions."""

    async def create_partitions(
        self,
        name: str,
        count: int,
        assignments: Sequence[Sequence[int]] | None = None,
        *,
        validate_only: bool = False,
    ) -> TopicImage:
        """The topic with `count` partitions in all; raises KafkaError."""


@dataclass(frozen=True, slots=True)
class CreatePartitions:
    controller: TopicGrower

    async def __call__(self, request: CreatePartitionsRequest, context: RequestContext) -> CreatePartitionsResponse:
        count = Counter(topic.name for topic in request.topics)
        twice = KafkaError(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
        refused = [_result(name, twice) for name, times in count.items() if times > 1]
        grown = [await self._grow(topic, request.validate_only) for topic in request.topics if count[topic.name] == 1]
        return CreatePartitionsResponse(results=refused + grown)

    async def _grow(self, topic: CreatePartitionsTopic, validate_only: bool) -> CreatePartitionsTopicResult:
        assignments = None
        if topic.assignments is not None:
            assignments = [entry.broker_ids for entry in topic.assignments]
        try:
            await self.controller.create_partitions(topic.name, topic.count, assignments, validate_only=validate_only)
        except KafkaError as error:
            return _result(topic.name, error)
        return CreatePartitionsTopicResult(name=topic.name)


def _result(name: str, error: KafkaError) -> CreatePartitionsTopicResult:
    return CreatePartitionsTopicResult(name=name, error_code=error.code, error_message=error.message or None)
