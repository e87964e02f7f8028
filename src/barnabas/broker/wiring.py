"""The whole broker on one page: which API is answered by whom, and what each of them needs."""

import itertools
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from barnabas.broker.current_settings import CurrentSettings
from barnabas.broker.dispatch import Dispatcher, Route, Stage, advertised, behind, serve
from barnabas.broker.fetch_sessions import FetchSessions
from barnabas.broker.handlers.alter_configs import AlterConfigs
from barnabas.broker.handlers.api_versions import ApiVersions
from barnabas.broker.handlers.consumer_group_describe import ConsumerGroupDescribe
from barnabas.broker.handlers.consumer_group_heartbeat import ConsumerGroupHeartbeat
from barnabas.broker.handlers.create_partitions import CreatePartitions
from barnabas.broker.handlers.create_topics import CreateTopics
from barnabas.broker.handlers.delete_groups import DeleteGroups
from barnabas.broker.handlers.delete_records import DeleteRecords
from barnabas.broker.handlers.delete_topics import DeleteTopics
from barnabas.broker.handlers.describe_cluster import DescribeCluster
from barnabas.broker.handlers.describe_configs import DescribeConfigs
from barnabas.broker.handlers.describe_groups import DescribeGroups
from barnabas.broker.handlers.describe_log_dirs import DescribeLogDirs
from barnabas.broker.handlers.describe_topic_partitions import DescribeTopicPartitions
from barnabas.broker.handlers.fetch import Fetch
from barnabas.broker.handlers.find_coordinator import FindCoordinator
from barnabas.broker.handlers.heartbeat import Heartbeat
from barnabas.broker.handlers.incremental_alter_configs import IncrementalAlterConfigs
from barnabas.broker.handlers.init_producer_id import InitProducerId
from barnabas.broker.handlers.join_group import JoinGroup
from barnabas.broker.handlers.leave_group import LeaveGroup
from barnabas.broker.handlers.list_config_resources import ListConfigResources
from barnabas.broker.handlers.list_groups import ListGroups
from barnabas.broker.handlers.list_offsets import ListOffsets
from barnabas.broker.handlers.metadata import Metadata
from barnabas.broker.handlers.offset_commit import OffsetCommit
from barnabas.broker.handlers.offset_delete import OffsetDelete
from barnabas.broker.handlers.offset_fetch import OffsetFetch
from barnabas.broker.handlers.offset_for_leader_epoch import OffsetForLeaderEpoch
from barnabas.broker.handlers.produce import Produce
from barnabas.broker.handlers.sync_group import SyncGroup
from barnabas.broker.topic_configs import TopicConfigs
from barnabas.cluster.controller import Controller
from barnabas.cluster.metadata import MetadataCache
from barnabas.cluster.replication import Replicas
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.foundation.clock import Clock
from barnabas.foundation.config import BrokerSettings
from barnabas.protocol import messages as api


@dataclass(frozen=True, slots=True)
class BrokerParts:
    """What a broker is made of, for its handlers to choose from."""

    settings: BrokerSettings
    clock: Clock
    cache: MetadataCache
    controller: Controller
    current_settings: CurrentSettings
    topic_configs: TopicConfigs
    replicas: Replicas
    groups: GroupCoordinator


@dataclass(frozen=True, slots=True)
class TopicNames:
    """What the group coordinator wants to know of topics."""

    cache: MetadataCache

    def partition_count(self, topic: str) -> int | None:
        image = self.cache.image.topics.get(topic)
        return None if image is None else len(image.partitions)

    def topic_name(self, topic_id: uuid.UUID) -> str | None:
        return self.cache.image.topic_names.get(topic_id)

    def topic_id(self, name: str) -> uuid.UUID | None:
        image = self.cache.image.topics.get(name)
        return None if image is None else image.topic_id


