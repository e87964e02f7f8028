"""The two servers that are compared, each as its documentation starts it, and what they use of the machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

REPOSITORY: Final = Path(__file__).resolve().parent.parent
START_TIMEOUT_SECONDS: Final = 60.0
STOP_TIMEOUT_SECONDS: Final = 60.0
# ApiVersions v0, correlation ID 1, no client ID: the first thing every client asks.
API_VERSIONS_REQUEST: Final = struct.pack(">ihhih", 10, 18, 0, 1, -1)
# What Kafka's start scripts give the JVM (kafka-run-class, kafka-server-start).
JVM_OPTIONS: Final = (
    "-Xms1G",
    "-Xmx1G",
    "-server",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-Djava.awt.headless=true",
)


class BenchmarkFailed(Exception):
    """A server or client did not do its work; the text says what it printed."""


def kafka_jars(version: str) -> Path:
    """The folder with the jars of this version, fetched by Maven at first use; shared with the conformance tests."""
    command = [sys.executable, str(REPOSITORY / "tests" / "conformance" / "kafka_jars.py"), version]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkFailed(f"no jars of Apache Kafka {version}: see above")
    return Path(done.stdout.strip())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers, and how long it took to."""

    port: int
    process: psutil.Process
    start_seconds: float

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def memory_bytes(self) -> int:
        """Resident memory of the server and whatever processes it has started."""
        return sum(process.memory_info().rss for process in self._processes())

    def cpu_seconds(self) -> float:
        """Processor time used so far, in user and system mode."""
        times = [process.cpu_times() for process in self._processes()]
        return sum(used.user + used.system for used in times)

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@dataclass(frozen=True, slots=True)
class Barnabas:
    """`barnabas start`, without any settings."""

    name: str = "Barnabas"

    def prepare(self, folder: Path, port: int) -> list[str]:
        barnabas = shutil.which("barnabas", path=str(Path(sys.executable).parent))
        if barnabas is None:
            raise BenchmarkFailed("the command `barnabas` is not installed beside this Python")
        return [barnabas, "start", "--data", str(folder / "data"), "--port", str(port)]


@dataclass(frozen=True, slots=True)
class ApacheKafka:
    """One process as broker and controller, with the heap and the collector of Kafka's own scripts."""

    jars: Path
    version: str

    @property
    def name(self) -> str:
        return f"Kafka {self.version}"

    def prepare(self, folder: Path, port: int) -> list[str]:
        properties = folder / "server.properties"
        controller_port = free_port()
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(folder / "data"),
            "offsets.topic.replication.factor": "1",
        }
        properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        java = ["java", "-cp", str(self.jars / "*")]
        formatted = subprocess.run(
            [*java, "kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", str(properties)],
            capture_output=True,
            text=True,
            check=False,
        )
        if formatted.returncode != 0:
            raise BenchmarkFailed(f"Kafka's storage could not be formatted:\n{formatted.stdout}{formatted.stderr}")
        return ["java", *JVM_OPTIONS, "-cp", str(self.jars / "*"), "kafka.Kafka", str(properties)]


@contextlib.contextmanager
def running(server: Barnabas | ApacheKafka, folder: Path) -> Iterator[RunningServer]:
    """Start the server on an empty data directory and a free port, and end it afterwards."""
    port = free_port()
    command = server.prepare(folder, port)
    log = folder / "server.log"
    # As installed: byte code is written once and kept, which some build machines switch off.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
    try:
        if not _answers(process, port):
            raise BenchmarkFailed(f"{server.name} did not start:\n{log.read_text(errors='replace')[-4000:]}")
        yield RunningServer(port, psutil.Process(process.pid), time.perf_counter() - started)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Ask for the API versions until there is an answer; False when the process has ended or takes too long."""
    deadline = time.perf_counter() + START_TIMEOUT_SECONDS
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
                connection.sendall(API_VERSIONS_REQUEST)
                if connection.recv(4):
                    return True
        except OSError:
            time.sleep(0.005)
    return False


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
