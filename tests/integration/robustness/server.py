"""A broker that a test may kill and start again on the same data.

`barnabas_server` runs the documented command. BARNABAS_TEST_SERVER=apache-kafka runs Apache Kafka behind the same three
methods, which shows that what a test asserts is true of Kafka too.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

from conformance.broker import READY_LINE
from conformance.kafka_jars import class_path
from programs import installed_tool

SERVER_VARIABLE: Final = "BARNABAS_TEST_SERVER"
KAFKA_VERSION: Final = "4.1.1"
START_TIMEOUT_SECONDS: Final = 60.0
STOP_TIMEOUT_SECONDS: Final = 30.0


# Below the ports that systems give to outgoing connections: none of those may take a server's port while it is down.
_ports = itertools.count(20_000 + os.getpid() * 64 % 12_000)


def _lasting_port() -> int:
    """A port that nobody listens on, and that a server can have again after a restart."""
    for port in itertools.islice(_ports, 1_000):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerFailed("no port is free")


class ServerFailed(Exception):
    """The server did not start or stop as it should; carries the end of what it printed."""


class Server:
    """One broker process at a time, on one port and one data directory. Subclasses say how it is started."""

    def __init__(self, folder: Path, overrides: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.data = folder / "data"
        self.overrides = overrides
        self.port = _lasting_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def start(self) -> None:
        """Start the process; return when it accepts connections."""
        assert self._process is None, "the server is running already"
        with self._log.open("a") as errors:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        process = self._process
        watchdog = threading.Timer(START_TIMEOUT_SECONDS, process.kill)
        watchdog.start()
        try:
            ready = self._is_ready(process)
        finally:
            watchdog.cancel()
            watchdog.join()
        if not ready:
            self.kill()
            raise ServerFailed(f"the server did not start:\n{self.printed()}")
        assert process.stdout is not None
        threading.Thread(target=_drain, args=(process.stdout,), name="server-output", daemon=True).start()

    def kill(self) -> None:
        """End the process as `kill -9` does: it gets no chance to write or say anything."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """End the process as an operator does; it must end cleanly."""
        process, self._process = self._process, None
        assert process is not None, "the server is not running"
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise ServerFailed(f"the server did not stop in time:\n{self.printed()}") from None
        if code not in self._clean_exit_codes():
            raise ServerFailed(f"the server ended with {code}:\n{self.printed()}")

    def printed(self) -> str:
        """The end of what the server wrote to its standard error."""
        return self._log.read_text()[-4000:]

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _is_ready(self, process: subprocess.Popen[str]) -> bool:
        raise NotImplementedError

    def _clean_exit_codes(self) -> set[int]:
        # Windows has no SIGTERM to catch: there the process is ended with code 1.
        return {0, 1} if sys.platform == "win32" else {0}


class Barnabas(Server):
    """`barnabas start`, as the README says."""

    def _command(self) -> list[str]:
        command = [installed_tool("barnabas"), "start", "--data", str(self.data), "--port", str(self.port)]
        for key, value in self.overrides.items():
            command += ["--override", f"{key}={value}"]
        return command

    def _is_ready(self, process: subprocess.Popen[str]) -> bool:
        assert process.stdout is not None
        return any(line.startswith(READY_LINE) for line in process.stdout)


class ApacheKafka(Server):
    """Apache Kafka as one process, broker and controller."""

    def _command(self) -> list[str]:
        java = ["java", "-Xmx512m", "-cp", class_path(KAFKA_VERSION)]
        properties = self.folder / "server.properties"
        if not properties.exists():
            controller_port = _lasting_port()
            settings = {
                "process.roles": "broker,controller",
                "node.id": "1",
                "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
                "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller_port}",
                "controller.listener.names": "CONTROLLER",
                "log.dirs": str(self.data),
                "offsets.topic.replication.factor": "1",
                **self.overrides,
            }
            properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
            subprocess.run(
                [*java, "kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", str(properties)],
                check=True,
                capture_output=True,
                timeout=START_TIMEOUT_SECONDS,
            )
        return [*java, "kafka.Kafka", str(properties)]

    def _is_ready(self, process: subprocess.Popen[str]) -> bool:
        # It prints nothing to wait for; its port opens shortly before it serves, which clients bear.
        while process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return True
            time.sleep(0.05)
        return False

    def _clean_exit_codes(self) -> set[int]:
        return {0, 143}


def asks_apache_kafka() -> bool:
    return os.environ.get(SERVER_VARIABLE) == "apache-kafka"


@contextlib.contextmanager
def server(folder: Path, overrides: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A started server that is gone afterwards; the test itself decides whether it has to `stop` cleanly."""
    make = ApacheKafka if asks_apache_kafka() else Barnabas
    running = make(folder, overrides or {})
    try:
        running.start()
        yield running
    finally:
        running.kill()


def _drain(stream: IO[str]) -> None:
    with stream:
        for _ in stream:
            pass
