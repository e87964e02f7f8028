"""Paths and JSON, byte for byte as Kafka 3.9 in ZooKeeper mode has them."""

import json
import uuid

import pytest

from barnabas.cluster.coordination.znode import InvalidNodeData
from barnabas.cluster.coordination.znodes import (
    BROKER,
    CLUSTER_ID,
    CONFIG,
    CONFIG_CHANGE,
    CONTROLLER,
    CONTROLLER_EPOCH,
    PARTITION_STATE,
    PRODUCER_ID_BLOCK,
    TOPIC,
    BrokerInfo,
    ClusterId,
    ConfigChange,
    ControllerInfo,
    EntityConfig,
    PartitionState,
    ProducerIdBlock,
    TopicAssignment,
    desanitized,
    sanitized,
)

TOPIC_ID = uuid.UUID("0fca5ddc-4d6b-44c0-8ef6-c5e355f462d0")


def test_cluster_id() -> None:
    text = b'{"version":"1","id":"D8pd3E1rRMCO9sXjVfRi0A"}'
    assert CLUSTER_ID.encode(ClusterId("D8pd3E1rRMCO9sXjVfRi0A")) == text
    assert CLUSTER_ID.decode(text) == ClusterId("D8pd3E1rRMCO9sXjVfRi0A")


def test_broker() -> None:
    info = BrokerInfo(
        ("SECURE://h:9093", "CLIENT://h:9092"), {"SECURE": "SASL_SSL", "CLIENT": "PLAINTEXT"}, "dc1", 1_700_000_000_000
    )
    data = BROKER.encode(info)
    assert json.loads(data) == {
        "version": 5,
        "host": "h",
        "port": 9092,
        "jmx_port": -1,
        "timestamp": "1700000000000",
        "endpoints": ["SECURE://h:9093", "CLIENT://h:9092"],
        "listener_security_protocol_map": {"SECURE": "SASL_SSL", "CLIENT": "PLAINTEXT"},
        "rack": "dc1",
        "features": {},
    }
    assert BROKER.decode(data) == info
    assert BROKER.at(broker=1) == "/brokers/ids/1"


def test_a_broker_without_plain_listener_or_rack() -> None:
    value = json.loads(BROKER.encode(BrokerInfo(("S://h:9093",), {"S": "SSL"}, None, 5)))
    assert (value["host"], value["port"]) == (None, -1)
    assert "rack" not in value


def test_a_broker_before_named_listeners() -> None:
    old = b'{"version":2,"host":"h","port":9092,"jmx_port":-1,"timestamp":"1","endpoints":["PLAINTEXT://h:9092"]}'
    assert BROKER.decode(old) == BrokerInfo(("PLAINTEXT://h:9092",), {"PLAINTEXT": "PLAINTEXT"}, None, 1)


def test_topic() -> None:
    text = (
        b'{"version":3,"topic_id":"D8pd3E1rRMCO9sXjVfRi0A","partitions":{"0":[1,2],"1":[2,1]},'
        b'"adding_replicas":{},"removing_replicas":{}}'
    )
    assignment = TopicAssignment(TOPIC_ID, {0: (1, 2), 1: (2, 1)})
    assert TOPIC.encode(assignment) == text
    assert TOPIC.decode(text) == assignment


def test_a_topic_before_topic_ids_and_its_partitions_in_order() -> None:
    assignment = TOPIC.decode(b'{"version":1,"partitions":{"10":[1],"2":[1],"0":[1]}}')
    assert assignment.topic_id is None
    assert list(assignment.replicas) == [0, 2, 10]
    assert json.loads(TOPIC.encode(assignment))["version"] == 2


def test_partition_state() -> None:
    text = b'{"version":1,"leader":1,"leader_epoch":5,"controller_epoch":3,"isr":[1,2]}'
    state = PartitionState(1, 5, (1, 2), 3)
    assert PARTITION_STATE.encode(state) == text
    assert PARTITION_STATE.decode(text) == state
    recovering = PartitionState(1, 5, (1,), 3, recovering=True)
    assert PARTITION_STATE.decode(PARTITION_STATE.encode(recovering)) == recovering
    path = "/brokers/topics/a.b/partitions/7/state"
    assert PARTITION_STATE.at(topic="a.b", partition=7) == path
    assert PARTITION_STATE.match(path) == {"topic": "a.b", "partition": "7"}
    assert PARTITION_STATE.match("/brokers/topics/a.b") is None


def test_controller_and_its_epoch() -> None:
    text = b'{"version":2,"brokerid":1,"timestamp":"17","kraftControllerEpoch":-1}'
    assert CONTROLLER.encode(ControllerInfo(1, 17)) == text
    assert CONTROLLER.decode(b'{"version":1,"brokerid":1,"timestamp":"17"}') == ControllerInfo(1, 17)
    assert CONTROLLER_EPOCH.encode(7) == b"7"
    assert CONTROLLER_EPOCH.decode(b"7") == 7


def test_configuration() -> None:
    text = b'{"version":1,"config":{"retention.ms":"1000"}}'
    assert CONFIG.encode(EntityConfig({"retention.ms": "1000"})) == text
    assert CONFIG.decode(text) == EntityConfig({"retention.ms": "1000"})
    assert CONFIG.at(kind="topics", entity="t") == "/config/topics/t"
    assert CONFIG_CHANGE.encode(ConfigChange("topics/t")) == b'{"version":2,"entity_path":"topics/t"}'
    assert CONFIG_CHANGE.decode(b'{"version":2,"entity_path":"topics/t"}') == ConfigChange("topics/t")


def test_producer_ids() -> None:
    text = b'{"version":1,"broker":1,"block_start":"0","block_end":"999"}'
    assert PRODUCER_ID_BLOCK.encode(ProducerIdBlock(1, 0, 999)) == text
    assert PRODUCER_ID_BLOCK.decode(text) == ProducerIdBlock(1, 0, 999)


def test_names_are_escaped_as_kafkas_sanitizer_does() -> None:
    name = "a b~c*d.e-f_g/%ü+"
    assert sanitized(name) == "a%20b%7Ec%2Ad.e-f_g%2F%25%C3%BC%2B"
    assert desanitized(sanitized(name)) == name


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"leader":"x"}', b"\xff"])
def test_other_bytes_are_refused_with_the_path(data: bytes) -> None:
    with pytest.raises(InvalidNodeData, match="PartitionState in /brokers/topics"):
        PARTITION_STATE.decode(data)
    with pytest.raises(InvalidNodeData):
        CONTROLLER_EPOCH.decode(b"x")
