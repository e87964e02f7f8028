"""The flags of `kafka-console-consumer` and what they mean to the client library."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from barnabas.cli.client_properties import parse_pairs, read_properties_file
from barnabas.cli.console_consumer.formatter import JsonFormatter, LineFormatter, NoFormatter
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.flags import as_json, bootstrap_server, kafka_tool, number, refuse_together, switch, text, texts

FORMATTERS: Final[dict[str, Callable[[Mapping[str, str]], LineFormatter | NoFormatter]]] = {
    "org.apache.kafka.tools.consumer.DefaultMessageFormatter": LineFormatter.configure,
    "org.apache.kafka.tools.consumer.NoOpMessageFormatter": lambda _properties: NoFormatter(),
}
DEFAULT_FORMATTER: Final = "org.apache.kafka.tools.consumer.DefaultMessageFormatter"
EARLIEST: Final = "earliest"
LATEST: Final = "latest"
RESET: Final = "auto.offset.reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleConsumerOptions:
    """The command line, checked."""

    bootstrap_server: str | None
    topic: str | None
    include: str | None
    whitelist: str | None
    partition: int | None
    offset: str | None
    group: str | None
    from_beginning: bool
    max_messages: int | None
    timeout_ms: int | None
    skip_message_on_error: bool
    isolation_level: str | None
    formatter: str | None
    properties: tuple[str, ...]
    formatter_property: tuple[str, ...]
    formatter_config: str | None
    key_deserializer: str | None
    value_deserializer: str | None
    consumer_property: tuple[str, ...]
    command_property: tuple[str, ...]
    consumer_config: str | None
    command_config: str | None
    enable_systest_events: bool
    json: bool

    def __post_init__(self) -> None:
        refuse_together(self, "include", "whitelist")
        if sum(given is not None for given in (self.topic, self.include, self.whitelist)) != 1:
            raise InvalidUsage("Exactly one of --include/--topic is required. ")
        if self.partition is not None:
            if self.topic is None:
                raise InvalidUsage("The topic is required when partition is specified.")
            if self.from_beginning and self.offset is not None:
                raise InvalidUsage("Options from-beginning and offset cannot be specified together.")
        elif self.offset is not None:
            raise InvalidUsage("The partition is required when offset is specified.")
        if self.bootstrap_server is None:
            raise InvalidUsage('Missing required argument "[bootstrap-server]"')
        if self.topic_pattern is not None:
            try:
                re.compile(self.topic_pattern)
            except re.error as error:
                raise InvalidUsage(
                    f"--include {self.topic_pattern}: a regular expression was expected: {error}"
                ) from None
        if self.isolation_level not in {None, "read_committed", "read_uncommitted"}:
            raise InvalidUsage(
                f"--isolation-level {self.isolation_level}: read_committed or read_uncommitted was expected"
            )

    @property
    def topic_pattern(self) -> str | None:
        return self.include if self.include is not None else self.whitelist

    def start(self) -> int | str:
        """Where in the partition to begin: an offset, `earliest` or `latest`."""
        if self.offset is None:
            return EARLIEST if self.from_beginning else LATEST
        if self.offset.lower() in {EARLIEST, LATEST}:
            return self.offset.lower()
        if not self.offset.isdecimal():
            raise InvalidUsage(
                f"The provided offset value '{self.offset}' is incorrect. Valid values are 'earliest', 'latest', "
                "or a non-negative long."
            )
        return int(self.offset)

    def make_formatter(self) -> LineFormatter | NoFormatter | JsonFormatter:
        if self.json:
            return JsonFormatter()
        name = self.formatter or DEFAULT_FORMATTER
        if name not in FORMATTERS:
            raise InvalidUsage(f"--formatter {name}: one of {', '.join(FORMATTERS)} was expected")
        properties = read_properties_file(self.formatter_config, "formatter-config") if self.formatter_config else {}
        if self.key_deserializer:
            properties["key.deserializer"] = self.key_deserializer
        if self.value_deserializer:
            properties["value.deserializer"] = self.value_deserializer
        return FORMATTERS[name](properties | parse_pairs((*self.properties, *self.formatter_property)))

    def consumer_properties(self) -> dict[str, str]:
        """Names and values as the Java client has them."""
        from_file = read_properties_file(self.consumer_config, "consumer.config") if self.consumer_config else {}
        if self.command_config:
            from_file |= read_properties_file(self.command_config, "command-config")
        given = parse_pairs((*self.consumer_property, *self.command_property))
        group = self._group(from_file, given)
        properties = {"isolation.level": "read_uncommitted", "allow.auto.create.topics": "true", **from_file, **given}
        if self.isolation_level is not None:
            properties["isolation.level"] = self.isolation_level
        reset = properties.setdefault(RESET, EARLIEST if self.from_beginning else LATEST)
        if self.from_beginning and reset != EARLIEST:
            raise InvalidUsage(
                f"Can't simultaneously specify --from-beginning and '{RESET}={reset}', please remove one option"
            )
        if group is None:
            # Nobody will come back to an invented group, so its offsets are not worth keeping.
            properties["group.id"] = f"console-consumer-{random.randrange(100_000)}"  # noqa: S311
            properties.setdefault("enable.auto.commit", "false")
        else:
            properties["group.id"] = group
        return properties

    def _group(self, from_file: dict[str, str], given: dict[str, str]) -> str | None:
        named = [self.group, from_file.get("group.id"), given.get("group.id")]
        groups = list(dict.fromkeys(name for name in named if name is not None))
        if len(groups) > 1:
            detected = ", ".join(f"'{name}'" for name in groups)
            raise InvalidUsage(
                "The group ids provided in different places (directly using '--group', via '--consumer-property', "
                f"or via '--consumer.config') do not match. Detected group ids: {detected}"
            )
        if groups and self.partition is not None:
            raise InvalidUsage("Options group and partition cannot be specified together.")
        return groups[0] if groups else None


@kafka_tool("console-consumer", "Read records of topics and print them.")
@bootstrap_server()
@text("topic", "TOPIC", "The topic to read.")
@text("include", "REGEX", "The topics to read, as a regular expression.")
@text("whitelist", "REGEX", "The old name of --include.")
@number("partition", "NUMBER", "The partition to read, from its end unless --offset says otherwise.")
@text("offset", "OFFSET", "Where to begin: a number, earliest or latest (default).")
@text("group", "GROUP", "The consumer group to join.")
@switch("from-beginning", "Begin with the first record, unless the group has an offset.")
@number("max-messages", "NUMBER", "Stop after so many records.")
@number("timeout-ms", "MS", "Stop when no record has come for so long.")
@switch("skip-message-on-error", "Skip a record that can't be printed instead of stopping.")
@text("isolation-level", "LEVEL", "read_committed or read_uncommitted (default).")
@text("formatter", "CLASS", "Kafka's DefaultMessageFormatter (default) or NoOpMessageFormatter.")
@texts("property", "NAME=VALUE", "A property of the formatter: print.key, print.timestamp, key.separator, ...")
@texts("formatter-property", "NAME=VALUE", "The same.")
@text("formatter-config", "FILE", "Properties of the formatter.")
@text("key-deserializer", "CLASS", "The deserializer of keys: StringDeserializer, LongDeserializer, ...")
@text("value-deserializer", "CLASS", "The deserializer of values.")
@texts("consumer-property", "NAME=VALUE", "A property of the consumer.")
@texts("command-property", "NAME=VALUE", "The same.")
@text("consumer.config", "FILE", "Properties of the consumer.")
@text("command-config", "FILE", "The same.")
@switch("enable-systest-events", "Print shutdown_complete at the end.")
@as_json()
def COMMAND(**parameters: Any) -> int:  # noqa: N802
    from barnabas.cli.console_consumer.consuming import run

    return run(ConsoleConsumerOptions(**parameters))
