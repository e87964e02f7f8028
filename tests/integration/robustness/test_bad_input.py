"""10,000 rude requests on many connections: other clients notice nothing, and the broker's memory stays flat."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from integration.robustness.hostile_requests import TARGET_TOPIC, Hostile, api_versions_request, hostile_request
from integration.robustness.server import Barnabas, Server, server

REQUESTS: Final = 10_000
# Memory is compared from here on: by then all code is loaded and all buffers have had their first use.
WARM_UP: Final = 2_500
CONNECTIONS: Final = 64
MEMORY_GROWTH_BYTES: Final = 16 * 1024 * 1024
OBSERVED_TOPIC: Final = "observed"
CLOSE_SECONDS: Final = 20.0
ANSWER_SECONDS: Final = 0.05
DRIP_SECONDS: Final = 0.005
TIMEOUT_MS: Final = 10_000


@dataclass(slots=True)
class Observer:
    """A producer and a consumer that want to be left in peace, in a thread of their own."""

    bootstrap: str
    stop: threading.Event = field(default_factory=threading.Event)
    complaints: list[str] = field(default_factory=list)
    sent: int = 0
    delivered: int = 0
    received: int = 0

    def run(self) -> None:
        common = {"bootstrap.servers": self.bootstrap, "error_cb": self.complain, "log_level": 0}
        producer = Producer({**common, "enable.idempotence": True, "message.timeout.ms": TIMEOUT_MS, "linger.ms": 1})
        consumer = Consumer({**common, "group.id": "observers", "auto.offset.reset": "earliest"})
        try:
            consumer.subscribe([OBSERVED_TOPIC], on_lost=lambda *_: self.complaints.append("thrown out of the group"))
            while not self.stop.is_set():
                producer.produce(OBSERVED_TOPIC, str(self.sent).encode(), on_delivery=self.on_delivery)
                self.sent += 1
                producer.poll(0)
                self.receive(consumer.consume(500, 0.005))
            producer.flush(TIMEOUT_MS / 1000)
            deadline = time.monotonic() + TIMEOUT_MS / 1000
            while self.received < self.sent and time.monotonic() < deadline:
                self.receive(consumer.consume(500, 0.1))
        finally:
            consumer.close()

    def complain(self, error: KafkaError) -> None:
        self.complaints.append(str(error))

    def on_delivery(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.delivered += 1
        else:
            self.complain(error)

    def receive(self, messages: list[Message]) -> None:
        for message in messages:
            if message.error() is not None:
                self.complaints.append(str(message.error()))
            elif message.value() != str(self.received).encode():
                self.complaints.append(f"expected {self.received}, got {message.value()!r}")
            self.received += 1


@dataclass(slots=True)
class Attack:
    """All rude requests, `CONNECTIONS` at a time."""

    broker: Server
    answered: Counter[str] = field(default_factory=Counter)
    staying: list[asyncio.StreamWriter] = field(default_factory=list)

    async def send(self, seeds: range) -> None:
        waiting = iter(seeds)

        async def worker() -> None:
            for seed in waiting:
                await self.send_one(hostile_request(seed), seed)

        async with asyncio.TaskGroup() as workers:
            for _ in range(CONNECTIONS):
                workers.create_task(worker())

    async def send_one(self, rude: Hostile, seed: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.broker.port)
        if rude.never_reads:
            # A broker that answers regardless fills its memory; a good one stops reading.
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(rude.data)
            self.staying.append(writer)
            return
        try:
            await self.write(writer, rude)
            if rude.must_close:
                await self.expect_close(reader, rude, seed)
            elif not rude.hangs_up:
                await self.see_answer(reader, rude)
        except ConnectionError:
            self.answered[f"{rude.kind}: closed"] += 1
        finally:
            writer.transport.abort()

    async def write(self, writer: asyncio.StreamWriter, rude: Hostile) -> None:
        if not rude.is_slow:
            writer.write(rude.data)
            await writer.drain()
            return
        for byte in rude.data:
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(DRIP_SECONDS)

    async def expect_close(self, reader: asyncio.StreamReader, rude: Hostile, seed: int) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                while await reader.read(65_536):
                    pass
        except TimeoutError:
            raise AssertionError(f"the broker keeps the connection of request {seed}, {rude.kind}") from None
        self.answered[f"{rude.kind}: closed"] += 1

    async def see_answer(self, reader: asyncio.StreamReader, rude: Hostile) -> None:
        # Some of these are long polls, and some want no answer: all that counts is how the broker is afterwards.
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self.answered[f"{rude.kind}: {'answered' if await reader.read(65_536) else 'closed'}"] += 1
        except TimeoutError:
            self.answered[f"{rude.kind}: silence"] += 1

    async def expect_api_versions(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.broker.port)
        async with asyncio.timeout(CLOSE_SECONDS):
            writer.write(api_versions_request())
            size = int.from_bytes(await reader.readexactly(4), "big")
            answer = await reader.readexactly(size)
        assert answer[4:6] == b"\x00\x00", answer
        writer.close()
        await writer.wait_closed()

    def leave(self) -> None:
        for writer in self.staying:
            writer.transport.abort()


@pytest.mark.timeout(180)
def test_nobody_notices_bad_input(tmp_path: Path) -> None:
    with server(tmp_path, {"auto.create.topics.enable": "false", "group.initial.rebalance.delay.ms": "0"}) as broker:
        create_topics(broker)
        observer = Observer(broker.bootstrap)
        thread = threading.Thread(target=observer.run, name="observer")
        thread.start()
        try:
            growth_bytes = asyncio.run(attack(broker))
        finally:
            observer.stop.set()
            thread.join()
        assert observer.complaints == []
        assert observer.sent == observer.delivered == observer.received
        assert observer.sent > 100
        if isinstance(broker, Barnabas):
            assert growth_bytes < MEMORY_GROWTH_BYTES, f"memory grew by {growth_bytes / 2**20:.1f} MiB"
        broker.stop()


async def attack(broker: Server) -> int:
    """Send everything; return by how many bytes the broker's memory has grown since the warm-up."""
    process = psutil.Process(broker.pid)
    rude = Attack(broker)
    await rude.send(range(WARM_UP))
    before: int = process.memory_info().rss
    await rude.send(range(WARM_UP, REQUESTS))
    await rude.expect_api_versions()
    growth_bytes: int = process.memory_info().rss - before
    rude.leave()
    print(f"memory grew by {growth_bytes / 2**20:.1f} MiB from {before / 2**20:.1f} MiB")
    for outcome, count in sorted(rude.answered.items()):
        print(f"{count:6} {outcome}")
    return growth_bytes


def create_topics(broker: Server) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    topics = [NewTopic(name, num_partitions=1, replication_factor=1) for name in (OBSERVED_TOPIC, TARGET_TOPIC)]
    for created in admin.create_topics(topics).values():
        created.result(30)
