"""A real Apache Kafka broker to ask what it would answer, and a plain way to ask it anything in our own messages."""

from __future__ import annotations

import base64
import os
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from barnabas.protocol.wire import Api, read_response_header, request_header_bytes
from conformance.kafka_jars import JarsUnavailable, class_path
from programs import cannot_run, require_program

START_TIMEOUT_SECONDS: Final = 60.0


class Connection:
    """One connection; a request waits for its answer."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._file = self._socket.makefile("rb")

    def ask(self, api: Api[Any, Any], version: int, request: Any) -> Any:
        frame = request_header_bytes(api, version, 7, "oracle") + api.request_codec(version).encode(request)
        self._socket.sendall(struct.pack(">i", len(frame)) + frame)
        (size,) = struct.unpack(">i", self._file.read(4))
        answer = self._file.read(size)
        _, offset = read_response_header(api, version, answer)
        return api.response_codec(version).decode(answer, offset)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [listening.getsockname()[1] for listening in sockets]
    finally:
        for listening in sockets:
            listening.close()


@contextmanager
def kafka_broker(version: str, folder: Path, properties: dict[str, str]) -> Iterator[Connection]:
    """Run a broker that is its own KRaft controller, with these properties over the ones that say so."""
    try:
        classes = class_path(version)
    except JarsUnavailable as unavailable:
        cannot_run(str(unavailable))
    java = require_program("java")
    file = folder / "server.properties"
    file.write_text("".join(f"{key}={value}\n" for key, value in properties.items()), encoding="utf-8")
    # Never with a dash in front, which the tool would take for an option.
    cluster_id = base64.urlsafe_b64encode(b"\0" + os.urandom(15)).decode().rstrip("=")
    command = [java, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes]
    subprocess.run(
        [*command, "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster_id, "-c", str(file)],
        check=True,
        capture_output=True,
        timeout=START_TIMEOUT_SECONDS,
    )
    port = int(properties["listeners"].split(",")[0].rpartition(":")[2])
    with (folder / "kafka.log").open("wb") as log:
        process = subprocess.Popen([*command, "kafka.Kafka", str(file)], stdout=log, stderr=subprocess.STDOUT)
        try:
            connection = _connected(port, process)
            try:
                yield connection
            finally:
                connection.close()
        finally:
            process.kill()
            process.wait()


def _connected(port: int, process: subprocess.Popen[bytes]) -> Connection:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        try:
            return Connection(port)
        except OSError:
            assert process.poll() is None, "Apache Kafka ended while starting"
            assert time.monotonic() < deadline, "Apache Kafka did not start"
            time.sleep(0.1)
