"""The flags of `kafka-producer-perf-test`, of Kafka 4.1 and of 4.3, and what they mean to the client library."""

from __future__ import annotations

import sys
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from barnabas.cli.client_properties import read_properties_file
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.flags import as_json, switch
from barnabas.cli.perf.argparse_flags import argparse_tool, argument, decimal, properties, whole
from barnabas.cli.perf.payloads import chosen_payloads, random_payloads, read_payload_file, rising_numbers

CLIENT_ID: Final = "perf-producer-client"
DEFAULT_REPORTING_INTERVAL_MS: Final = 5000
DEFAULT_TRANSACTION_DURATION_MS: Final = 3000
DEFAULT_TRANSACTION_TIMEOUT_MS: Final = "60000"
TRANSACTIONAL_ID_PREFIX: Final = "performance-producer-"
PAYLOAD_FLAGS: Final = ("record-size", "payload-file", "payload-monotonic")
# What the Java client has where librdkafka has something else; the last lines lift limits that only librdkafka has.
DEFAULTS: Final = {
    "acks": "all",
    "batch.size": "16384",
    "buffer.memory": "33554432",
    "delivery.timeout.ms": "120000",
    "linger.ms": "5",
    "max.in.flight.requests.per.connection": "5",
    "max.request.size": "1048576",
    "partitioner": "murmur2_random",
    "send.buffer.bytes": "131072",
    "queue.buffering.max.messages": "0",
    "socket.nagle.disable": "true",
}
ALL_ACKS: Final = ("all", "-1")


