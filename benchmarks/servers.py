"""The two servers that are measured, each as its documentation starts it, and what they use of the machine.

A server can be ended, or killed, and started again on the same folder.
"""

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

from benchmarks.machine import REPOSITORY

START_TIMEOUT_SECONDS: Final = 300.0
STOP_TIMEOUT_SECONDS: Final = 300.0
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
        """Processor time used so far, in user and system mode, by all of its processes, ended ones too."""
        times = [process.cpu_times() for process in self._processes()]
        return sum(used.user + used.system + used.children_user + used.children_system for used in times)

    def bytes_read(self) -> int | None:
        """What it has read by system calls since its start; None where the system doesn't count that."""
        counters = getattr(self.process, "io_counters", None)
        return int(counters().read_chars) if counters is not None and sys.platform == "linux" else None

    def kill(self) -> None:
        """End it without a chance to tidy up, as a lost machine does."""
        for process in self._processes():
            process.kill()
        self.process.wait(STOP_TIMEOUT_SECONDS)

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@dataclass(frozen=True, slots=True)
class Barnabas:
    """`barnabas start`, without any settings; with `profile_path`, under Python's profiler, which writes there."""

    profile_path: Path | None = None

    @property
    def name(self) -> str:
        return "Barnabas"

    def prepare(self, folder: Path, port: int) -> list[str]:
        """The command that starts it with its data in this folder."""
        barnabas = shutil.which("barnabas", path=str(Path(sys.executable).parent))
        if barnabas is None:
            raise BenchmarkFailed("the command `barnabas` is not installed beside this Python")
        command = [barnabas]
        if self.profile_path is not None:
            command = [sys.executable, str(REPOSITORY / "benchmarks" / "profiled_server.py"), str(self.profile_path)]
        return [*command, "start", "--data", str(folder / "data"), "--port", str(port)]


@dataclass(frozen=True, slots=True)
class ApacheKafka:
    """One process as broker and controller, with the heap and the collector of Kafka's own scripts."""

    jars: Path
    version: str

    @property
    def name(self) -> str:
        return f"Kafka {self.version}"

    def prepare(self, folder: Path, port: int) -> list[str]:
        """The command that starts it with its data in this folder, which is formatted first."""
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
            # What Barnabas does without being asked: a group's first member doesn't wait for others.
            "group.initial.rebalance.delay.ms": "0",
        }
        properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        tool = ["java", "-cp", str(self.jars / "*"), "kafka.tools.StorageTool", "format", "--ignore-formatted"]
        formatted = subprocess.run(
            [*tool, "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", str(properties)], capture_output=True, text=True, check=False
        )
        if formatted.returncode != 0:
            raise BenchmarkFailed(f"Kafka's storage could not be formatted:\n{formatted.stdout}{formatted.stderr}")
        return ["java", *JVM_OPTIONS, "-cp", str(self.jars / "*"), "kafka.Kafka", str(properties)]


Server = Barnabas | ApacheKafka


@contextlib.contextmanager
def running(server: Server, folder: Path) -> Iterator[RunningServer]:
    """Start the server on the data in this folder, if any, and a free port; end it afterwards, if it still runs."""
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
            with socket.create_connection(("127.0.0.1", port), timeout=START_TIMEOUT_SECONDS) as connection:
                connection.sendall(API_VERSIONS_REQUEST)
                if connection.recv(4):
                    return True
        except OSError:
            time.sleep(0.005)
    return False
