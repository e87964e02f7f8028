"""DescribeConfigs, without a Kafka to compare with; the same questions to one are in tests/conformance/oracle."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.describe_configs import (
    DESCRIBE_CONFIGS,
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from barnabas.protocol.messages.list_config_resources import LIST_CONFIG_RESOURCES, ListConfigResourcesRequest
from unit.broker.handlers.config_room import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC, ConfigRoom


def in_room(folder: Path, test: Callable[[ConfigRoom], Awaitable[None]], **properties: str) -> None:
    async def run() -> None:
        room = await ConfigRoom.open(folder, {name.replace("_", "."): text for name, text in properties.items()})
        try:
            await room.create_topic("orders", {"retention.ms": "1000"})
            await test(room)
        finally:
            await room.close()

    asyncio.run(run())


async def describe(room: ConfigRoom, kind: int, name: str, *keys: str, version: int = 4, **asked: bool) -> Any:
    resource = DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=list(keys) or None)
    response = await room.ask(DESCRIBE_CONFIGS, version, DescribeConfigsRequest(resources=[resource], **asked))
    (result,) = response.results
    assert (result.resource_type, result.resource_name) == (kind, name)
    return result


def test_topic_with_chosen_keys_synonyms_and_documentation(tmp_path: Path) -> None:
    async def test(room: ConfigRoom) -> None:
        plain = await describe(room, TOPIC, "orders")
        assert (plain.error_code, len(plain.configs)) == (ErrorCode.NONE, 33)
        assert all(not config.synonyms and config.documentation is None for config in plain.configs)

        full = await describe(
            room, TOPIC, "orders", "retention.ms", "nope", include_synonyms=True, include_documentation=True
        )
        (retention,) = full.configs
        assert (retention.value, retention.config_source, retention.read_only) == ("1000", 1, False)
        assert [(synonym.name, synonym.value, synonym.source) for synonym in retention.synonyms] == [
            ("retention.ms", "1000", 1),
            ("log.retention.ms", "5000", 4),
            ("log.retention.hours", "168", 5),
        ]
        assert retention.documentation == "Age at which segments are deleted; -1 for never."

    in_room(tmp_path, test, log_retention_ms="5000")


@pytest.mark.parametrize(
    ("kind", "name", "code", "message"),
    [
        (TOPIC, "missing", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ""),
        (TOPIC, "", ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: the empty string is not allowed"),
        (BROKER, "7", ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 1 or empty string, but received 7"),
        (BROKER, "x", ErrorCode.INVALID_REQUEST, "Broker id must be an integer, but it is: x"),
        (BROKER_LOGGER, "7", ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 1 but received 7"),
        (GROUP, "", ErrorCode.INVALID_REQUEST, "Group name must not be empty"),
        (CLIENT_METRICS, "", ErrorCode.INVALID_REQUEST, "Client metrics subscription name must not be empty"),
        (99, "x", ErrorCode.INVALID_REQUEST, "Unsupported resource type: 99"),
    ],
)
def test_what_cannot_be_described_is_refused(
    tmp_path: Path, kind: int, name: str, code: ErrorCode, message: str
) -> None:
    async def test(room: ConfigRoom) -> None:
        result = await describe(room, kind, name)
        assert (result.error_code, result.error_message, result.configs) == (code, message, [])

    in_room(tmp_path, test)


def test_one_bad_resource_leaves_the_others_alone(tmp_path: Path) -> None:
    async def test(room: ConfigRoom) -> None:
        resources = [DescribeConfigsResource(resource_type=TOPIC, resource_name=name) for name in ("missing", "orders")]
        for version in (1, 2, 3, 4):
            response = await room.ask(DESCRIBE_CONFIGS, version, DescribeConfigsRequest(resources=resources))
            assert [result.error_code for result in response.results] == [3, 0]

    in_room(tmp_path, test)


def test_resources_are_listed_by_type(tmp_path: Path) -> None:
    async def names(room: ConfigRoom, version: int, *types: int) -> list[tuple[int, str]]:
        request = ListConfigResourcesRequest(resource_types=list(types))
        response = await room.ask(LIST_CONFIG_RESOURCES, version, request)
        return [(resource.resource_type, resource.resource_name) for resource in response.config_resources]

    async def test(room: ConfigRoom) -> None:
        await room.set(GROUP, "g", {"consumer.session.timeout.ms": "50000"})
        await room.set(CLIENT_METRICS, "m", {"interval.ms": "500"})
        everything = [(GROUP, "g"), (CLIENT_METRICS, "m"), (BROKER_LOGGER, "1"), (BROKER, "1"), (TOPIC, "orders")]
        assert await names(room, 1) == everything
        assert await names(room, 1, TOPIC, TOPIC) == [(TOPIC, "orders")]
        assert await names(room, 0) == [(CLIENT_METRICS, "m")]
        refused = await room.ask(LIST_CONFIG_RESOURCES, 1, ListConfigResourcesRequest(resource_types=[99]))
        assert (refused.error_code, refused.config_resources) == (ErrorCode.UNSUPPORTED_VERSION, [])

    in_room(tmp_path, test)
