"""Metadata: which brokers there are, and who leads each partition. Every client's first question.

Behaviour
    Tells the addresses of the listener that the question came in on. A topic that does not exist is made, if the
    broker and the client allow it, before the answer leaves. Kafka makes it afterwards and lets the client ask
    again; clients can't tell the difference, except that they start sooner.
Versions
    v0  an empty list of topics means all; v1 null means all and an empty list none
    v4  a client may forbid that topics are made
    v6  LISTENER_NOT_FOUND when the leader is not reachable by this listener, before LEADER_NOT_AVAILABLE
    v8  authorized operations (v11 leaves those of the cluster to DescribeCluster)
    v10 topic IDs in the answer; v12 in the question: if one topic is asked for by ID, all are
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from barnabas.broker.context import RequestContext
from barnabas.broker.handlers.authorized_operations import CLUSTER_OPERATIONS, NOT_ASKED, TOPIC_OPERATIONS
from barnabas.broker.handlers.partition_view import offline_replicas, view_partition
from barnabas.cluster.controller import fault_of_name
from barnabas.cluster.metadata import ClusterImage, MetadataCache, PartitionImage, TopicImage, is_internal
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages.metadata import (
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)


class TopicCreator(Protocol):
    """Makes topics that somebody merely mentioned."""

    async def auto_create(self, name: str) -> TopicImage:
        """The topic, made with the broker's defaults if it is missing; raises KafkaError when that can't be."""


@dataclass(frozen=True, slots=True)
class Metadata:
    cache: MetadataCache
    topics: TopicCreator
    auto_create_enabled: bool
    """`auto.create.topics.enable`"""

    async def __call__(self, request: MetadataRequest, context: RequestContext) -> MetadataResponse:
        asked = request.topics
        if asked is not None and _ids_are_misplaced(asked, context.api_version):
            return _refuse(asked)
        if asked is None or (context.api_version == 0 and not asked):
            image = self.cache.image
            found = [_describe(image, topic, context) for topic in image.topics.values()]
        elif any(topic.topic_id != ZERO_UUID for topic in asked):
            image = self.cache.image
            found = [_by_id(image, topic, context) for topic in asked]
        else:
            names = list(dict.fromkeys(topic.name or "" for topic in asked))
            if self.auto_create_enabled and request.allow_auto_topic_creation:
                await self._create_missing(names)
            image = self.cache.image
            found = [_by_name(image, name, context) for name in names]
        if request.include_topic_authorized_operations:
            for topic in found:
                if topic.error_code == ErrorCode.NONE:
                    topic.topic_authorized_operations = TOPIC_OPERATIONS
        return MetadataResponse(
            brokers=_brokers(image, context.listener_name),
            cluster_id=image.cluster_id,
            controller_id=image.controller_id,
            topics=found,
            cluster_authorized_operations=(
                CLUSTER_OPERATIONS if request.include_cluster_authorized_operations else NOT_ASKED
            ),
        )

    async def _create_missing(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.cache.image.topics and fault_of_name(name) is None:
                try:
                    await self.topics.auto_create(name)
                except KafkaError:
                    continue  # the client is told that the topic does not exist, and may ask again


def _brokers(image: ClusterImage, listener_name: str) -> list[MetadataResponseBroker]:
    brokers = []
    for broker in image.brokers.values():
        endpoint = broker.endpoint(listener_name)
        if endpoint is not None:
            entry = MetadataResponseBroker(
                node_id=broker.broker_id, host=endpoint.host, port=endpoint.port, rack=broker.rack
            )
            brokers.append(entry)
    return brokers


def _by_name(image: ClusterImage, name: str, context: RequestContext) -> MetadataResponseTopic:
    topic = image.topics.get(name)
    if topic is not None:
        return _describe(image, topic, context)
    wrong_name = fault_of_name(name) is not None
    code = ErrorCode.INVALID_TOPIC_EXCEPTION if wrong_name else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return MetadataResponseTopic(error_code=code, name=name, is_internal=is_internal(name))


def _by_id(image: ClusterImage, asked: MetadataRequestTopic, context: RequestContext) -> MetadataResponseTopic:
    topic = image.topic_by_id(asked.topic_id)
    if topic is None:
        return MetadataResponseTopic(error_code=ErrorCode.UNKNOWN_TOPIC_ID, name=None, topic_id=asked.topic_id)
    return _describe(image, topic, context)


def _describe(image: ClusterImage, topic: TopicImage, context: RequestContext) -> MetadataResponseTopic:
    return MetadataResponseTopic(
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=is_internal(topic.name),
        partitions=[
            _describe_partition(image, index, partition, context) for index, partition in enumerate(topic.partitions)
        ],
    )


def _describe_partition(
    image: ClusterImage, index: int, partition: PartitionImage, context: RequestContext
) -> MetadataResponsePartition:
    view = view_partition(image, partition, context.listener_name)
    error = view.error
    if error is ErrorCode.LISTENER_NOT_FOUND and context.api_version < 6:
        error = ErrorCode.LEADER_NOT_AVAILABLE
    replicas, isr = list(partition.replicas), list(partition.isr)
    if context.api_version == 0:  # the oldest clients look up every broker that is named, and fail on a dead one
        dead = offline_replicas(image, partition, context.listener_name)
        if dead and error is ErrorCode.NONE:
            error = ErrorCode.REPLICA_NOT_AVAILABLE
        replicas = [broker for broker in replicas if broker not in dead]
        isr = [broker for broker in isr if broker not in dead]
    return MetadataResponsePartition(
        error_code=error,
        partition_index=index,
        leader_id=view.leader,
        leader_epoch=partition.leader_epoch,
        replica_nodes=replicas,
        isr_nodes=isr,
        offline_replicas=view.offline_replicas,
    )


def _ids_are_misplaced(topics: Sequence[MetadataRequestTopic], api_version: int) -> bool:
    """Versions 10 and 11 carry IDs that no broker ever understood; and a topic without name and ID is no topic."""
    if api_version < 12 and any(topic.topic_id != ZERO_UUID for topic in topics):
        return True
    return any(topic.name is None and topic.topic_id == ZERO_UUID for topic in topics)


def _refuse(topics: Sequence[MetadataRequestTopic]) -> MetadataResponse:
    code = ErrorCode.INVALID_REQUEST
    return MetadataResponse(
        error_code=code,
        topics=[
            MetadataResponseTopic(error_code=code, name=topic.name or "", topic_id=topic.topic_id) for topic in topics
        ],
    )