def deprecated(old: str, new: str, *, json_wanted: bool) -> None:
    """Kafka 4.3's notice; beside JSON it goes to standard error."""
    print(
        f"Option --{old} has been deprecated and will be removed in a future version. Use --{new} instead.",
        file=sys.stderr if json_wanted else sys.stdout,
        flush=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerPerfOptions:
    """The command line, checked."""

    bootstrap_server: str | None
    topic: str
    num_records: int
    payload_delimiter: str | None
    throughput: float
    producer_props: tuple[str, ...]
    command_property: tuple[str, ...]
    producer_config: str | None
    command_config: str | None
    print_metrics: bool
    transactional_id: str | None
    transaction_duration_ms: int | None
    warmup_records: int | None
    reporting_interval: int | None
    record_size: int | None
    payload_file: str | None
    payload_monotonic: bool
    json: bool

    @property
    def reporting_interval_ms(self) -> int:
        return self.reporting_interval or DEFAULT_REPORTING_INTERVAL_MS

    @property
    def warmup(self) -> int:
        return max(0, self.warmup_records or 0)

    @property
    def transaction_ms(self) -> int:
        return self.transaction_duration_ms or DEFAULT_TRANSACTION_DURATION_MS

    def payloads(self) -> Iterator[bytes]:
        """What to send, for ever; whatever has to be read or made beforehand is."""
        if self.record_size is not None:
            return random_payloads(self.record_size)
        if self.payload_file is None:
            return rising_numbers()
        notices = sys.stderr if self.json else sys.stdout
        print(f"Reading payloads from: {Path(self.payload_file).absolute()}", file=notices, flush=True)
        delimiter = "\n" if self.payload_delimiter in (None, "\\n") else self.payload_delimiter
        payloads = read_payload_file(self.payload_file, delimiter or "")
        print(f"Number of records read: {len(payloads)}", file=notices, flush=True)
        return chosen_payloads(payloads)

    def producer_properties(self) -> dict[str, str]:
        """Names and values as the Java client has them: file, then properties, then flags; defaults are left out."""
        file = self.producer_config or self.command_config
        flag = "producer.config" if self.producer_config else "command-config"
        chosen = read_properties_file(file, flag) if file else {}
        for pair in (*self.producer_props, *self.command_property):
            pieces = pair.rstrip("=").split("=")
            if len(pieces) != 2:
                raise InvalidUsage(f"Invalid property: {pair}")
            chosen[pieces[0]] = pieces[1]
        if self.bootstrap_server is not None:
            chosen["bootstrap.servers"] = self.bootstrap_server
        if self.transactional_id is not None:
            chosen["transactional.id"] = self.transactional_id
        elif self.transaction_duration_ms is not None and "transactional.id" not in chosen:
            unique = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            chosen["transactional.id"] = TRANSACTIONAL_ID_PREFIX + unique
        return {"client.id": CLIENT_ID, **chosen}


def with_defaults(chosen: Mapping[str, str]) -> dict[str, str]:
    """The Java client's defaults below these properties; idempotence is on unless something chosen excludes it."""
    settings = {**DEFAULTS, **chosen}
    explicit = chosen.get("enable.idempotence")
    in_flight = settings["max.in.flight.requests.per.connection"]
    possible = (
        settings["acks"] in ALL_ACKS
        and chosen.get("retries", "1") != "0"
        and in_flight.isdecimal()
        and int(in_flight) <= 5
    )
    if not settings["buffer.memory"].isdecimal():
        raise InvalidUsage(
            f"Invalid value {settings['buffer.memory']} for configuration buffer.memory: Not a number of type LONG"
        )
    settings["enable.idempotence"] = explicit or str(possible).lower()
    if settings["acks"] not in (*ALL_ACKS, "0", "1"):
        raise InvalidUsage(
            f"Invalid value {settings['acks']} for configuration acks: String must be one of: all, -1, 0, 1"
        )
    if settings["enable.idempotence"].lower() == "true" and settings["acks"] not in ALL_ACKS:
        raise InvalidUsage(
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
        )
    if "transactional.id" in settings:
        if settings["enable.idempotence"].lower() != "true":
            raise InvalidUsage("Cannot set a transactional.id without also enabling idempotence.")
        # To librdkafka a record that may live longer than its transaction is a mistake; the Java client lets it pass.
        limits = settings["delivery.timeout.ms"], settings.get("transaction.timeout.ms", DEFAULT_TRANSACTION_TIMEOUT_MS)
        if all(limit.isdecimal() for limit in limits):
            settings["delivery.timeout.ms"] = min(limits, key=int)
    return settings


@argparse_tool(
    "producer-perf-test",
    "Measure how fast records can be produced, and how long each takes to be acknowledged.",
    greedy=("producer-props", "command-property"),
)
@argument("bootstrap-server", "HOST:PORT,...", "The server(s) to connect to; goes before bootstrap.servers.")
@argument("topic", "TOPIC", "REQUIRED: The topic to produce to.")
@whole("num-records", "NUMBER", "REQUIRED: How many records to produce.")
@decimal("throughput", "NUMBER", "REQUIRED: The most records a second, approximately; -1 for as many as possible.")
@whole("record-size", "BYTES", "The size of a record; one of this and the next two is REQUIRED.", java_type="Integer")
@argument("payload-file", "FILE", "A text file with payloads, from which each record gets any one.")
@switch("payload-monotonic", "The payload is a number that rises from record to record.")
@argument("payload-delimiter", "REGEX", "What divides the payloads in the file. Default \\n.")
@properties("producer-props", "Properties of the producer, such as acks=1 linger.ms=10. The old name of the next.")
@properties("command-property", "Properties of the producer, such as acks=1 linger.ms=10.")
@argument("producer.config", "FILE", "Properties of the producer. The old name of the next.")
@argument("command-config", "FILE", "Properties of the producer; --command-property goes before them.")
@switch("print-metrics", "Print the client library's metrics at the end.")
@argument("transactional-id", "ID", "Produce in transactions, under this ID.")
@whole("transaction-duration-ms", "MS", "Produce in transactions, and commit after so long. Default 3000.")
@whole("warmup-records", "NUMBER", "How many records to leave out of a second result, of the steady state.")
@whole("reporting-interval", "MS", "How often to print a line. Default 5000.")
@as_json()
def COMMAND(**parameters: Any) -> int:  # noqa: N802
    from barnabas.cli.perf.producing import run

    return run(checked_options(parameters))


def checked_options(given: dict[str, Any]) -> ProducerPerfOptions:
    """The options, or what is wrong with them, in ProducerPerformance's order and words."""
    COMMAND.require(given, ("topic", "num-records", "throughput"))
    COMMAND.require_one_of(given, PAYLOAD_FLAGS)
    for flag in ("num-records", "record-size", "transaction-duration-ms", "reporting-interval"):
        value = given[flag.replace("-", "_")]
        if value is not None and value <= 0:
            raise COMMAND.complaint(f"--{flag} should be greater than zero.")
    if (given["warmup_records"] or 0) >= given["num_records"]:
        raise COMMAND.complaint(
            "The value for --warmup-records must be strictly fewer than the number of records in the test, "
            "--num-records."
        )
    if not any(
        given[name]
        for name in ("bootstrap_server", "command_property", "producer_props", "producer_config", "command_config")
    ):
        raise COMMAND.complaint(
            "At least one of --bootstrap-server, --command-property, --producer-props, --producer.config or "
            "--command-config must be specified."
        )
    for old, new in (("producer-props", "command-property"), ("producer.config", "command-config")):
        used = given[old.replace("-", "_").replace(".", "_")]
        if used and given[new.replace("-", "_")]:
            raise COMMAND.complaint(f"--{new} and --{old} cannot be specified together.")
        if used:
            deprecated(old, new, json_wanted=given["json"])
    return ProducerPerfOptions(**given)
