"""DeleteTopics: remove topics, by name or by ID.

Behaviour
    Each topic succeeds or fails on its own. Whoever is named twice, be it once by name and once by ID, fails.
    A deleted topic's logs are out of reach before the answer leaves.
Versions
    v1-5  a list of names; v3 TOPIC_DELETION_DISABLED, before it INVALID_REQUEST; v5 messages; v6 IDs
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from barnabas.broker.context import RequestContext
from barnabas.cluster.metadata import MetadataCache, TopicImage
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages.delete_topics import (
    DeletableTopicResult,
    DeleteTopicsRequest,
    DeleteTopicsResponse,
    DeleteTopicState,
)


class TopicDeleter(Protocol):
    """Removes topics."""

    async def delete_topic(self, name: str | None = None, topic_id: uuid.UUID | None = None) -> TopicImage:
        """The topic that is gone, given by name or by ID; raises KafkaError."""


@dataclass(frozen=True, slots=True)
class DeleteTopics:
    controller: TopicDeleter
    cache: MetadataCache

    async def __call__(self, request: DeleteTopicsRequest, context: RequestContext) -> DeleteTopicsResponse:
        asked = request.topics
        if context.api_version < 6:
            asked = [DeleteTopicState(name=name) for name in request.topic_names]
        refused = list(self._refused(asked))
        names = {result.name for result in refused if result.name is not None}
        ids = {result.topic_id for result in refused if result.topic_id != ZERO_UUID}
        results = [
            await self._delete(topic, context.api_version)
            for topic in asked
            if topic.name not in names and topic.topic_id not in ids and topic != DeleteTopicState()
        ]
        return DeleteTopicsResponse(responses=results + refused)

    def _refused(self, asked: list[DeleteTopicState]) -> Iterator[DeletableTopicResult]:
        """What is wrong with the question itself."""
        count = Counter((topic.name, topic.topic_id) for topic in asked)
        ids = {topic.topic_id for topic in asked if topic.name is None}
        for (name, topic_id), times in count.items():
            known = self.cache.image.topics.get(name or "")
            if name is None and topic_id == ZERO_UUID:
                yield _refusal(None, ZERO_UUID, "Neither topic name nor id were specified.")
            elif name is not None and topic_id != ZERO_UUID:
                yield _refusal(name, topic_id, "You may not specify both topic name and topic id.")
            elif times > 1:
                yield _refusal(name, topic_id, "Duplicate topic id." if name is None else "Duplicate topic name.")
            elif known is not None and known.topic_id in ids:
                text = "The provided topic name maps to an ID that was already supplied."
                yield _refusal(name, known.topic_id, text)

    async def _delete(self, topic: DeleteTopicState, api_version: int) -> DeletableTopicResult:
        try:
            if topic.name is not None:
                gone = await self.controller.delete_topic(name=topic.name)
            else:
                gone = await self.controller.delete_topic(topic_id=topic.topic_id)
        except KafkaError as error:
            code = error.code
            if code is ErrorCode.TOPIC_DELETION_DISABLED and api_version < 3:
                code = ErrorCode.INVALID_REQUEST
            return DeletableTopicResult(
                name=topic.name, topic_id=topic.topic_id, error_code=code, error_message=error.message or None
            )
        return DeletableTopicResult(name=gone.name, topic_id=gone.topic_id, error_code=ErrorCode.NONE)


def _refusal(name: str | None, topic_id: uuid.UUID, text: str) -> DeletableTopicResult:
    code = ErrorCode.INVALID_REQUEST
    return DeletableTopicResult(name=name, topic_id=topic_id, error_code=code, error_message=text)
