"""`barnabas start` and `kafka-server-start`: read the configuration, then run one broker until told to stop."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from barnabas.cli.failures import InvalidUsage, ToolFailure
from barnabas.cli.flags import run

if TYPE_CHECKING:
    from barnabas.foundation.config import Properties

# What a broker without a configuration file is: one, on this machine, for whoever develops here. The replication
# factor is that of the server.properties that Kafka ships; nobody waits three seconds for a group's first member.
DEVELOPMENT_DEFAULTS = {
    "listeners": "PLAINTEXT://localhost:9092",
    "log.dirs": "barnabas-data",
    "offsets.topic.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
}


def start(arguments: list[str]) -> int:
    """`barnabas start`; returns the exit code."""
    return run(_start_command, arguments, "barnabas start")


def kafka_server_start(arguments: list[str]) -> int:
    """`kafka-server-start FILE [--override key=value]...`; returns the exit code."""
    return run(_kafka_server_start_command, arguments, "kafka-server-start")


_override = click.option("--override", "overrides", multiple=True, metavar="KEY=VALUE", help="Set one property.")


@click.command("start", help="Start a broker.")
@click.option("--config", "config", type=click.Path(), metavar="FILE", help="A server.properties as Kafka's.")
@_override
@click.option("--data", "data", type=click.Path(), metavar="DIR", help="Where the data is kept (log.dirs).")
@click.option("--port", "port", type=click.IntRange(0, 65535), help="Port to listen on; 0 lets the system choose.")
def _start_command(config: str | None, overrides: tuple[str, ...], data: str | None, port: int | None) -> int:
    from barnabas.foundation.config import Properties

    properties = Properties(DEVELOPMENT_DEFAULTS) if config is None else _read(config)
    if data is not None:
        properties = properties.overridden({"log.dirs": data}, "--data")
    if port is not None:
        listeners = _with_port(properties.get("listeners", "PLAINTEXT://:9092"), port)
        properties = properties.overridden({"listeners": listeners}, "--port")
    return _run(properties, overrides)


@click.command("kafka-server-start", help="Start a broker as Kafka's script does.")
@click.option("-daemon", "daemon", is_flag=True, hidden=True)
@click.argument("file", type=click.Path(), metavar="server.properties")
@_override
def _kafka_server_start_command(file: str, overrides: tuple[str, ...], daemon: bool) -> int:
    if daemon:
        raise InvalidUsage("-daemon is not supported: start it from a service manager, or with & in a shell")
    return _run(_read(file), overrides)


def _read(path: str) -> Properties:
    from barnabas.foundation.config import ConfigError, parse_properties

    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ToolFailure(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ToolFailure(f"{path}: is not UTF-8 text (byte {error.start})") from None
    try:
        return parse_properties(text, path)
    except ConfigError as error:
        raise ToolFailure(str(error)) from None


def _with_port(listeners: str, port: int) -> str:
    """The first listener moved to another port."""
    first, *others = listeners.split(",")
    address, _, _ = first.rpartition(":")
    return ",".join((f"{address}:{port}", *others))


def _run(properties: Properties, overrides: tuple[str, ...]) -> int:
    from barnabas.broker.directory_owner import named_by_its_directory
    from barnabas.broker.lifecycle import CannotStart, Failed, run_broker
    from barnabas.foundation.config import BrokerSettings, ConfigError

    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals:
            raise InvalidUsage(f"--override {override}: expected key=value")
        properties = properties.overridden({key.strip(): value.strip()}, "--override")
    try:
        settings = BrokerSettings.from_properties(properties)
        owned = named_by_its_directory(properties, settings)
        if owned is not properties:
            settings = BrokerSettings.from_properties(owned)
    except ConfigError as error:
        raise ToolFailure(str(error)) from None
    for notice in settings.notices:
        print(notice, file=sys.stderr)
    try:
        run_broker(settings, lambda line: print(line, flush=True))
    except (CannotStart, Failed) as error:
        raise ToolFailure(str(error)) from None
    return 0
