"""The same questions about configuration to Apache Kafka and to our handlers: the answers must be the same.

Left out of the comparison: documentation, which is our own; and options that only one of the two knows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pytest

from barnabas.protocol.messages.alter_configs import ALTER_CONFIGS, AlterConfigsRequest
from barnabas.protocol.messages.alter_configs import AlterableConfig as Replaced
from barnabas.protocol.messages.alter_configs import AlterConfigsResource as Replacing
from barnabas.protocol.messages.create_topics import CREATE_TOPICS, CreatableTopic, CreateTopicsRequest
from barnabas.protocol.messages.describe_configs import (
    DESCRIBE_CONFIGS,
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from barnabas.protocol.messages.incremental_alter_configs import (
    INCREMENTAL_ALTER_CONFIGS,
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from conformance.oracle.kafka_broker import Connection, free_ports, kafka_broker
from unit.broker.handlers.config_room import (
    APPEND,
    BROKER,
    BROKER_LOGGER,
    CLIENT_METRICS,
    DELETE,
    GROUP,
    SET,
    SUBTRACT,
    TOPIC,
    ConfigRoom,
)

pytestmark = [pytest.mark.jvm, pytest.mark.slow, pytest.mark.timeout(240)]

STATIC: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "log.retention.hours": "100",
    "log.roll.hours": "50",
    "num.partitions": "2",
    # Kafka sets this for all brokers at its first start (KIP-966), so the room does too.
    "min.insync.replicas": "1",
}

Op = tuple[int, str, str | None]


class Both:
    """Kafka and the room, asked alike."""

    def __init__(self, kafka: Connection, room: ConfigRoom, runner: asyncio.Runner) -> None:
        self.kafka = kafka
        self._room = room
        self._run: Callable[[Any], Any] = runner.run

    def describe(self, resource_type: int, name: str, *keys: str, version: int = 4, synonyms: bool = True) -> Any:
        def request() -> DescribeConfigsRequest:
            asked = DescribeConfigsResource(
                resource_type=resource_type, resource_name=name, configuration_keys=list(keys) or None
            )
            return DescribeConfigsRequest(resources=[asked], include_synonyms=synonyms)

        theirs = self.kafka.ask(DESCRIBE_CONFIGS, version, request())
        ours = self._run(self._room.ask(DESCRIBE_CONFIGS, version, request()))
        return _by_name(theirs), _by_name(ours)

    def alter(self, *resources: tuple[int, str, list[Op]], validate_only: bool = False) -> Any:
        def request() -> IncrementalAlterConfigsRequest:
            return IncrementalAlterConfigsRequest(
                resources=[
                    AlterConfigsResource(
                        resource_type=resource_type,
                        resource_name=name,
                        configs=[
                            AlterableConfig(name=key, config_operation=operation, value=value)
                            for operation, key, value in operations
                        ],
                    )
                    for resource_type, name, operations in resources
                ],
                validate_only=validate_only,
            )

        theirs = self.kafka.ask(INCREMENTAL_ALTER_CONFIGS, 1, request())
        ours = self._run(self._room.ask(INCREMENTAL_ALTER_CONFIGS, 1, request()))
        return _outcomes(theirs), _outcomes(ours)

    def replace(self, resource_type: int, name: str, values: list[tuple[str, str | None]]) -> Any:
        def request() -> AlterConfigsRequest:
            configs = [Replaced(name=key, value=value) for key, value in values]
            return AlterConfigsRequest(
                resources=[Replacing(resource_type=resource_type, resource_name=name, configs=configs)]
            )

        theirs = self.kafka.ask(ALTER_CONFIGS, 2, request())
        ours = self._run(self._room.ask(ALTER_CONFIGS, 2, request()))
        return _outcomes(theirs), _outcomes(ours)


def _by_name(response: Any) -> Any:
    (result,) = response.results
    configs = {}
    for config in result.configs:
        shown = asdict(config)
        del shown["documentation"]
        configs[config.name] = shown
    return result.error_code, result.error_message, configs


def _outcomes(response: Any) -> Any:
    return [
        (outcome.resource_type, outcome.resource_name, outcome.error_code, _text(outcome.error_message))
        for outcome in sorted(response.responses, key=lambda outcome: (outcome.resource_type, outcome.resource_name))
    ]


def _text(message: str | None) -> str | None:
    """Without the words in which Scala says that a requirement failed."""
    return None if message is None else message.removeprefix("requirement failed: ")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("kafka")
    port, controller_port = free_ports(2)
    listeners = f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}"
    properties = {
        **STATIC,
        "listeners": listeners,
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller_port}",
        "log.dirs": str(folder / "logs"),
    }
    with kafka_broker("4.1.1", folder, properties) as kafka, asyncio.Runner() as runner:
        room = runner.run(_room(folder, properties))
        topics = [CreatableTopic(name=name, num_partitions=1, replication_factor=1) for name in ("plain", "changed")]
        created = kafka.ask(CREATE_TOPICS, 7, CreateTopicsRequest(topics=topics, timeout_ms=30_000))
        assert [topic.error_code for topic in created.topics] == [0, 0]
        yield Both(kafka, room, runner)
        runner.run(room.close())


async def _room(folder: Path, properties: dict[str, str]) -> ConfigRoom:
    room = await ConfigRoom.open(folder, properties)
    await room.create_topic("plain")
    await room.create_topic("changed")
    await room.set(BROKER, "", {"min.insync.replicas": "1"})
    return room


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_topic_with_nothing_set_is_described_alike(both: Both, version: int) -> None:
    theirs, ours = both.describe(TOPIC, "plain", version=version)
    assert ours == theirs
    assert len(ours[2]) == 33


def test_broker_is_described_alike(both: Both) -> None:
    theirs, ours = both.describe(BROKER, "1")
    assert _as_comparable(theirs, ours) == theirs
    assert len(theirs[2]) > 300


@pytest.mark.parametrize(
    ("resource_type", "name", "keys"),
    [
        (TOPIC, "plain", ["retention.ms", "nope"]),
        (TOPIC, "missing", []),
        (TOPIC, "", []),
        (TOPIC, "a b", []),
        (BROKER, "", []),
        (BROKER, "7", []),
        (BROKER, "x", []),
        (BROKER_LOGGER, "", []),
        (BROKER_LOGGER, "7", []),
        (GROUP, "g", []),
        (GROUP, "", []),
        (CLIENT_METRICS, "m", []),
        (CLIENT_METRICS, "", []),
    ],
)
def test_description_or_refusal_is_the_same(both: Both, resource_type: int, name: str, keys: list[str]) -> None:
    theirs, ours = both.describe(resource_type, name, *keys)
    # Later releases let groups set more.
    ours = (*ours[:2], {key: value for key, value in ours[2].items() if resource_type != GROUP or key in theirs[2]})
    assert ours == theirs


def test_unknown_type_of_resource_is_refused(both: Both) -> None:
    theirs, ours = both.describe(99, "x")
    assert (ours[0], ours[2]) == (theirs[0], theirs[2])


CHANGES: Final[list[tuple[int, str, list[Op]]]] = [
    (TOPIC, "changed", [(SET, "retention.ms", "x")]),
    (TOPIC, "changed", [(SET, "retention.ms", "-2")]),
    (TOPIC, "changed", [(SET, "segment.bytes", "13")]),
    (TOPIC, "changed", [(SET, "segment.bytes", " 2000000 ")]),
    (TOPIC, "changed", [(SET, "segment.bytes", "99999999999")]),
    (TOPIC, "changed", [(SET, "segment.bytes", "")]),
    (TOPIC, "changed", [(SET, "segment.bytes", None)]),
    (TOPIC, "changed", [(SET, "segment.bytes", None), (SET, "segment.ms", None)]),
    (TOPIC, "changed", [(SET, "nope", "1")]),
    (TOPIC, "changed", [(DELETE, "nope", None)]),
    (TOPIC, "changed", [(DELETE, "segment.bytes", "1")]),
    (TOPIC, "changed", [(APPEND, "segment.bytes", "1")]),
    (TOPIC, "changed", [(SUBTRACT, "nope", "1")]),
    (TOPIC, "changed", [(APPEND, "cleanup.policy", "foo")]),
    (TOPIC, "changed", [(SUBTRACT, "cleanup.policy", "delete")]),
    (TOPIC, "changed", [(APPEND, "cleanup.policy", "compact")]),
    (TOPIC, "changed", [(APPEND, "cleanup.policy", "compact")]),
    (TOPIC, "changed", [(APPEND, "cleanup.policy", "delete,compact")]),
    (TOPIC, "changed", [(SUBTRACT, "cleanup.policy", "nothing")]),
    (TOPIC, "changed", [(SET, "cleanup.policy", "delete, compact")]),
    (TOPIC, "changed", [(SET, "cleanup.policy", "COMPACT")]),
    (TOPIC, "changed", [(SET, "cleanup.policy", "")]),
    (TOPIC, "changed", [(DELETE, "cleanup.policy", "")]),
    (TOPIC, "changed", [(SET, "preallocate", "yes")]),
    (TOPIC, "changed", [(SET, "preallocate", "TRUE")]),
    (TOPIC, "changed", [(SET, "min.cleanable.dirty.ratio", "2")]),
    (TOPIC, "changed", [(SET, "min.cleanable.dirty.ratio", "1e-2")]),
    (TOPIC, "changed", [(SET, "min.cleanable.dirty.ratio", "abc")]),
    (TOPIC, "changed", [(SET, "compression.type", "brotli")]),
    (TOPIC, "changed", [(SET, "compression.gzip.level", "0")]),
    (TOPIC, "changed", [(SET, "compression.lz4.level", "20")]),
    (TOPIC, "changed", [(SET, "compression.zstd.level", "-7")]),
    (TOPIC, "changed", [(SET, "message.timestamp.type", "LogAppendTime")]),
    (TOPIC, "changed", [(SET, "leader.replication.throttled.replicas", "x")]),
    (TOPIC, "changed", [(SET, "leader.replication.throttled.replicas", "0:1,1:1")]),
    (TOPIC, "changed", [(SET, "leader.replication.throttled.replicas", "*")]),
    (TOPIC, "changed", [(SET, "message.format.version", "3.0")]),
    (TOPIC, "changed", [(SET, "internal.segment.bytes", "100")]),
    (TOPIC, "changed", [(SET, "remote.storage.enable", "true")]),
    (TOPIC, "changed", [(SET, "min.compaction.lag.ms", "50"), (SET, "max.compaction.lag.ms", "5")]),
    (TOPIC, "changed", [(SET, "segment.ms", "5"), (SET, "segment.ms", "6")]),
    (TOPIC, "changed", [(SET, "segment.ms", "5"), (SET, "retention.ms", "60")]),
    (TOPIC, "missing", [(SET, "retention.ms", "1")]),
    (TOPIC, "", [(SET, "retention.ms", "1")]),
    (TOPIC, "a b", [(SET, "retention.ms", "1")]),
    (BROKER, "1", [(SET, "num.partitions", "3")]),
    (BROKER, "1", [(SET, "num.partitions", "3"), (SET, "broker.rack", "x")]),
    (BROKER, "1", [(DELETE, "num.partitions", None)]),
    (BROKER, "1", [(SET, "log.retention.ms", "x")]),
    (BROKER, "1", [(SET, "log.retention.ms", "0")]),
    (BROKER, "1", [(SET, "log.cleaner.threads", "-1")]),
    (BROKER, "1", [(APPEND, "log.cleanup.policy", "compact")]),
    (BROKER, "1", [(APPEND, "log.cleanup.policy", "x")]),
    (BROKER, "1", [(APPEND, "log.retention.bytes", "1")]),
    (BROKER, "1", [(SUBTRACT, "log.retention.bytes", "1")]),
    (BROKER, "1", [(SET, "ssl.keystore.location", "/x")]),
    (BROKER, "1", [(SET, "leader.replication.throttled.rate", "x")]),
    (BROKER, "1", [(SET, "message.max.bytes", "-1")]),
    (BROKER, "1", [(SET, "advertised.listeners", "PLAINTEXT://h:1")]),
    (BROKER, "1", [(SET, "listener.name.plaintext.ssl.keystore.location", "/x")]),
    (BROKER, "1", [(SET, "log.retention.ms", "1000"), (SET, "log.segment.bytes", "2000000")]),
    (BROKER, "1", [(SET, "custom.plugin.key", "secret")]),
    (BROKER, "", [(SET, "num.partitions", "3")]),
    (BROKER, "", [(SET, "sasl.enabled.mechanisms", "PLAIN")]),
    (BROKER, "", [(SET, "log.retention.ms", "x")]),
    (BROKER, "", [(SET, "log.retention.ms", "3000"), (SET, "log.roll.ms", "4000")]),
    (BROKER, "7", [(SET, "log.retention.ms", "1")]),
    (BROKER, "x", [(SET, "log.retention.ms", "1")]),
    (BROKER_LOGGER, "1", [(SET, "no.such.logger", "DEBUG")]),
    (GROUP, "g", [(SET, "consumer.session.timeout.ms", "50000")]),
    (GROUP, "g", [(SET, "consumer.session.timeout.ms", "5")]),
    (GROUP, "g", [(SET, "consumer.session.timeout.ms", "500000")]),
    (GROUP, "g", [(SET, "consumer.heartbeat.interval.ms", "x")]),
    (GROUP, "g", [(SET, "share.auto.offset.reset", "by_duration:x")]),
    (GROUP, "g", [(SET, "share.auto.offset.reset", "by_duration:PT1H")]),
    (GROUP, "g", [(SET, "share.isolation.level", "x")]),
    (GROUP, "g", [(SET, "streams.num.standby.replicas", "5")]),
    (GROUP, "g", [(APPEND, "share.auto.offset.reset", "x")]),
    (GROUP, "g", [(SET, "nope", "5")]),
    (GROUP, "", [(SET, "consumer.session.timeout.ms", "50000")]),
    (CLIENT_METRICS, "m", [(SET, "interval.ms", "500"), (SET, "metrics", "a,b")]),
    (CLIENT_METRICS, "m", [(SET, "interval.ms", "5")]),
    (CLIENT_METRICS, "m", [(SET, "interval.ms", "x")]),
    (CLIENT_METRICS, "m", [(SET, "match", "x")]),
    (CLIENT_METRICS, "m", [(SET, "match", "client_id=[")]),
    (CLIENT_METRICS, "m", [(SET, "match", "client_id=a,client_software_name=b")]),
    (CLIENT_METRICS, "m", [(APPEND, "metrics", "c")]),
    (CLIENT_METRICS, "m", [(SET, "nope", "5")]),
    (CLIENT_METRICS, "", [(SET, "interval.ms", "500")]),
    (0, "x", [(SET, "interval.ms", "500")]),
]


def test_changes_have_the_same_outcome_and_leave_the_same_behind(both: Both) -> None:
    different = []
    for change in CHANGES:
        for validate_only in (True, False):
            theirs, ours = both.alter(change, validate_only=validate_only)
            if ours != theirs:
                different.append(f"{change} {validate_only=}\n  Kafka: {theirs}\n  ours:  {ours}")
    assert not different, "\n".join(different)
    for resource_type, name in RESOURCES:
        _await_same(both, resource_type, name)


RESOURCES: Final = ((TOPIC, "changed"), (TOPIC, "plain"), (BROKER, "1"), (BROKER, ""), (CLIENT_METRICS, "m"))


def _await_same(both: Both, resource_type: int, name: str) -> None:
    """Kafka's broker learns of a change a moment after its controller has acknowledged it."""
    deadline = time.monotonic() + 10
    while True:
        theirs, ours = both.describe(resource_type, name)
        if (resource_type, name) == (BROKER, "1"):
            ours = _as_comparable(theirs, ours)
        if ours == theirs or time.monotonic() > deadline:
            break
    assert ours == theirs


