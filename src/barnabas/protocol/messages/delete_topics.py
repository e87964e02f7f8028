"""DeleteTopics: up to version 5 by `topic_names`, since version 6 by name or ID in `topics`."""

import uuid
from typing import Final

from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.wire import Api, Int16, Int32, field, struct


@struct
class DeleteTopicState:
    """A topic by name or by ID."""

    name: str | None = None
    topic_id: uuid.UUID = ZERO_UUID


@struct
class DeleteTopicsRequest:
    """Topics to delete."""

    topics: list[DeleteTopicState] = field(default_factory=list, versions="6+")
    topic_names: list[str] = field(default_factory=list, versions="0-5", ignorable=True)
    timeout_ms: Int32 = 0


@struct
class DeletableTopicResult:
    """The outcome for one topic."""

    name: str | None = field(default="", nullable="6+")
    topic_id: uuid.UUID = field(default=ZERO_UUID, versions="6+", ignorable=True)
    error_code: Int16 = 0
    error_message: str | None = field(default=None, versions="5+", ignorable=True)


@struct
class DeleteTopicsResponse:
    """The outcome per topic."""

    throttle_time_ms: Int32 = 0
    responses: list[DeletableTopicResult] = field(default_factory=list)


DELETE_TOPICS: Final = Api(20, DeleteTopicsRequest, DeleteTopicsResponse, versions="1-6", flexible="4+")
