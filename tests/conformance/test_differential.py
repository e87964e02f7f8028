"""The same requests to Apache Kafka and to us, over sockets: what a client can see of the answers must be the same.

Each question is a function that asks one side and returns what it was told, by the name of each step. Left out is
where we differ on purpose: records that do not parse inside a batch with a right CRC (we never open a batch that
need not be opened), bytes after the batch, and attributes that no client sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from conformance.broker import started_broker
from conformance.oracle import (
    questions_of_consumer_groups,
    questions_of_consumers,
    questions_of_producers,
    questions_of_validation,
)
from conformance.oracle.kafka_broker import free_ports, kafka_broker
from conformance.oracle.side import Question, Side

pytestmark = [pytest.mark.jvm, pytest.mark.slow, pytest.mark.timeout(240)]

QUESTIONS: Final = (
    *questions_of_producers.QUESTIONS,
    *questions_of_consumers.QUESTIONS,
    *questions_of_consumer_groups.QUESTIONS,
    *questions_of_validation.QUESTIONS,
)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """Apache Kafka and our broker."""
    folder = tmp_path_factory.mktemp("differential")
    port, controller_port = free_ports(2)
    properties = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(folder / "kafka-logs"),
        "offsets.topic.replication.factor": "1",
    }
    with kafka_broker("4.1.1", folder, properties), started_broker(folder) as broker:
        sides = Side(port), Side(broker.port)
        try:
            yield sides
        finally:
            for side in sides:
                side.close()


@pytest.mark.parametrize("ask", QUESTIONS, ids=lambda ask: str(ask.__name__))
def test_both_answer_alike(both: tuple[Side, Side], ask: Question) -> None:
    kafka, ours = both
    theirs = ask(kafka)
    told = ask(ours)
    differing = {step: (told.get(step), theirs[step]) for step in theirs if told.get(step) != theirs[step]}
    assert differing == {}, "ours, then Kafka's"