def _as_comparable(theirs: Any, ours: Any) -> Any:
    """Options of later releases are left out, and Kafka has no default for the two that it insists on."""
    assert not theirs[2].keys() - ours[2].keys()
    for name in ("node.id", "process.roles"):
        ours[2][name]["synonyms"] = theirs[2][name]["synonyms"]
    return (*ours[:2], {name: ours[2][name] for name in theirs[2]})


def test_resources_succeed_or_fail_alone_and_repeated_ones_fail(both: Both) -> None:
    good: list[Op] = [(SET, "retention.ms", "77")]
    bad: list[Op] = [(SET, "retention.ms", "x"), (SET, "segment.ms", "1")]
    theirs, ours = both.alter((TOPIC, "plain", bad), (TOPIC, "changed", good))
    assert ours == theirs
    theirs, ours = both.alter((TOPIC, "plain", good), (TOPIC, "plain", good), (GROUP, "g", []))
    assert ours == theirs


@pytest.mark.parametrize(
    "values",
    [
        [("retention.ms", "1000"), ("cleanup.policy", "compact")],
        [("retention.ms", None)],
        [("retention.ms", "x")],
        [("nope", "x")],
        [("retention.ms", "1"), ("retention.ms", "2")],
        [],
    ],
)
def test_replacing_everything_that_is_set(both: Both, values: list[tuple[str, str | None]]) -> None:
    theirs, ours = both.replace(TOPIC, "plain", values)
    assert ours == theirs
    theirs, ours = both.describe(TOPIC, "plain")
    assert ours == theirs


