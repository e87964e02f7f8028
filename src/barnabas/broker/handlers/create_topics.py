"""CreateTopics: make topics, or try whether they could be made.

Behaviour
    Each topic succeeds or fails on its own; a name that stands twice in a request fails. A made topic's logs exist
    before the answer leaves, so the time limit of the request never matters.
Versions
    v4  -1 for the broker's number of partitions or replicas (KIP-464)
    v5  tells the topic's partitions, replicas and whole configuration (KIP-525)
    v7  tells the topic's ID
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from barnabas.broker.context import RequestContext
from barnabas.cluster.controller import NewTopic
from barnabas.cluster.metadata import TopicImage
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.create_topics import (
    CreatableTopic,
    CreatableTopicConfigs,
    CreatableTopicResult,
    CreateTopicsRequest,
    CreateTopicsResponse,
)


class ConfigValue(NamedTuple):
    """One option of a topic as it holds."""

    name: str
    value: str | None
    read_only: bool
    source: int
    is_sensitive: bool


class TopicConfigs(Protocol):
    """Knows every option of a topic."""

    def describe(self, overrides: Mapping[str, str]) -> Sequence[tuple[str, str | None, bool, int, bool]]:
        """Every option as it holds under these overrides, in the order of `ConfigValue`."""


class TopicMaker(Protocol):
    """Makes topics."""

    async def create_topic(self, wish: NewTopic, *, validate_only: bool = False) -> TopicImage:
        """The topic as it was, or would be, made; raises KafkaError."""


@dataclass(frozen=True, slots=True)
class CreateTopics:
    controller: TopicMaker
    configs: TopicConfigs

    async def __call__(self, request: CreateTopicsRequest, context: RequestContext) -> CreateTopicsResponse:
        count = Counter(topic.name for topic in request.topics)
        results = [
            await self._create(topic, request.validate_only) for topic in request.topics if count[topic.name] == 1
        ]
        twice = KafkaError(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
        results += [_failure(name, twice) for name, times in count.items() if times > 1]
        return CreateTopicsResponse(topics=results)

    async def _create(self, topic: CreatableTopic, validate_only: bool) -> CreatableTopicResult:
        wish = NewTopic(
            name=topic.name,
            partition_count=topic.num_partitions,
            replication_factor=topic.replication_factor,
            assignments=tuple((entry.partition_index, tuple(entry.broker_ids)) for entry in topic.assignments),
            configs={entry.name: entry.value for entry in topic.configs},
        )
        try:
            made = await self.controller.create_topic(wish, validate_only=validate_only)
        except KafkaError as error:
            return _failure(topic.name, error)
        overrides = {name: value for name, value in wish.configs.items() if value is not None}
        return CreatableTopicResult(
            name=made.name,
            topic_id=made.topic_id,
            error_code=ErrorCode.NONE,
            error_message=None,
            num_partitions=len(made.partitions),
            replication_factor=len(made.partitions[0].replicas),
            configs=[_config(ConfigValue(*entry)) for entry in self.configs.describe(overrides)],
        )


def _config(entry: ConfigValue) -> CreatableTopicConfigs:
    return CreatableTopicConfigs(
        name=entry.name,
        value=entry.value,
        read_only=entry.read_only,
        config_source=entry.source,
        is_sensitive=entry.is_sensitive,
    )


def _failure(name: str, error: KafkaError) -> CreatableTopicResult:
    return CreatableTopicResult(name=name, error_code=error.code, error_message=error.message or None, configs=[])
