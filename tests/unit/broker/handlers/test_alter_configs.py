"""IncrementalAlterConfigs and AlterConfigs on a real controller; Kafka's answers are in the oracle tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.alter_configs import ALTER_CONFIGS, AlterConfigsRequest
from barnabas.protocol.messages.alter_configs import AlterableConfig as Replaced
from barnabas.protocol.messages.alter_configs import AlterConfigsResource as Replacing
from barnabas.protocol.messages.incremental_alter_configs import (
    INCREMENTAL_ALTER_CONFIGS,
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from unit.broker.handlers.config_room import APPEND, BROKER, DELETE, SET, SUBTRACT, TOPIC, ConfigRoom
from unit.broker.handlers.test_describe_configs import describe, in_room

Op = tuple[int, str, str | None]


async def alter(room: ConfigRoom, kind: int, name: str, *operations: Op, validate_only: bool = False) -> Any:
    configs = [
        AlterableConfig(name=key, config_operation=operation, value=value) for operation, key, value in operations
    ]
    request = IncrementalAlterConfigsRequest(
        resources=[AlterConfigsResource(resource_type=kind, resource_name=name, configs=configs)],
        validate_only=validate_only,
    )
    (outcome,) = (await room.ask(INCREMENTAL_ALTER_CONFIGS, 1, request)).responses
    return outcome.error_code, outcome.error_message


async def values(room: ConfigRoom, kind: int, name: str, *keys: str) -> Mapping[str, str | None]:
    result = await describe(room, kind, name, *keys)
    return {config.name: config.value for config in result.configs}


OK = (ErrorCode.NONE, None)


def test_lists_grow_and_shrink_from_what_holds(tmp_path: Path) -> None:
    async def test(room: ConfigRoom) -> None:
        steps = [
            (APPEND, "compact", "delete,compact"),
            (APPEND, "compact,delete", "delete,compact"),
            (SUBTRACT, "delete,nothing", "compact"),
            (SUBTRACT, "compact", ""),
            (SET, "compact", "compact"),
            (DELETE, None, "delete"),
        ]
        for operation, value, left in steps:
            assert await alter(room, TOPIC, "orders", (operation, "cleanup.policy", value)) == OK
            assert await values(room, TOPIC, "orders", "cleanup.policy") == {"cleanup.policy": left}

    in_room(tmp_path, test)


def test_validating_changes_nothing(tmp_path: Path) -> None:
    async def test(room: ConfigRoom) -> None:
        assert await alter(room, TOPIC, "orders", (SET, "retention.ms", "5"), validate_only=True) == OK
        assert await values(room, TOPIC, "orders", "retention.ms") == {"retention.ms": "1000"}
        code, _ = await alter(room, TOPIC, "orders", (SET, "retention.ms", "x"), validate_only=True)
        assert code == ErrorCode.INVALID_CONFIG

    in_room(tmp_path, test)


def test_a_resource_is_changed_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    async def test(room: ConfigRoom) -> None:
        code, message = await alter(room, TOPIC, "orders", (SET, "segment.ms", "5"), (SET, "retention.ms", "x"))
        assert code == ErrorCode.INVALID_CONFIG
        assert message == "Invalid value x for configuration retention.ms: Not a number of type LONG"
        assert await values(room, TOPIC, "orders", "segment.ms") == {"segment.ms": "604800000"}

    in_room(tmp_path, test)


@pytest.mark.parametrize(
    ("kind", "name", "operations", "code", "message"),
    [
        (TOPIC, "orders", [(SET, "nope", "1")], ErrorCode.INVALID_CONFIG, "Unknown topic config name: nope"),
        (
            TOPIC,
            "orders",
            [(SET, "segment.ms", None)],
            ErrorCode.INVALID_REQUEST,
            "Null value not supported for : segment.ms",
        ),
        (
            TOPIC,
            "orders",
            [(SET, "segment.ms", "1"), (DELETE, "segment.ms", None)],
            ErrorCode.INVALID_REQUEST,
            "Error due to duplicate config keys",
        ),
        (
            TOPIC,
            "orders",
            [(APPEND, "segment.ms", "1")],
            ErrorCode.INVALID_CONFIG,
            "Can't APPEND to key segment.ms because its type is not LIST.",
        ),
        (TOPIC, "orders", [(9, "segment.ms", "1")], ErrorCode.INVALID_REQUEST, "Unknown operations type 9"),
        (
            TOPIC,
            "missing",
            [(SET, "segment.ms", "1")],
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            "The topic 'missing' does not exist.",
        ),
        (
            BROKER,
            "1",
            [(SET, "num.partitions", "3")],
            ErrorCode.INVALID_REQUEST,
            "Cannot update these configs dynamically: Set(num.partitions)",
        ),
        (
            BROKER,
            "1",
            [(SET, "listeners", "PLAINTEXT://:1")],
            ErrorCode.INVALID_REQUEST,
            "This version opens its listeners only at start; cannot update: Set(listeners)",
        ),
        (
            BROKER,
            "",
            [(SET, "ssl.client.auth", "none")],
            ErrorCode.INVALID_REQUEST,
            "Cannot update these configs at default cluster level, broker id must be specified: Set(ssl.client.auth)",
        ),
    ],
)
def test_refusals(tmp_path: Path, kind: int, name: str, operations: list[Op], code: ErrorCode, message: str) -> None:
    async def test(room: ConfigRoom) -> None:
        assert await alter(room, kind, name, *operations) == (code, message)

    in_room(tmp_path, test)


def test_a_broker_option_set_while_running_reaches_its_topics(tmp_path: Path) -> None:
    async def test(room: ConfigRoom) -> None:
        assert await alter(room, BROKER, "", (SET, "log.segment.bytes", "3000000")) == OK
        assert await alter(room, BROKER, "1", (SET, "log.segment.bytes", "2000000")) == OK
        assert await values(room, TOPIC, "orders", "segment.bytes") == {"segment.bytes": "2000000"}
        assert await alter(room, BROKER, "1", (DELETE, "log.segment.bytes", None)) == OK
        assert await values(room, TOPIC, "orders", "segment.bytes") == {"segment.bytes": "3000000"}
        assert room.settings().log_segment_bytes == 3_000_000

    in_room(tmp_path, test)


def test_replacing_forgets_what_is_not_named(tmp_path: Path) -> None:
    async def test(room: ConfigRoom) -> None:
        def replacing(*configs: tuple[str, str | None]) -> Replacing:
            replaced = [Replaced(name=key, value=value) for key, value in configs]
            return Replacing(resource_type=TOPIC, resource_name="orders", configs=replaced)

        answer = await room.ask(ALTER_CONFIGS, 0, AlterConfigsRequest(resources=[replacing(("segment.ms", "5"))]))
        assert answer.responses[0].error_code == ErrorCode.NONE
        assert room.cache.image.topic_config("orders") == {"segment.ms": "5"}

        answer = await room.ask(ALTER_CONFIGS, 2, AlterConfigsRequest(resources=[replacing(("segment.ms", None))]))
        assert answer.responses[0].error_message == "Null value not supported for : segment.ms"

        answer = await room.ask(ALTER_CONFIGS, 2, AlterConfigsRequest(resources=[replacing(), replacing()]))
        assert {outcome.error_message for outcome in answer.responses} == {"Each resource must appear at most once."}

    in_room(tmp_path, test)