OTHERWISE_HERE: Final = frozenset(
    {
        "min.insync.replicas",  # Kafka keeps eligible leader replicas (KIP-966), and lets no single broker differ
        "listeners",  # are opened at start only
        "listener.security.protocol.map",
        "ssl.engine.factory.class",  # names a Java class
    }
)


def test_every_option_of_a_broker_may_be_set_while_it_runs_where_kafka_lets_it(both: Both) -> None:
    """For one broker and for all: read-only options, options of single brokers, and those of the whole cluster."""
    theirs, _ = both.describe(BROKER, "1")
    different = []
    for name, config in theirs[2].items():
        if name in OTHERWISE_HERE:
            continue
        value = config["value"] if config["value"] is not None else "1"
        for broker in ("1", ""):
            kafka, ours = both.alter((BROKER, broker, [(SET, name, value)]), validate_only=True)
            if ours != kafka:
                different.append(f"{name}={value} for {broker or 'all'}\n  Kafka: {kafka}\n  ours:  {ours}")
    assert not different, "\n".join(different)


OUT_OF_BOUNDS: Final = ("-2", "-1", "0", "1", "x", "", "99999999999", "9223372036854775808", "1.5", "true")


def test_every_option_of_a_topic_has_kafkas_bounds_and_words(both: Both) -> None:
    theirs, _ = both.describe(TOPIC, "plain")
    different = []
    for name in theirs[2]:
        for value in OUT_OF_BOUNDS:
            kafka, ours = both.alter((TOPIC, "plain", [(SET, name, value)]), validate_only=True)
            if ours != kafka:
                different.append(f"{name}={value}\n  Kafka: {kafka}\n  ours:  {ours}")
    assert not different, "\n".join(different)


def test_every_option_of_the_log_has_kafkas_bounds_and_words_for_all_brokers(both: Both) -> None:
    """Values are laid over what the file gave, so that rules over several options speak too."""
    theirs, _ = both.describe(BROKER, "1")
    names = [name for name in theirs[2] if name.startswith(("log.", "message.", "compression.", "min.insync"))]
    threads = [name for name in theirs[2] if name.endswith(("threads", "fetchers", "per.data.dir", "pool.size"))]
    changes = [(name, value) for name in names for value in OUT_OF_BOUNDS]
    changes += [(name, str(count)) for name in threads for count in (1, 2, 3, 4, 5, 10, 16, 17, 20, 21)]
    different = []
    for name, value in changes:
        kafka, ours = both.alter((BROKER, "", [(SET, name, value)]), validate_only=True)
        if kafka[0][3] != "/ by zero" and ours != kafka:
            different.append(f"{name}={value}\n  Kafka: {kafka}\n  ours:  {ours}")
    assert not different, "\n".join(different)
