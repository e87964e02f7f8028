"""FindCoordinator: which broker coordinates a group.

Behaviour
    The leader of the partition of `__consumer_offsets` that a group's name falls on. The topic is made when first
    asked for. Transactional IDs have no coordinator in this version: COORDINATOR_NOT_AVAILABLE, as in Kafka while
    `__transaction_state` has no leader. Share groups: INVALID_REQUEST, as in Kafka with share groups switched off.
Versions
    v0-3  one key; v1 key types and error messages, where success reads "NONE"
    v4    several keys (KIP-699); error messages are mostly empty, not null
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from barnabas.broker.context import RequestContext
from barnabas.broker.handlers.metadata import TopicCreator
from barnabas.cluster.metadata import GROUP_OFFSETS_TOPIC, Endpoint, MetadataCache, coordinator_partition
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.find_coordinator import (
    Coordinator,
    FindCoordinatorRequest,
    FindCoordinatorResponse,
)

SINGLE_KEY_MESSAGES: Final = {
    ErrorCode.NONE: "NONE",
    ErrorCode.COORDINATOR_NOT_AVAILABLE: "The coordinator is not available.",
    ErrorCode.INVALID_REQUEST: (
        "This most likely occurs because of a request being malformed by the client library or the message was sent to "
        "an incompatible broker. See the broker logs for more details."
    ),
}


class KeyType(IntEnum):
    """What a key names."""

    GROUP = 0
    TRANSACTION = 1
    SHARE = 2


@dataclass(frozen=True, slots=True)
class FindCoordinator:
    cache: MetadataCache
    topics: TopicCreator

    async def __call__(self, request: FindCoordinatorRequest, context: RequestContext) -> FindCoordinatorResponse:
        if context.api_version >= 4:
            found = [await self._find(key, request.key_type, context.listener_name) for key in request.coordinator_keys]
            return FindCoordinatorResponse(coordinators=found)
        coordinator = await self._find(request.key, request.key_type, context.listener_name)
        return FindCoordinatorResponse(
            error_code=coordinator.error_code,
            error_message=SINGLE_KEY_MESSAGES[ErrorCode(coordinator.error_code)],
            node_id=coordinator.node_id,
            host=coordinator.host,
            port=coordinator.port,
        )

    async def _find(self, key: str, key_type: int, listener_name: str) -> Coordinator:
        if key_type == KeyType.TRANSACTION:
            return _none(key, ErrorCode.COORDINATOR_NOT_AVAILABLE)
        if key_type == KeyType.SHARE:
            return _none(key, ErrorCode.INVALID_REQUEST)
        if key_type != KeyType.GROUP:
            return _none(key, ErrorCode.INVALID_REQUEST, SINGLE_KEY_MESSAGES[ErrorCode.INVALID_REQUEST])
        try:
            leader = await self._leader_for_group(key, listener_name)
        except KafkaError:
            leader = None  # the topic can't be made now; the client asks again
        if leader is None:
            return _none(key, ErrorCode.COORDINATOR_NOT_AVAILABLE)
        broker_id, endpoint = leader
        return Coordinator(key=key, node_id=broker_id, host=endpoint.host, port=endpoint.port, error_message="")

    async def _leader_for_group(self, group_id: str, listener_name: str) -> tuple[int, Endpoint] | None:
        topic = self.cache.image.topics.get(GROUP_OFFSETS_TOPIC)
        if topic is None:
            topic = await self.topics.auto_create(GROUP_OFFSETS_TOPIC)
        partition = topic.partitions[coordinator_partition(group_id, len(topic.partitions))]
        broker = self.cache.image.brokers.get(partition.leader)
        endpoint = None if broker is None else broker.endpoint(listener_name)
        return None if endpoint is None else (partition.leader, endpoint)


def _none(key: str, code: ErrorCode, text: str = "") -> Coordinator:
    return Coordinator(key=key, node_id=-1, host="", port=-1, error_code=code, error_message=text)
