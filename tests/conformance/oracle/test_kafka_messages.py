"""Our bytes against Kafka's own message classes: read by them to the last byte, and written again the same.

More than kio can say: unknown tagged fields survive, and the records of internal topics are covered too. One JVM reads
all messages, a line each.
"""

import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from conformance.kafka_jars import class_path
from property.messages import CASES, Case, messages_of

pytestmark = [pytest.mark.jvm, pytest.mark.timeout(180, func_only=True)]

KAFKA: Final = "4.3.1"
PROGRAM: Final = Path(__file__).with_name("RereadMessages.java")
EXAMPLES_PER_CASE: Final = 8


def class_name(case: Case) -> str:
    name = case.codec.message_type.__name__
    if case.api_key is not None:
        return f"org.apache.kafka.common.message.{name}Data"
    if name.startswith("ConsumerProtocol"):
        return f"org.apache.kafka.common.message.{name}"
    return f"org.apache.kafka.coordinator.group.generated.{name}"


def lines_of(case: Case) -> list[str]:
    lines: list[str] = []

    @settings(
        max_examples=EXAMPLES_PER_CASE,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(messages_of(case))
    def collect(message: Any) -> None:
        lines.append(f"{class_name(case)} {case.codec.version} {case.codec.encode(message).hex()}")

    collect()
    return lines


def test_kafka_reads_and_writes_the_same_bytes(tmp_path: Path) -> None:
    lines = [line for case in CASES for line in lines_of(case)]
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.write_text("\n".join(lines) + "\n")
    command = ["java", "-Xmx512m", "-cp", class_path(KAFKA), str(PROGRAM), str(ours), str(theirs)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    answers = theirs.read_text().splitlines()
    assert [pair for pair in zip(lines, answers, strict=True) if pair[0] != pair[1]] == []
    assert len(lines) > len(CASES)
