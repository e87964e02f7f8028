"""What the servers are given to do: Apache Kafka's own performance tools, the same for both.

The client is a JVM of its own, so its work is not in the server's processor seconds; on a small machine it takes cores
from the server, which is why rates say less than seconds.
"""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.servers import BenchmarkFailed, RunningServer

TOOL_TIMEOUT_SECONDS: Final = 900.0
SETTLE_SECONDS: Final = 3.0
_RATE: Final = re.compile(r"(\d+) records sent, ([\d.]+) records/sec")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    records: int
    single_requests: int


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the comparison."""

    key: str
    title: str
    unit: str
    less_is_better: bool = True


METRICS: Final = (
    Metric("start_seconds", "start until the first ApiVersions answer", "s"),
    Metric("idle_memory_mb", "resident memory, idle", "MB"),
    Metric("produce_cpu_seconds", "produce 1 kB records: server CPU", "s"),
    Metric("produce_rate", "produce 1 kB records: rate", "records/s", less_is_better=False),
    Metric("consume_cpu_seconds", "consume them: server CPU", "s"),
    Metric("consume_rate", "consume them: rate while fetching", "records/s", less_is_better=False),
    Metric("single_cpu_seconds", "requests of one 200 B record: server CPU", "s"),
    Metric("single_rate", "requests of one 200 B record: rate", "records/s", less_is_better=False),
    Metric("final_memory_mb", "resident memory, afterwards", "MB"),
)


@dataclass(frozen=True, slots=True)
class Client:
    """Apache Kafka's command line tools, of one version for both servers."""

    jars: Path

    def run(self, tool: str, *arguments: str) -> str:
        command = ["java", "-Xmx512m", "-cp", str(self.jars / "*"), f"org.apache.kafka.tools.{tool}", *arguments]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=TOOL_TIMEOUT_SECONDS
        )
        if done.returncode != 0:
            raise BenchmarkFailed(f"{tool} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def create_topic(self, server: RunningServer, topic: str) -> None:
        self.run("TopicCommand", "--bootstrap-server", server.bootstrap, "--create", "--topic", topic)

    def produce(self, server: RunningServer, topic: str, records: int, record_bytes: int, *properties: str) -> float:
        """Send records of this size as fast as it goes; return the rate the tool measured."""
        printed = self.run(
            "ProducerPerformance",
            *("--topic", topic, "--num-records", str(records), "--record-size", str(record_bytes)),
            *("--throughput", "-1", "--bootstrap-server", server.bootstrap),
            *("--command-property", "acks=1", *properties),
        )
        sent = _RATE.findall(printed)
        if not sent or int(sent[-1][0]) != records:
            raise BenchmarkFailed(f"{records} records were to be sent; ProducerPerformance says:\n{printed}")
        return float(sent[-1][1])

    def consume(self, server: RunningServer, topic: str, records: int) -> float:
        """Read this many records; return the rate the tool measured, less the time to join the group."""
        printed = self.run(
            "ConsumerPerformance",
            *("--topic", topic, "--bootstrap-server", server.bootstrap, "--num-records", str(records), "--hide-header"),
        )
        columns = [column.strip() for column in printed.strip().splitlines()[-1].split(",")]
        if len(columns) != 10 or int(columns[4]) < records:
            raise BenchmarkFailed(f"{records} records were to be read; ConsumerPerformance says:\n{printed}")
        return float(columns[9])


def measure(server: RunningServer, client: Client, sizes: Sizes) -> dict[str, float]:
    """Give a fresh server all its work; return the value of every metric."""
    values = {"start_seconds": server.start_seconds}
    # Whatever a server puts off until after its start is part of being idle.
    time.sleep(SETTLE_SECONDS)
    values["idle_memory_mb"] = server.memory_bytes() / 1e6
    client.create_topic(server, "large")
    client.create_topic(server, "single")

    used = server.cpu_seconds()
    values["produce_rate"] = client.produce(server, "large", sizes.records, 1000, "batch.size=65536")
    values["produce_cpu_seconds"] = server.cpu_seconds() - used

    used = server.cpu_seconds()
    values["consume_rate"] = client.consume(server, "large", sizes.records)
    values["consume_cpu_seconds"] = server.cpu_seconds() - used

    used = server.cpu_seconds()
    values["single_rate"] = client.produce(server, "single", sizes.single_requests, 200, "batch.size=0", "linger.ms=0")
    values["single_cpu_seconds"] = server.cpu_seconds() - used
    values["final_memory_mb"] = server.memory_bytes() / 1e6
    return values
