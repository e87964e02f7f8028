"""A real Apache Kafka on a data directory: started, stopped in order, killed, started again.

With a controller of its own (KRaft) or, up to 3.9, with a ZooKeeper of its own from the same jars.
"""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from conformance.kafka_jars import JarsUnavailable, class_path
from conformance.oracle.kafka_broker import free_ports
from programs import cannot_run, require_program

START_TIMEOUT_SECONDS: Final = 60.0
STOP_TIMEOUT_SECONDS: Final = 60.0
JAVA_OPTIONS: Final = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
SMALL_BROKER: Final = {
    "offsets.topic.num.partitions": "3",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "3",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.backoff.ms": "200",
    "log.flush.offset.checkpoint.interval.ms": "500",
    "auto.create.topics.enable": "false",
}


class KafkaProcess:
    """One broker of one version over one directory; `uses_zookeeper` is the mode of Kafka up to 3.9."""

    def __init__(self, version: str, folder: Path, *, uses_zookeeper: bool = False) -> None:
        self.version = version
        self.folder = folder
        self.data = folder / "data"
        self.uses_zookeeper = uses_zookeeper
        self.port, self._controller_port = free_ports(2)
        self._broker: subprocess.Popen[bytes] | None = None
        self._zookeeper: subprocess.Popen[bytes] | None = None
        try:
            self._java = [require_program("java"), *JAVA_OPTIONS, "-cp", class_path(version)]
        except JarsUnavailable as unavailable:
            cannot_run(str(unavailable))

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    def prepare(self, properties: Mapping[str, str] | None = None) -> None:
        """Write server.properties in the shape of the file that Kafka ships, and format the directory."""
        self.folder.mkdir(parents=True, exist_ok=True)
        mode = self._zookeeper_mode() if self.uses_zookeeper else self._kraft_mode()
        settings = {**mode, "log.dirs": str(self.data), **SMALL_BROKER, **(properties or {})}
        self.properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
        if self.uses_zookeeper:
            return
        # Never with a dash in front, which the tool would take for an option.
        cluster_id = base64.urlsafe_b64encode(b"\0" + os.urandom(15)).decode().rstrip("=")
        command = [*self._java, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self.properties)]
        subprocess.run(command, check=True, capture_output=True, timeout=START_TIMEOUT_SECONDS)

    def _kraft_mode(self) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "inter.broker.listener.name": "PLAINTEXT",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL",
            # A killed broker can't come back before its controller has given it up.
            "broker.session.timeout.ms": "3000",
        }

    def _zookeeper_mode(self) -> dict[str, str]:
        return {
            "broker.id": "0",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "zookeeper.connect": f"127.0.0.1:{self._controller_port}",
            "zookeeper.connection.timeout.ms": "18000",
            # A killed broker can't come back before ZooKeeper has forgotten it.
            "zookeeper.session.timeout.ms": "6000",
        }

    def start(self) -> None:
        """Start, and return once the broker answers connections."""
        if self.uses_zookeeper and self._zookeeper is None:
            self._start_zookeeper()
        self._broker = self._run("kafka.log", "kafka.Kafka", str(self.properties))
        _wait_for_port(self.port, self._broker, self.folder / "kafka.log")

    def stop(self) -> None:
        """Stop in order, as an operator does."""
        assert self._broker is not None
        self._broker.send_signal(signal.SIGTERM)
        self._broker.wait(STOP_TIMEOUT_SECONDS)
        self._broker = None

    def kill_broker(self) -> None:
        """End the broker wherever it is; ZooKeeper goes on and will notice."""
        if self._broker is not None:
            self._broker.kill()
            self._broker.wait()
            self._broker = None

    def kill(self) -> None:
        """Leave nothing running."""
        self.kill_broker()
        if self._zookeeper is not None:
            self._zookeeper.kill()
            self._zookeeper.wait()
            self._zookeeper = None

    def _start_zookeeper(self) -> None:
        config = self.folder / "zookeeper.properties"
        state = self.folder / "zookeeper"
        lines = (
            f"dataDir={state}",
            f"clientPort={self._controller_port}",
            "clientPortAddress=127.0.0.1",
            "admin.enableServer=false",
            "maxClientCnxns=0",
        )
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        main_class = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
        self._zookeeper = self._run("zookeeper.log", main_class, str(config))
        _wait_for_port(self._controller_port, self._zookeeper, self.folder / "zookeeper.log")

    def _run(self, log_name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / log_name).open("ab") as log:
            return subprocess.Popen(
                [*self._java, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )


@contextlib.contextmanager
def killed_at_the_end(process: KafkaProcess) -> Iterator[KafkaProcess]:
    """Nothing of it is left behind, whatever happens in between."""
    try:
        yield process
    finally:
        process.kill()


def _wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not _accepts(port):
        tail = log.read_text(errors="replace")[-3000:]
        assert process.poll() is None, f"{log.stem} ended while starting:\n{tail}"
        assert time.monotonic() < deadline, f"{log.stem} did not start:\n{tail}"
        time.sleep(0.1)


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
