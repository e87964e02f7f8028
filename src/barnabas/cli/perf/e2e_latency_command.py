"""The flags of `kafka-e2e-latency`: Kafka 4.3's names, and the five or six bare words that older releases take."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Final

import click

from barnabas.cli.client_properties import read_properties_file
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.flags import as_json, bootstrap_server, kafka_tool, number, optional_text, require, text

REQUIRED: Final = ("bootstrap-server", "topic", "num-records", "producer-acks", "record-size")
POSITIONS: Final = (*REQUIRED, "command-config")
NULL_HEADER: Final = -1


def with_positions_named(parameters: dict[str, Any]) -> dict[str, Any]:
    """The bare words under the names that they stand for."""
    words: tuple[str, ...] = parameters.pop("words")
    given = {name: value for name, value in parameters.items() if value not in (None, (), False) and name != "json"}
    if not words:
        return parameters
    if given:
        raise InvalidUsage(f"Got unexpected extra argument{'s' if len(words) > 1 else ''} ({' '.join(words)})")
    if len(words) not in (len(REQUIRED), len(POSITIONS)):
        raise InvalidUsage(
            f"Invalid number of arguments. Expected 5 or 6 positional arguments, but got {len(words)}. Usage: "
            "bootstrap-server topic num-records producer-acks record-size [optional] command-config"
        )
    print(
        "WARNING: Positional argument usage is deprecated and will be removed in Apache Kafka 5.0. Please use named "
        "arguments instead: --bootstrap-server, --topic, --num-records, --producer-acks, --record-size, "
        "--command-config",
        file=sys.stderr if parameters["json"] else sys.stdout,
        flush=True,
    )
    named: dict[str, Any] = dict(zip(POSITIONS, words, strict=False))
    for name in ("num-records", "record-size"):
        named[name] = whole(name, named[name])
    return parameters | {name.replace("-", "_"): value for name, value in named.items()}


def whole(flag: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise InvalidUsage(f"Cannot parse argument '{value}' of option {flag}: a whole number was expected") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToEndLatencyOptions:
    """The command line, checked."""

    bootstrap_server: str | None
    topic: str | None
    num_records: int | None
    producer_acks: str | None
    record_size: int | None
    record_key_size: int | None
    num_headers: int | None
    record_header_key_size: int | None
    record_header_size: int | None
    command_config: str | None
    json: bool

    def __post_init__(self) -> None:
        for flag in REQUIRED:
            # 0 is a value here, if not a good one.
            if getattr(self, flag.replace("-", "_")) is None:
                require(self, flag)
        if self.producer_acks not in {"1", "all"}:
            raise InvalidUsage(
                "Invalid value for --producer-acks. Latency testing requires synchronous acknowledgement. "
                "Please use '1' or 'all'."
            )
        if self.records <= 0:
            raise InvalidUsage("Value for --num-records must be a positive integer.")
        for flag, size in (
            ("record-size", self.value_bytes),
            ("record-key-size", self.key_bytes),
            ("record-header-key-size", self.header_key_bytes),
        ):
            if size < 0:
                raise InvalidUsage(f"Value for --{flag} must be a non-negative integer.")
        if self.header_value_bytes < NULL_HEADER:
            raise InvalidUsage(
                "Value for --record-header-size must be a non-negative integer or -1 for null header value."
            )
        if self.headers < 0:
            raise InvalidUsage("Value for --num-headers must be a non-negative integer.")

    @property
    def records(self) -> int:
        return self.num_records or 0

    @property
    def value_bytes(self) -> int:
        return self.record_size or 0

    @property
    def key_bytes(self) -> int:
        """0 for records without a key."""
        return self.record_key_size or 0

    @property
    def headers(self) -> int:
        return self.num_headers or 0

    @property
    def header_key_bytes(self) -> int:
        return self.record_header_key_size or 0

    @property
    def header_value_bytes(self) -> int:
        return self.record_header_size or 0

    def client_properties(self) -> dict[str, str]:
        return read_properties_file(self.command_config, "command-config") if self.command_config else {}


@kafka_tool("e2e-latency", "Measure how long it takes from a producer to a consumer, one record at a time.")
@click.argument("words", nargs=-1, metavar="[BOOTSTRAP-SERVER TOPIC NUM-RECORDS ACKS RECORD-SIZE [COMMAND-CONFIG]]")
@bootstrap_server()
@text("topic", "TOPIC", "REQUIRED: The topic to use; it is created when there is none.")
@number("num-records", "NUMBER", "REQUIRED: How many records to send.")
@text("producer-acks", "ACKS", "REQUIRED: 1 or all.")
@number("record-size", "BYTES", "REQUIRED: The size of a record's value.")
@number("record-key-size", "BYTES", "The size of a record's key. Default 0: no key.")
@number("num-headers", "NUMBER", "How many headers a record has. Default 0.")
@number("record-header-key-size", "BYTES", "The size of a header's name. Default 0.")
@number("record-header-size", "BYTES", "The size of a header's value, or -1 for null. Default 0.")
@optional_text("command-config", "FILE", "Properties of the clients.")
@as_json()
def COMMAND(**parameters: Any) -> int:  # noqa: N802
    from barnabas.cli.perf.e2e_latency import run

    return run(EndToEndLatencyOptions(**with_positions_named(parameters)))
