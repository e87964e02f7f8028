"""`barnabas start` and `kafka-server-start`: what they print, and one clear line for every mistake."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from programs import installed_tool

READY = "Barnabas is ready"


def run(*arguments: str, tool: str = "barnabas") -> subprocess.CompletedProcess[str]:
    command = [installed_tool(tool), *(("start",) if tool == "barnabas" else ()), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def assert_one_line(result: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert result.returncode in (1, 2), result
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    for part in parts:
        assert part in lines[0]
    assert result.stdout == ""


def test_unknown_flag() -> None:
    assert_one_line(run("--prot", "9092"), "prot is not a recognized option", "--port")


def test_flag_with_a_bad_value() -> None:
    assert_one_line(run("--port", "many"), "--port", "many")


def test_override_without_a_value() -> None:
    assert_one_line(run("--override", "log.retention.hours"), "log.retention.hours", "key=value")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("log.retention.huors=3", ("server.properties:2", "log.retention.huors", "log.retention.hours")),
        ("num.partitions=many", ("server.properties:2", "num.partitions", "many")),
        ("num.partitions=0", ("server.properties:2", "num.partitions", "0")),
        ("listeners=PLAINTEXT//:9092", ("server.properties:2", "listeners")),
        ("listeners=SSL://:9093", ("server.properties:2", "SSL")),
    ],
)
def test_mistakes_in_server_properties(tmp_path: Path, line: str, parts: tuple[str, ...]) -> None:
    config = tmp_path / "server.properties"
    config.write_text(f"# a comment\n{line}\n")
    assert_one_line(run("--config", str(config), "--data", str(tmp_path / "data")), *parts)


def test_missing_server_properties(tmp_path: Path) -> None:
    assert_one_line(run("--config", str(tmp_path / "nothing.properties")), "nothing.properties")


def test_port_in_use(tmp_path: Path, busy_port: int) -> None:
    assert_one_line(run("--data", str(tmp_path), "--port", str(busy_port)), f":{busy_port}")


def test_data_directory_that_cannot_be_written(tmp_path: Path) -> None:
    a_file = tmp_path / "file"
    a_file.write_text("")
    assert_one_line(run("--data", str(a_file / "data"), "--port", "0"), str(a_file / "data"))


class Started:
    """A broker in a process of its own, until told to stop."""

    def __init__(self, *arguments: str, tool: str = "barnabas") -> None:
        command = [installed_tool(tool), *(("start",) if tool == "barnabas" else ()), *arguments]
        # On Windows a console signal reaches a whole process group: the broker needs one of its own.
        flags: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, creationflags=flags
        )
        assert self.process.stdout is not None
        self.ready_line = self.process.stdout.readline()

    def stop(self) -> tuple[int, str]:
        """Exit code and what it printed on standard error."""
        self.process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def test_says_where_it_listens_and_keeps_its_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Started("--data", str(data), "--port", "0") as broker:
        assert broker.ready_line.startswith(f"{READY} on localhost:")
        assert broker.ready_line.rstrip().endswith(f"data in {data}")
        assert broker.stop() == (0, "")
    assert (data / ".kafka_cleanshutdown").exists()


def test_a_data_directory_has_one_broker(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with Started("--data", data, "--port", "0") as broker:
        assert broker.ready_line.startswith(READY)
        assert_one_line(run("--data", data, "--port", "0"), data, "in use")
        assert broker.stop()[0] == 0


def test_a_data_directory_belongs_to_one_broker_id(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with Started("--data", data, "--port", "0", "--override", "node.id=7") as broker:
        assert broker.ready_line.startswith(READY)
        assert broker.stop()[0] == 0
    assert_one_line(run("--data", data, "--port", "0", "--override", "node.id=8"), data, "7", "8")


def test_without_a_configuration_it_listens_on_localhost_only(tmp_path: Path) -> None:
    with Started("--data", str(tmp_path), "--port", "0") as broker:
        port = int(broker.ready_line.split("localhost:")[1].split(",")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        elsewhere = [info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)]
        for address in {str(address) for address in elsewhere if not str(address).startswith("127.")}:
            with socket.socket() as probe:
                probe.settimeout(5)
                assert probe.connect_ex((address, port)) != 0
        broker.stop()


def test_kafkas_own_configuration_files_start_it(tmp_path: Path) -> None:
    config = tmp_path / "server.properties"
    config.write_text(
        "process.roles=broker,controller\n"
        "node.id=1\n"
        "controller.quorum.bootstrap.servers=localhost:9093\n"
        "listeners=PLAINTEXT://localhost:0,CONTROLLER://localhost:9093\n"
        "inter.broker.listener.name=PLAINTEXT\n"
        "controller.listener.names=CONTROLLER\n"
        f"log.dirs={(tmp_path / 'data').as_posix()}\n"
        "offsets.topic.replication.factor=1\n"
    )
    with Started(str(config), tool="kafka-server-start") as broker:
        assert broker.ready_line.startswith(READY)
        code, notices = broker.stop()
        assert code == 0
        assert "CONTROLLER://localhost:9093 stays closed" in notices
    assert os.path.exists(tmp_path / "data" / "meta.properties")
