"""The broker under test: started by the documented command, in a process of its own.

BARNABAS_TEST_BOOTSTRAP=host:port takes a running broker instead. Pointed at Apache Kafka, it shows that what these
tests assert is Kafka's behaviour and not only ours; a test that fails there is wrong.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from programs import installed_tool

BOOTSTRAP_VARIABLE: Final = "BARNABAS_TEST_BOOTSTRAP"
READY_LINE: Final = "Barnabas is ready"
START_TIMEOUT_SECONDS: Final = 30.0
STOP_TIMEOUT_SECONDS: Final = 30.0


class BrokerDidNotStart(Exception):
    """The process ended or stayed silent; carries what it printed."""


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """Where clients find the broker, and its data if the broker is ours."""

    bootstrap: str
    data: Path | None
    process: subprocess.Popen[str] | None

    @property
    def is_ours(self) -> bool:
        return self.process is not None

    @property
    def host(self) -> str:
        return self.bootstrap.rsplit(":", 1)[0]

    @property
    def port(self) -> int:
        return int(self.bootstrap.rsplit(":", 1)[1])


def free_port() -> int:
    """A port nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _read_lines(stream: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _wait_until_ready(process: subprocess.Popen[str], lines: queue.SimpleQueue[str | None], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    printed: list[str] = []
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            line = None
        if line is None:
            state = f"ended with {process.poll()}" if process.poll() is not None else "did not get ready in time"
            raise BrokerDidNotStart(f"barnabas start {state}; it printed:\n{''.join(printed)}{log.read_text()[-4000:]}")
        printed.append(line)
        if line.startswith(READY_LINE):
            return


@contextlib.contextmanager
def started_broker(
    folder: Path, overrides: Mapping[str, str] | None = None, *, config: Path | None = None, port: int | None = None
) -> Iterator[RunningBroker]:
    """`barnabas start --data DIR --port N`, until its ready line; stopped by SIGTERM, which must end it cleanly.

    With `config` it is `kafka-server-start FILE`, where the file says the port.
    """
    port = port or free_port()
    data, log = folder / "data", folder / "broker.log"
    command = [installed_tool("barnabas"), "start", "--data", str(data), "--port", str(port)]
    if config is not None:
        command = [installed_tool("kafka-server-start"), str(config)]
    for key, value in (overrides or {}).items():
        command += ["--override", f"{key}={value}"]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
    assert process.stdout is not None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read_lines, args=(process.stdout, lines), name="broker-output", daemon=True)
    reader.start()
    try:
        _wait_until_ready(process, lines, log)
        yield RunningBroker(f"localhost:{port}", data, process)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        code = process.wait(STOP_TIMEOUT_SECONDS)
        assert code == 0, f"barnabas start ended with {code}:\n{log.read_text()[-4000:]}"
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        reader.join()
        process.stdout.close()


@contextlib.contextmanager
def broker_under_test(folder: Path) -> Iterator[RunningBroker]:
    """The broker named by BARNABAS_TEST_BOOTSTRAP, or one of ours, where a group need not wait 3 s for members."""
    bootstrap = os.environ.get(BOOTSTRAP_VARIABLE)
    if bootstrap:
        yield RunningBroker(bootstrap, None, None)
        return
    with started_broker(folder, {"group.initial.rebalance.delay.ms": "0"}) as broker:
        yield broker
