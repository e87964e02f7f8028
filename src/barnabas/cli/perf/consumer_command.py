"""The flags of `kafka-consumer-perf-test`, of Kafka 3.9 to 4.3, and what they mean to the client library."""

from __future__ import annotations

import random
import re
import sys
from dataclasses import dataclass
from typing import Any, Final

from barnabas.cli.client_properties import parse_pairs, read_properties_file
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.flags import (
    as_json,
    bootstrap_server,
    kafka_tool,
    number,
    optional_text,
    refuse_together,
    require,
    switch,
    text,
    texts,
)
from barnabas.cli.perf.date_format import BadPattern, SimpleDateFormat

CLIENT_ID: Final = "perf-consumer-client"
DEFAULT_TIMEOUT_MS: Final = 10_000
DEFAULT_REPORTING_INTERVAL_MS: Final = 5000
DEFAULT_DATE_FORMAT: Final = "yyyy-MM-dd HH:mm:ss:SSS"
DEFAULT_FETCH_BYTES: Final = 1024 * 1024
DEFAULT_SOCKET_BUFFER_BYTES: Final = 2 * 1024 * 1024
DEFAULT_MAX_POLL_RECORDS: Final = 500


def require_one_of(options: Any, *flags: str) -> None:
    """Exactly one of these."""
    if sum(getattr(options, flag.replace("-", "_")) is not None for flag in flags) != 1:
        names = ", ".join(f"[{flag}]" for flag in flags)
        raise InvalidUsage(f"Exactly one of the following arguments is required: {names}")


def _or_default(given: int | None, default: int) -> int:
    return default if given is None else given


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerPerfOptions:
    """The command line, checked."""

    bootstrap_server: str | None
    broker_list: str | None
    topic: str | None
    include: str | None
    group: str | None
    fetch_size: int | None
    command_property: tuple[str, ...]
    from_latest: bool
    socket_buffer_size: int | None
    consumer_config: str | None
    command_config: str | None
    print_metrics: bool
    show_detailed_stats: bool
    timeout: str | None
    messages: int | None
    num_records: int | None
    reporting_interval: int | None
    date_format: str | None
    hide_header: bool
    threads: int | None
    num_fetch_threads: int | None
    json: bool

    def __post_init__(self) -> None:
        if self.broker_list is None:
            require(self, "bootstrap-server")
        require_one_of(self, "topic", "include")
        require_one_of(self, "messages", "num-records")
        refuse_together(self, "consumer.config", "command-config")
        if self.include is not None:
            try:
                re.compile(self.include)
            except re.error as error:
                raise InvalidUsage(f"--include {self.include}: a regular expression was expected: {error}") from None
        if self.reporting_interval is not None and self.reporting_interval <= 0:
            raise InvalidUsage("Reporting interval must be greater than 0.")
        self.make_date_format()
        _ = self.timeout_ms
        notices = sys.stderr if self.json else sys.stdout
        for old, new in (("messages", "num-records"), ("consumer.config", "command-config")):
            if getattr(self, old.replace(".", "_")) is not None:
                print(f"Warning: --{old} is deprecated. Use --{new} instead.", file=notices, flush=True)

    @property
    def servers(self) -> str | None:
        return self.bootstrap_server or self.broker_list

    @property
    def wanted_records(self) -> int:
        wanted = self.num_records if self.messages is None else self.messages
        return wanted or 0

    @property
    def timeout_ms(self) -> int:
        if not self.timeout:
            return DEFAULT_TIMEOUT_MS
        if not re.fullmatch(r"[+-]?[0-9]+", self.timeout):
            raise InvalidUsage(f"Cannot parse argument '{self.timeout}' of option timeout: a whole number was expected")
        return int(self.timeout)

    @property
    def reporting_interval_ms(self) -> int:
        return self.reporting_interval or DEFAULT_REPORTING_INTERVAL_MS

    def make_date_format(self) -> SimpleDateFormat:
        try:
            return SimpleDateFormat(DEFAULT_DATE_FORMAT if self.date_format is None else self.date_format)
        except BadPattern as error:
            raise InvalidUsage(f"--date-format {self.date_format}: {error}") from None

    def consumer_properties(self) -> dict[str, str]:
        """Names and values as the Java client has them: file, then properties, then flags."""
        file = self.consumer_config or self.command_config
        flag = "consumer.config" if self.consumer_config else "command-config"
        chosen = read_properties_file(file, flag) if file else {}
        chosen |= parse_pairs(self.command_property)
        chosen.setdefault("client.id", CLIENT_ID)
        chosen.setdefault("allow.auto.create.topics", "true")
        chosen["group.id"] = self.group or f"perf-consumer-{random.randrange(100_000)}"  # noqa: S311
        chosen["receive.buffer.bytes"] = str(_or_default(self.socket_buffer_size, DEFAULT_SOCKET_BUFFER_BYTES))
        chosen["max.partition.fetch.bytes"] = str(_or_default(self.fetch_size, DEFAULT_FETCH_BYTES))
        chosen["auto.offset.reset"] = "latest" if self.from_latest else "earliest"
        chosen["check.crcs"] = "false"
        return chosen


@kafka_tool("consumer-perf-test", "Measure how fast records can be consumed.")
@bootstrap_server()
@text("broker-list", "HOST:PORT,...", "The old name of --bootstrap-server.")
@text("topic", "TOPIC", "The topic to consume; this or --include is REQUIRED.")
@text("include", "REGEX", "The topics to consume, as a regular expression.")
@number("num-records", "NUMBER", "REQUIRED: How many records to consume.")
@number("messages", "NUMBER", "The old name of --num-records.")
@text("group", "GROUP", "The consumer group to join. Default perf-consumer- and a number.")
@switch("from-latest", "Begin with the next record instead of the first, unless the group has an offset.")
@number("fetch-size", "BYTES", "The most to fetch from a partition at once. Default 1048576.")
@number("socket-buffer-size", "BYTES", "The socket's receive buffer. Default 2097152.")
@optional_text("timeout", "MS", "Give up when no record has come for so long. Default 10000.")
@texts("command-property", "NAME=VALUE", "A property of the consumer.")
@text("command-config", "FILE", "Properties of the consumer; --command-property goes before them.")
@text("consumer.config", "FILE", "The old name of --command-config.")
@switch("show-detailed-stats", "Print a line for each interval instead of one at the end.")
@number("reporting-interval", "MS", "The length of such an interval. Default 5000.")
@text(
    "date-format", "PATTERN", f"How times are printed, as in java.text.SimpleDateFormat. Default {DEFAULT_DATE_FORMAT}."
)
@switch("hide-header", "Leave out the line with the names of the columns.")
@switch("print-metrics", "Print the client library's metrics at the end.")
@number("threads", "NUMBER", "Old and without effect.")
@number("num-fetch-threads", "NUMBER", "Old and without effect.")
@as_json()
def COMMAND(**parameters: Any) -> int:  # noqa: N802
    from barnabas.cli.perf.consuming import run

    return run(ConsumerPerfOptions(**parameters))
