"""Kafka's command-line tools by name, from Apache Kafka's jars or as Barnabas installs them.

Both are driven alike, so one test says what the quickstart prints and runs for each.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from conformance.kafka_jars import JarsUnavailable, class_path
from programs import cannot_run, installed_tool, require_program

RUN_TIMEOUT_SECONDS: Final = 60.0

JAVA_CLASSES: Final[Mapping[str, str]] = {
    "kafka-broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
    "kafka-cluster": "org.apache.kafka.tools.ClusterTool",
    "kafka-configs": "kafka.admin.ConfigCommand",
    "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
    "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-consumer-perf-test": "org.apache.kafka.tools.ConsumerPerformance",
    "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
    "kafka-dump-log": "kafka.tools.DumpLogSegments",
    "kafka-e2e-latency": "org.apache.kafka.tools.EndToEndLatency",
    "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
    "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
    "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
    "kafka-topics": "org.apache.kafka.tools.TopicCommand",
    "kafka-verifiable-consumer": "org.apache.kafka.tools.VerifiableConsumer",
    "kafka-verifiable-producer": "org.apache.kafka.tools.VerifiableProducer",
}
# A tool lives for a second: the quick compiler and the simplest collector save half of that.
JAVA_OPTIONS: Final = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")


@dataclass(frozen=True, slots=True)
class Finished:
    """What a tool printed and how it ended."""

    command: tuple[str, ...]
    code: int
    output: str
    errors: str

    def lines(self) -> list[str]:
        return self.output.splitlines()

    def columns(self) -> list[list[str]]:
        """The words of each line that has any: for tables, whose padding follows the widest cell."""
        return [line.split() for line in self.lines() if line.strip()]

    def json_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines() if line.startswith("{")]

    def __str__(self) -> str:
        return f"{' '.join(self.command)}\nended with {self.code}\n--- output\n{self.output}\n--- errors\n{self.errors}"


class Tools(Protocol):
    """A set of Kafka's command-line tools."""

    @property
    def label(self) -> str:
        """What to call this set in a test's name."""
        ...

    def command(self, tool: str) -> list[str]:
        """The words that start this tool, before its own arguments. Skips the test if it can't be had."""
        ...


@dataclass(frozen=True, slots=True)
class JavaTools:
    """The tools of a release of Apache Kafka."""

    version: str

    @property
    def label(self) -> str:
        return f"apache-kafka-{self.version}"

    def command(self, tool: str) -> list[str]:
        java = require_program("java")
        try:
            jars = class_path(self.version)
        except JarsUnavailable as error:
            cannot_run(str(error))
        return [java, *JAVA_OPTIONS, "-cp", jars, JAVA_CLASSES[tool]]


@dataclass(frozen=True, slots=True)
class OurTools:
    """The tools that installing Barnabas puts on PATH, under Kafka's names."""

    label: str = "barnabas"

    def command(self, tool: str) -> list[str]:
        return [installed_tool(tool)]


def _text(part: str | bytes | None) -> str:
    """What an expired run printed, which comes as bytes whatever was asked for."""
    return part.decode(errors="replace") if isinstance(part, bytes) else part or ""


def run(
    command: Sequence[str],
    *arguments: str,
    stdin: str = "",
    environment: Mapping[str, str] | None = None,
    timeout_seconds: float = RUN_TIMEOUT_SECONDS,
) -> Finished:
    """Run to the end; a tool that hangs is killed and its output shown."""
    words = (*command, *arguments)
    try:
        done = subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_seconds,
            env={**os.environ, **(environment or {})},
        )
    except subprocess.TimeoutExpired as expired:
        output, errors = (_text(part) for part in (expired.stdout, expired.stderr))
        raise AssertionError(f"did not end in time: {Finished(words, -1, output, errors)}") from None
    return Finished(words, done.returncode, done.stdout, done.stderr)


def succeed(command: Sequence[str], *arguments: str, stdin: str = "", timeout_seconds: float = 60.0) -> Finished:
    """Run to the end, which must be with code 0."""
    finished = run(command, *arguments, stdin=stdin, timeout_seconds=timeout_seconds)
    assert finished.code == 0, str(finished)
    return finished
