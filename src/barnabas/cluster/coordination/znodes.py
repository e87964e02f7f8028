"""The nodes that a Kafka cluster keeps in its tree, with the paths and the JSON of Kafka 3.9 in ZooKeeper mode.

Invariant: whatever is written here, a broker of Kafka 3.9 reads; whatever it writes, is read here.
Source: `kafka.zk.ZkData` of Kafka 3.9, KIP-516 (topic IDs), KIP-584 (features), KIP-730 (producer ID blocks).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import quote, unquote

from barnabas.cluster.coordination.znode import JsonObject, bare_node, json_node, number_node
from barnabas.foundation.identifiers import uuid_from_text, uuid_to_text

NO_LEADER: Final = -1


@dataclass(frozen=True, slots=True)
class ClusterId:
    """The cluster's name for life."""

    id: str

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        return cls(str(value["id"]))

    def to_json(self) -> JsonObject:
        return {"version": "1", "id": self.id}  # a text: so Kafka has it


@dataclass(frozen=True, slots=True)
class BrokerInfo:
    """A live broker. Its epoch is the `czxid` of this node."""

    endpoints: tuple[str, ...]
    """`LISTENER://host:port` each."""
    security_protocols: Mapping[str, str]
    """Listener name to security protocol."""
    rack: str | None
    timestamp_ms: int

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        endpoints = tuple(value["endpoints"])
        protocols = value.get("listener_security_protocol_map")
        if protocols is None:  # before version 4 listeners were named after their security protocol
            protocols = {name: name for name in (endpoint.partition("://")[0] for endpoint in endpoints)}
        return cls(endpoints, dict(protocols), value.get("rack"), int(value.get("timestamp", -1)))

    def to_json(self) -> JsonObject:
        # Old clients of the tree read `host` and `port`: the first plain endpoint, if there is one.
        host: str | None = None
        port = -1
        for endpoint in self.endpoints:
            listener, _, address = endpoint.partition("://")
            if self.security_protocols.get(listener) == "PLAINTEXT":
                host, _, port_text = address.rpartition(":")
                port = int(port_text)
                break
        value: JsonObject = {
            "version": 5,
            "host": host,
            "port": port,
            "jmx_port": -1,
            "timestamp": str(self.timestamp_ms),
            "endpoints": list(self.endpoints),
            "listener_security_protocol_map": dict(self.security_protocols),
            "features": {},
        }
        return value if self.rack is None else value | {"rack": self.rack}


@dataclass(frozen=True, slots=True)
class TopicAssignment:
    """Which brokers hold which partitions of a topic; what is being moved stands in `adding` and `removing`."""

    topic_id: uuid.UUID | None
    """None for a topic that a broker before Kafka 2.8 made."""
    replicas: Mapping[int, tuple[int, ...]]
    adding: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    removing: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        text = value.get("topic_id")
        return cls(
            None if text is None else uuid_from_text(text),
            _broker_lists(value["partitions"]),
            _broker_lists(value.get("adding_replicas", {})),
            _broker_lists(value.get("removing_replicas", {})),
        )

    def to_json(self) -> JsonObject:
        value: JsonObject = {"version": 2 if self.topic_id is None else 3}
        if self.topic_id is not None:
            value["topic_id"] = uuid_to_text(self.topic_id)
        return value | {
            "partitions": {str(partition): list(brokers) for partition, brokers in self.replicas.items()},
            "adding_replicas": {str(partition): list(brokers) for partition, brokers in self.adding.items()},
            "removing_replicas": {str(partition): list(brokers) for partition, brokers in self.removing.items()},
        }


@dataclass(frozen=True, slots=True)
class PartitionState:
    """Who leads a partition. Its partition epoch is the version of this node."""

    leader: int
    leader_epoch: int
    isr: tuple[int, ...]
    controller_epoch: int
    recovering: bool = False

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        return cls(
            int(value["leader"]),
            int(value["leader_epoch"]),
            tuple(int(broker) for broker in value["isr"]),
            int(value["controller_epoch"]),
            value.get("leader_recovery_state", 0) == 1,
        )

    def to_json(self) -> JsonObject:
        value: JsonObject = {
            "version": 1,
            "leader": self.leader,
            "leader_epoch": self.leader_epoch,
            "controller_epoch": self.controller_epoch,
            "isr": list(self.isr),
        }
        return value | {"leader_recovery_state": 1} if self.recovering else value


