"""Where nobody listens, every tool says so in one line and ends with 1, soon."""

from __future__ import annotations

import time

import pytest

from conformance.broker import free_port
from conformance.command_line import OurTools, run


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("kafka-topics", "--list"),
        ("kafka-console-producer", "--topic a"),
        ("kafka-console-consumer", "--topic a"),
        ("kafka-consumer-groups", "--list"),
        ("kafka-configs", "--describe --entity-type topics"),
        ("kafka-get-offsets", ""),
    ],
)
def test_one_line(tool: str, arguments: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    started = time.monotonic()
    done = run(OurTools().command(tool), *arguments.split(), "--bootstrap-server", address, stdin="x\n")
    assert (done.code, done.output) == (1, "")
    assert done.errors == (
        f"--bootstrap-server {address}: no broker could be reached: Connect to {address} failed: Connection refused\n"
    )
    assert time.monotonic() - started < 15
