"""aiokafka: the asyncio client in pure Python."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.structs import OffsetAndMetadata

pytestmark = pytest.mark.timeout(90)

WAIT_SECONDS: Final = 45.0
# Young enough that retention leaves the records alone.
START_MS: Final = int(time.time() * 1000) - 600_000


async def deliver(bootstrap: str, topic: str, values: list[bytes], **settings: Any) -> list[int]:
    """Produce all values to partition 0; their offsets, none of which are told with acks=0."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, **settings) as producer:
        sent = [await producer.send(topic, value, partition=0) for value in values]
        acknowledged = [await each for each in sent]
        return [each.offset for each in acknowledged if each is not None]


def consumer_of(bootstrap: str, group: str | None, *topics: str, **settings: Any) -> AIOKafkaConsumer:
    settings = {"auto_offset_reset": "earliest", "enable_auto_commit": False, **settings}
    return AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, group_id=group, **settings)


async def take(consumer: AIOKafkaConsumer, count: int) -> list[Any]:
    async with asyncio.timeout(WAIT_SECONDS):
        return [await consumer.getone() for _ in range(count)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110 - the client offers no event for its assignment
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_there_and_back(bootstrap: str, topic: str, group: str, codec: str | None) -> None:
    async def scenario() -> None:
        values = [f"{number} {'castle ' * 30}".encode() for number in range(500)]
        assert await deliver(bootstrap, topic, values, compression_type=codec, linger_ms=20) == list(range(500))
        async with consumer_of(bootstrap, group, topic) as consumer:
            assert [record.value for record in await take(consumer, 500)] == values

    asyncio.run(scenario())


@pytest.mark.parametrize("settings", [{"acks": 0}, {"acks": 1}, {"acks": "all"}, {"enable_idempotence": True}], ids=str)
def test_every_kind_of_producer(bootstrap: str, topic: str, settings: dict[str, Any]) -> None:
    async def scenario() -> None:
        values = [str(number).encode() for number in range(200)]
        await deliver(bootstrap, topic, values, **settings)
        async with consumer_of(bootstrap, None, topic) as consumer:
            assert [record.value for record in await take(consumer, 200)] == values

    asyncio.run(scenario())


def test_keys_headers_nulls_and_timestamps(bootstrap: str, topic: str) -> None:
    async def scenario() -> None:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
            await producer.send_and_wait(
                topic, b"value", key=b"key", headers=[("trace", b"7"), ("empty", b"")], timestamp_ms=START_MS + 123
            )
            await producer.send_and_wait(topic, None, key=b"key")
        async with consumer_of(bootstrap, None, topic) as consumer:
            first, second = await take(consumer, 2)
        assert (first.key, first.value, first.headers) == (b"key", b"value", (("trace", b"7"), ("empty", b"")))
        assert (first.timestamp, first.timestamp_type) == (START_MS + 123, 0)
        assert (second.key, second.value) == (b"key", None)

    asyncio.run(scenario())


def test_a_group_resumes_from_its_commit(bootstrap: str, topic: str, group: str) -> None:
    async def scenario() -> None:
        await deliver(bootstrap, topic, [str(number).encode() for number in range(10)])
        partition = TopicPartition(topic, 0)
        async with consumer_of(bootstrap, group, topic) as consumer:
            await take(consumer, 4)
            await consumer.commit({partition: OffsetAndMetadata(4, "page 4")})
        async with consumer_of(bootstrap, group, topic) as consumer:
            assert await consumer.committed(partition) == 4
            assert [record.offset for record in await take(consumer, 6)] == [4, 5, 6, 7, 8, 9]

    asyncio.run(scenario())


def test_two_members_share_and_one_takes_over(bootstrap: str, topic: str, group: str) -> None:
    async def scenario() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(topic, 4, 1)])
        await admin.close()
        settings = {"session_timeout_ms": 10_000, "heartbeat_interval_ms": 500}
        async with consumer_of(bootstrap, group, topic, **settings) as first:
            await until(lambda: len(first.assignment()) == 4)
            async with consumer_of(bootstrap, group, topic, **settings) as second:
                await until(lambda: len(first.assignment()) == len(second.assignment()) == 2)
                assert {part.partition for part in first.assignment() | second.assignment()} == {0, 1, 2, 3}
            await until(lambda: len(first.assignment()) == 4)

    asyncio.run(scenario())


def test_offsets_are_found_by_timestamp_and_by_end(bootstrap: str, topic: str) -> None:
    async def scenario() -> None:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
            for number in range(5):
                await producer.send_and_wait(topic, b"x", partition=0, timestamp_ms=START_MS + number * 1000)
        partition = TopicPartition(topic, 0)
        async with consumer_of(bootstrap, None, topic) as consumer:
            found = await consumer.offsets_for_times({partition: START_MS + 2500})
            assert (found[partition].offset, found[partition].timestamp) == (3, START_MS + 3000)
            assert await consumer.beginning_offsets([partition]) == {partition: 0}
            assert await consumer.end_offsets([partition]) == {partition: 5}
            consumer.seek(partition, 3)
            assert [record.offset for record in await take(consumer, 2)] == [3, 4]

    asyncio.run(scenario())


def test_administration(bootstrap: str, topic: str, group: str) -> None:
    async def scenario() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(topic, 1, 1)])
            async with asyncio.timeout(WAIT_SECONDS):
                # The controller answers before each broker has heard of the topic.
                while topic not in await admin.list_topics():
                    pass
            await admin.create_partitions({topic: NewPartitions(3)})
            (described,) = await admin.describe_topics([topic])
            assert len(described["partitions"]) == 3
            resource = ConfigResource(ConfigResourceType.TOPIC, topic)
            (configs,) = await admin.describe_configs([resource])
            names = {entry[0]: entry[1] for entry in configs.resources[0][4]}
            assert names["retention.ms"] == "604800000"

            await deliver(bootstrap, topic, [b"a", b"b", b"c"])
            partition = TopicPartition(topic, 0)
            assert await admin.delete_records({partition: RecordsToDelete(before_offset=2)}) == {partition: 2}
            async with consumer_of(bootstrap, group, topic) as consumer:
                await take(consumer, 1)
                await consumer.commit({partition: 3})
            assert group in [found[0] for found in await admin.list_consumer_groups()]
            offsets = await admin.list_consumer_group_offsets(group)
            assert offsets[partition].offset == 3
            await admin.delete_topics([topic])
            async with asyncio.timeout(WAIT_SECONDS):
                while topic in await admin.list_topics():
                    pass
        finally:
            await admin.close()

    asyncio.run(scenario())