@dataclass(frozen=True, slots=True)
class ControllerInfo:
    """The broker that is the controller."""

    broker_id: int
    timestamp_ms: int

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        return cls(int(value["brokerid"]), int(value.get("timestamp", -1)))

    def to_json(self) -> JsonObject:
        return {
            "version": 2,
            "brokerid": self.broker_id,
            "timestamp": str(self.timestamp_ms),
            "kraftControllerEpoch": -1,
        }


@dataclass(frozen=True, slots=True)
class EntityConfig:
    """What was set on one topic, broker, client, user, … beside the defaults."""

    values: Mapping[str, str]

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        return cls({str(key): str(text) for key, text in value["config"].items()})

    def to_json(self) -> JsonObject:
        return {"version": 1, "config": dict(self.values)}


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """Tells the brokers to read one entity's configuration again."""

    entity_path: str

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        return cls(str(value["entity_path"]))

    def to_json(self) -> JsonObject:
        return {"version": 2, "entity_path": self.entity_path}


@dataclass(frozen=True, slots=True)
class ProducerIdBlock:
    """The producer IDs that were last handed to a broker, both ends included."""

    broker_id: int
    first: int
    last: int

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        return cls(int(value["broker"]), int(value["block_start"]), int(value["block_end"]))

    def to_json(self) -> JsonObject:
        return {
            "version": 1,
            "broker": self.broker_id,
            "block_start": str(self.first),
            "block_end": str(self.last),
        }


CLUSTER_ID: Final = json_node("/cluster/id", ClusterId)
BROKER_IDS: Final = bare_node("/brokers/ids")
BROKER: Final = json_node("/brokers/ids/{broker}", BrokerInfo)
TOPICS: Final = bare_node("/brokers/topics")
TOPIC: Final = json_node("/brokers/topics/{topic}", TopicAssignment)
PARTITIONS: Final = bare_node("/brokers/topics/{topic}/partitions")
PARTITION: Final = bare_node("/brokers/topics/{topic}/partitions/{partition}")
PARTITION_STATE: Final = json_node("/brokers/topics/{topic}/partitions/{partition}/state", PartitionState)
CONTROLLER: Final = json_node("/controller", ControllerInfo)
CONTROLLER_EPOCH: Final = number_node("/controller_epoch")
CONFIGS: Final = bare_node("/config/{kind}")
CONFIG: Final = json_node("/config/{kind}/{entity}", EntityConfig)
CONFIG_CHANGES: Final = bare_node("/config/changes")
CONFIG_CHANGE: Final = json_node("/config/changes/config_change_", ConfigChange)
PRODUCER_ID_BLOCK: Final = json_node("/latest_producer_id_block", ProducerIdBlock)

CONFIG_KINDS: Final = ("topics", "clients", "users", "brokers", "ips", "groups", "client-metrics")
"""The directories below `/config`. Kafka 3.9 has the first five; the others hold what came with KRaft alone."""

PERSISTENT_PATHS: Final = (
    "/cluster",
    "/consumers",
    BROKER_IDS.path,
    TOPICS.path,
    "/brokers/seqid",
    CONFIG_CHANGES.path,
    "/admin/delete_topics",
    "/isr_change_notification",
    PRODUCER_ID_BLOCK.path,
    "/log_dir_event_notification",
    *(CONFIGS.at(kind=kind) for kind in CONFIG_KINDS),
)
"""What a broker makes at start-up where it is missing."""


def sanitized(name: str) -> str:
    """An entity's name as part of a path, as Kafka's `Sanitizer` escapes it."""
    return quote(name, safe="-._~").replace("~", "%7E")


def desanitized(part: str) -> str:
    """The entity's name of a part of a path."""
    return unquote(part)


def _broker_lists(value: Mapping[str, list[int]]) -> dict[int, tuple[int, ...]]:
    return {int(partition): tuple(int(broker) for broker in value[partition]) for partition in sorted(value, key=int)}
