"""`kill -9` in the middle of a produce run: what was acknowledged is there afterwards, once, in order.

Everything that varies comes from the seed, the moment of the kill too: it is a number of acknowledgements, not a time.
The producers either are idempotent, so that resending is safe, or never resend; so each record may be in the log once
at most, and the records of a partition stand in it in the order in which they were sent.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from integration.robustness.server import Server, asks_apache_kafka, server

SEEDS: Final = 50
SEEDS_AT_ONCE: Final = 5
TOPIC: Final = "messages"
GROUP: Final = "readers"
DEADLINE_SECONDS: Final = 30.0
SETTINGS: Final = {"group.initial.rebalance.delay.ms": "0", "auto.create.topics.enable": "false"}
# A client that is back right after a restart instead of waiting longer each time, and keeps its worries to itself.
QUICK: Final = {"reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50, "retry.backoff.ms": 20, "log_level": 0}
# And a consumer that does not make the partitions it adds to its list wait for the long poll that is under way.
QUICK_CONSUMER: Final = {**QUICK, "fetch.wait.max.ms": 10}


def batches_of_seeds() -> list[range]:
    return [range(first, first + SEEDS_AT_ONCE) for first in range(0, SEEDS, SEEDS_AT_ONCE)]


@dataclass(slots=True)
class Plan:
    """What the seed decided."""

    seed: int
    chance: random.Random = field(init=False)
    partitions: int = field(init=False)
    records: int = field(init=False)
    outstanding: int = field(init=False)
    value_bytes: int = field(init=False)
    kill_after: int = field(init=False)
    commits_after: list[int] = field(init=False)
    leaves_before_the_kill: bool = field(init=False)
    is_idempotent: bool = field(init=False)
    goes_on: bool = field(init=False)
    producer: dict[str, str | int | bool] = field(init=False)

    def __post_init__(self) -> None:
        chance = self.chance = random.Random(self.seed)
        self.partitions = chance.randint(1, 6)
        self.records = chance.randint(300, 2_000)
        # Together less than all records: the last of them is always sent after the restart.
        self.kill_after = chance.randint(2, self.records * 3 // 4)
        self.outstanding = self.records // 5
        self.value_bytes = chance.choice([10, 100, 1_000])
        self.commits_after = sorted(chance.sample(range(1, self.kill_after), min(self.kill_after - 1, 2)))
        self.leaves_before_the_kill = chance.random() < 0.5
        self.is_idempotent = chance.random() < 0.6
        self.goes_on = chance.random() < 0.6
        self.producer = {
            "acks": "all",
            "enable.idempotence": self.is_idempotent,
            "max.in.flight.requests.per.connection": chance.randint(1, 5),
            "batch.num.messages": chance.choice([1, 5, 50]),
            "linger.ms": chance.choice([0, 1]),
            "compression.type": chance.choice(["none", "none", "gzip", "snappy", "lz4", "zstd"]),
        }
        if not self.is_idempotent:
            self.producer["retries"] = 0

    @property
    def keeps_order(self) -> bool:
        return self.is_idempotent or self.producer["max.in.flight.requests.per.connection"] == 1

    def value(self, number: int) -> bytes:
        return f"{number} ".encode().ljust(self.value_bytes, b".")


@dataclass(slots=True)
class Run:
    """A producer that streams numbered records, and kills the server when it has seen enough acknowledgements."""

    plan: Plan
    broker: Server
    sent: int = 0
    answered: int = 0
    # Number of a record -> partition and offset; after a restart a broker may have forgotten the offset of a duplicate.
    acknowledged: dict[int, tuple[int, int]] = field(default_factory=dict)
    was_killed: bool = False

    def new_producer(self) -> Producer:
        return Producer({"bootstrap.servers": self.broker.bootstrap, **QUICK, **self.plan.producer})

    def delivered(self, error: KafkaError | None, message: Message) -> None:
        self.answered += 1
        if error is not None:
            return
        number = int((message.value() or b"").split(b" ")[0])
        assert number not in self.acknowledged, f"{number} was acknowledged twice"
        self.acknowledged[number] = (message.partition() or 0, message.offset() or 0)
        if not self.was_killed and len(self.acknowledged) >= self.plan.kill_after:
            self.was_killed = True
            self.broker.kill()

    def step(self, producer: Producer) -> None:
        """Send a record if there are not too many on the way; see what came back."""
        if self.sent < self.plan.records and self.sent - self.answered < self.plan.outstanding:
            partition = self.plan.chance.randrange(self.plan.partitions)
            producer.produce(TOPIC, self.plan.value(self.sent), partition=partition, on_delivery=self.delivered)
            self.sent += 1
            producer.poll(0)
        else:
            producer.poll(0.05)


@dataclass(slots=True)
class Reader:
    """A member of the group, which commits what it has read when told to."""

    plan: Plan
    consumer: Consumer
    consumed: int = 0
    committed: dict[int, int] = field(default_factory=dict)
    has_left: bool = False

    def leave(self) -> None:
        if not self.has_left:
            self.has_left = True
            self.consumer.close()

    def commit_some(self, available: int) -> None:
        wanted = self.plan.chance.randint(1, available - self.consumed) if available > self.consumed else 0
        for message in self.consumer.consume(wanted, DEADLINE_SECONDS) if wanted else []:
            assert message.error() is None, message.error()
            self.consumed += 1
            self.committed[message.partition() or 0] = (message.offset() or 0) + 1
        offsets = [TopicPartition(TOPIC, partition, offset) for partition, offset in self.committed.items()]
        for answer in self.consumer.commit(offsets=offsets, asynchronous=False):
            assert answer.error is None, answer.error


@pytest.mark.parametrize("seeds", batches_of_seeds(), ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_nothing_acknowledged_is_lost_doubled_or_reordered(seeds: range, tmp_path: Path) -> None:
    # Most of the time goes into waiting, so a few brokers are killed beside one another; JVMs come one by one.
    with ThreadPoolExecutor(1 if asks_apache_kafka() else len(seeds)) as pool:
        runs = [pool.submit(kill_and_restart, seed, tmp_path / str(seed)) for seed in seeds]
    failures = [error for run in runs if (error := run.exception()) is not None]
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} seeds failed", failures)


def kill_and_restart(seed: int, folder: Path) -> None:
    try:
        follow(Plan(seed), folder)
    except BaseException as error:
        error.add_note(f"seed {seed}, in {folder}")
        raise


def follow(plan: Plan, folder: Path) -> None:
    with server(folder, SETTINGS) as broker:
        create_topic(broker, plan.partitions)
        run = Run(plan, broker)
        reader = Reader(plan, group_member(broker))
        stream(run, reader)
        assert run.was_killed
        log = read_all(broker, plan)
        check_log(run, log)
        check_group(broker, log, reader.committed)
        broker.stop()


def stream(run: Run, reader: Reader) -> None:
    """Send everything; commit, leave the group, and start the killed server again when the plan says so."""
    plan = run.plan
    producer = run.new_producer()
    deadline = time.monotonic() + DEADLINE_SECONDS
    commits_after = list(plan.commits_after)
    was_restarted = False
    while run.answered < plan.records:
        assert time.monotonic() < deadline, f"{run.answered} of {plan.records} records were answered"
        run.step(producer)
        if not run.was_killed and commits_after and len(run.acknowledged) >= commits_after[0]:
            del commits_after[0]
            reader.commit_some(len(run.acknowledged))
            if not commits_after and plan.leaves_before_the_kill:
                reader.leave()
        if run.was_killed and not was_restarted:
            was_restarted = True
            run.broker.start()
            if not plan.goes_on:
                producer.purge()
                assert producer.flush(DEADLINE_SECONDS) == 0
                producer = run.new_producer()
    # Acknowledgements come in bunches, so the kill may have come before it could leave.
    reader.leave()


def create_topic(broker: Server, partitions: int) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap, **QUICK})
    topic = NewTopic(TOPIC, num_partitions=partitions, replication_factor=1)
    admin.create_topics([topic])[TOPIC].result(DEADLINE_SECONDS)


def group_member(broker: Server) -> Consumer:
    config = {
        "bootstrap.servers": broker.bootstrap,
        "group.id": GROUP,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 6_000,
        "heartbeat.interval.ms": 500,
        **QUICK_CONSUMER,
    }
    consumer = Consumer(config)
    consumer.subscribe([TOPIC])
    return consumer


def read_all(broker: Server, plan: Plan) -> dict[int, list[int]]:
    """The numbers in each partition, at index = offset."""
    config = {"bootstrap.servers": broker.bootstrap, "group.id": "auditor", "enable.auto.commit": False}
    consumer = Consumer({**config, **QUICK_CONSUMER})
    try:
        partitions = [TopicPartition(TOPIC, index, 0) for index in range(plan.partitions)]
        ends = [consumer.get_watermark_offsets(partition, DEADLINE_SECONDS) for partition in partitions]
        assert all(low == 0 for low, _ in ends)
        consumer.assign(partitions)
        log: dict[int, list[int]] = {index: [] for index in range(plan.partitions)}
        deadline = time.monotonic() + DEADLINE_SECONDS
        while any(len(log[index]) < high for index, (_, high) in enumerate(ends)):
            assert time.monotonic() < deadline, f"the log ends at {ends}, but there came {log}"
            for message in consumer.consume(1_000, 0.02):
                assert message.error() is None, message.error()
                numbers = log[message.partition() or 0]
                assert message.offset() == len(numbers)
                value = message.value() or b""
                numbers.append(int(value.split(b" ")[0]))
                assert value == plan.value(numbers[-1])
        return log
    finally:
        consumer.close()


def check_log(run: Run, log: dict[int, list[int]]) -> None:
    for number, (partition, offset) in run.acknowledged.items():
        assert number in log[partition], f"{number} was acknowledged, but is not in partition {partition}"
        assert offset < 0 or log[partition][offset] == number, f"{number} is not at offset {offset} as acknowledged"
    for partition, numbers in log.items():
        assert len(set(numbers)) == len(numbers), f"partition {partition} has records twice: {numbers}"
        if run.plan.keeps_order:
            assert numbers == sorted(numbers), f"partition {partition} is out of order: {numbers}"
    assert run.plan.records - 1 in run.acknowledged, "the producer did not go on"
    if run.plan.is_idempotent and run.plan.goes_on:
        assert len(run.acknowledged) == run.plan.records


def check_group(broker: Server, log: dict[int, list[int]], committed: dict[int, int]) -> None:
    """Whoever joins the group next starts where the offsets were committed."""
    consumer = group_member(broker)
    try:
        expected = {partition: committed.get(partition, 0) for partition, numbers in log.items()}
        expected = {partition: offset for partition, offset in expected.items() if offset < len(log[partition])}
        first: dict[int, int] = {}
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(first) < len(expected):
            assert time.monotonic() < deadline, f"expected first offsets {expected}, but got {first}"
            for message in consumer.consume(1_000, 0.02):
                assert message.error() is None, message.error()
                first.setdefault(message.partition() or 0, message.offset() or 0)
        assert first == expected
        answers = consumer.committed([TopicPartition(TOPIC, partition) for partition in log], DEADLINE_SECONDS)
        assert {answer.partition: answer.offset for answer in answers if answer.offset >= 0} == committed
    finally:
        consumer.close()