class ProducerIds:
    """Producer IDs of this broker, a block at a time from the controller."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._block: Iterator[int] = iter(())

    async def next_id(self) -> int:
        for producer_id in self._block:
            return producer_id
        block = iter(await self._controller.allocate_producer_ids())
        # Another request may have brought a block meanwhile; both are used up, one after the other.
        self._block = itertools.chain(self._block, block)
        return next(self._block)


def make_dispatcher(parts: BrokerParts, stages: Sequence[Stage] = ()) -> Dispatcher:
    """Everything that is served; ApiVersions is answered from the list itself.

    `stages` stand before every handler of the data path. Quotas will; until there are any, nothing stands there.
    """
    data = [behind(stages, route) for route in data_routes(parts)]
    routes = [*data, *group_routes(parts), *admin_routes(parts)]
    served = [*advertised(routes), *advertised([serve(api.API_VERSIONS, ApiVersions(()))])]
    routes.append(serve(api.API_VERSIONS, ApiVersions(sorted(served))))
    return Dispatcher(routes)


def data_routes(parts: BrokerParts) -> list[Route]:
    """What producers and consumers need."""
    settings, cache, replicas = parts.settings, parts.cache, parts.replicas
    sessions = FetchSessions(parts.clock, _session_ids(), slots=settings.max_incremental_fetch_session_cache_slots)
    return [
        serve(api.PRODUCE, Produce(replicas)),
        serve(api.FETCH, Fetch(replicas, sessions, settings.fetch_max_bytes)),
        serve(api.LIST_OFFSETS, ListOffsets(replicas)),
        serve(api.METADATA, Metadata(cache, parts.controller, settings.auto_create_topics_enable)),
        serve(api.OFFSET_FOR_LEADER_EPOCH, OffsetForLeaderEpoch(replicas)),
        serve(api.INIT_PRODUCER_ID, InitProducerId(ProducerIds(parts.controller).next_id)),
    ]


def group_routes(parts: BrokerParts) -> list[Route]:
    """Consumer groups and their offsets."""
    groups, topics = parts.groups, TopicNames(parts.cache)
    return [
        serve(api.FIND_COORDINATOR, FindCoordinator(parts.cache, parts.controller)),
        serve(api.JOIN_GROUP, JoinGroup(groups)),
        serve(api.SYNC_GROUP, SyncGroup(groups)),
        serve(api.HEARTBEAT, Heartbeat(groups)),
        serve(api.LEAVE_GROUP, LeaveGroup(groups)),
        serve(api.OFFSET_COMMIT, OffsetCommit(groups, topics)),
        serve(api.OFFSET_FETCH, OffsetFetch(groups, topics)),
        serve(api.OFFSET_DELETE, OffsetDelete(groups, topics)),
        serve(api.DESCRIBE_GROUPS, DescribeGroups(groups)),
        serve(api.LIST_GROUPS, ListGroups(groups)),
        serve(api.DELETE_GROUPS, DeleteGroups(groups)),
        serve(api.CONSUMER_GROUP_HEARTBEAT, ConsumerGroupHeartbeat(groups)),
        serve(api.CONSUMER_GROUP_DESCRIBE, ConsumerGroupDescribe(groups)),
    ]


def admin_routes(parts: BrokerParts) -> list[Route]:
    """Topics, configuration, the cluster itself."""
    cache, controller, settings = parts.cache, parts.controller, parts.current_settings
    return [
        serve(api.CREATE_TOPICS, CreateTopics(controller, parts.topic_configs)),
        serve(api.DELETE_TOPICS, DeleteTopics(controller, cache)),
        serve(api.CREATE_PARTITIONS, CreatePartitions(controller)),
        serve(api.DELETE_RECORDS, DeleteRecords(parts.replicas)),
        serve(api.DESCRIBE_CLUSTER, DescribeCluster(cache)),
        serve(api.DESCRIBE_TOPIC_PARTITIONS, DescribeTopicPartitions(cache)),
        serve(api.DESCRIBE_CONFIGS, DescribeConfigs(settings, cache)),
        serve(api.DESCRIBE_LOG_DIRS, DescribeLogDirs(parts.replicas.log_directories)),
        serve(api.ALTER_CONFIGS, AlterConfigs(settings, controller)),
        serve(api.INCREMENTAL_ALTER_CONFIGS, IncrementalAlterConfigs(settings, controller)),
        serve(api.LIST_CONFIG_RESOURCES, ListConfigResources(cache)),
    ]


def _session_ids() -> Callable[[], int]:
    """Fetch session IDs that can't be guessed from earlier ones, like Kafka's."""
    chance = random.SystemRandom()
    return lambda: chance.randint(1, 2**31 - 1)
