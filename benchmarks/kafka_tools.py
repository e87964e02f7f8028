"""The clients: Apache Kafka's own performance tools, and two small Java programs on Kafka's client library.

They are the same for both servers. Each is a process of its own, so its work is not in the server's processor seconds;
on a small machine it takes cores from the server, which is why rates say less than seconds.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.machine import REPOSITORY
from benchmarks.servers import BenchmarkFailed, RunningServer

TOOL_TIMEOUT_SECONDS: Final = 900.0
TOPIC_TIMEOUT_SECONDS: Final = 120.0
JAVA_SOURCES: Final = REPOSITORY / "benchmarks" / "java"
_RATE: Final = re.compile(r"(\d+) records sent, ([\d.]+) records/sec")


def create_topic(server: RunningServer, topic: str, partitions: int = 1) -> None:
    """Make a topic and wait until every partition has its leader."""
    admin = AdminClient({"bootstrap.servers": server.bootstrap, "log_level": 4})
    made = admin.create_topics(
        [NewTopic(topic, partitions, 1)], operation_timeout=TOPIC_TIMEOUT_SECONDS, request_timeout=TOPIC_TIMEOUT_SECONDS
    )
    try:
        made[topic].result()
    except KafkaException as error:
        raise BenchmarkFailed(f"topic {topic} with {partitions} partitions could not be made: {error}") from None
    while True:
        found = admin.list_topics(topic, timeout=TOPIC_TIMEOUT_SECONDS).topics[topic].partitions
        if len(found) == partitions and all(partition.leader >= 0 for partition in found.values()):
            return


@dataclass(frozen=True, slots=True)
class Clients:
    """Programs on the jars of one version of Apache Kafka, used for both servers."""

    jars: Path
    classes: Path

    def java(self, main_class: str, *arguments: str) -> list[str]:
        """The command that runs a class of Kafka's or of ours."""
        path = f"{self.classes}{_PATH_SEPARATOR}{self.jars / '*'}"
        return ["java", "-Xmx512m", "-cp", path, main_class, *arguments]

    def run(self, main_class: str, *arguments: str) -> str:
        """Run it to its end; return what it printed."""
        done = subprocess.run(
            self.java(main_class, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=TOOL_TIMEOUT_SECONDS,
        )
        if done.returncode != 0:
            printed = done.stdout[-2000:] + done.stderr[-2000:]
            raise BenchmarkFailed(f"{main_class} ended with {done.returncode}:\n{printed}")
        return done.stdout

    def produce(self, server: RunningServer, topic: str, records: int, what: int | Path, *properties: str) -> float:
        """Send records as fast as it goes, of this size or lines of this file; return the rate the tool measured."""
        payload = ["--record-size", str(what)] if isinstance(what, int) else ["--payload-file", str(what)]
        printed = self.run(
            "org.apache.kafka.tools.ProducerPerformance",
            *("--topic", topic, "--num-records", str(records), *payload),
            *("--throughput", "-1", "--bootstrap-server", server.bootstrap),
            *("--command-property", "acks=1", *properties),
        )
        sent = _RATE.findall(printed)
        if not sent or int(sent[-1][0]) != records:
            raise BenchmarkFailed(f"{records} records were to be sent; ProducerPerformance says:\n{printed}")
        return float(sent[-1][1])

    def consume(self, server: RunningServer, topic: str, records: int) -> float:
        """Read so many records; return the rate the tool measured, less the time to join the group."""
        printed = self.run(
            "org.apache.kafka.tools.ConsumerPerformance",
            *("--topic", topic, "--bootstrap-server", server.bootstrap, "--num-records", str(records), "--hide-header"),
            *("--timeout", "60000"),
        )
        columns = [column.strip() for column in printed.strip().splitlines()[-1].split(",")]
        if len(columns) != 10 or int(columns[4]) < records:
            raise BenchmarkFailed(f"{records} records were to be read; ConsumerPerformance says:\n{printed}")
        return float(columns[9])

    def consume_with_many(self, server: RunningServer, topic: str, consumers: int, records: int) -> float:
        """Let so many consumers read the whole topic each; return the records per second of all together."""
        printed = self.run("ManyConsumers", server.bootstrap, topic, str(consumers), str(records))
        return float(printed.split()[-1])


_PATH_SEPARATOR: Final = ";" if REPOSITORY.drive else ":"


def compiled_clients(jars: Path, folder: Path) -> Clients:
    """Compile the programs in `java/` into this folder."""
    sources: Sequence[Path] = sorted(JAVA_SOURCES.glob("*.java"))
    classes = Path(tempfile.mkdtemp(prefix="classes-", dir=folder))
    try:
        done = subprocess.run(
            ["javac", "-cp", str(jars / "*"), "-d", str(classes), *(str(source) for source in sources)],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise BenchmarkFailed("needs javac, the compiler of a Java development kit") from None
    if done.returncode != 0:
        raise BenchmarkFailed(f"the Java programs could not be compiled:\n{done.stderr}")
    return Clients(jars, classes)
