"""The flags of `kafka-consumer-groups` and the rules between them (KIP-122, KIP-175, KIP-496, KIP-518, KIP-1099)."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any, Final

from barnabas.cli.consumer_groups.moments import parse_datetime, parse_duration
from barnabas.cli.failures import InvalidUsage, ToolFailure, kafka_error, message_of
from barnabas.cli.flags import (
    as_json,
    bootstrap_server,
    is_given,
    kafka_tool,
    number,
    optional_text,
    refuse_together,
    switch,
    text,
    texts,
)

ACTIONS: Final = ("list", "describe", "delete", "reset-offsets", "delete-offsets", "validate-regex")
SCENARIOS: Final = (
    "to-offset",
    "to-current",
    "to-datetime",
    "from-file",
    "by-duration",
    "to-earliest",
    "to-latest",
    "shift-by",
)
NO_EXECUTE_WARNING: Final = (
    "WARN: No action will be performed as the --execute option is missing. In a future major release, the default "
    "behavior of this command will be to prompt the user before executing the reset rather than doing a dry run. "
    "You should add the --dry-run option explicitly if you are scripting this command and want to keep the current "
    "default behavior without prompting."
)
DEFAULT_TIMEOUT_MS: Final = 30_000


class ReportedError(ToolFailure):
    """A failure that Kafka's tool reports among its results, after an empty line, and ends with 0 all the same."""

    def __init__(self, reason: str, *, exit_code: int = 0) -> None:
        super().__init__(f"\nError: {reason}", exit_code=exit_code, on_stdout=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsOptions:
    """The command line, checked: one action and what it needs."""

    bootstrap_server: str | None
    command_config: str | None
    timeout: int | None
    list: bool
    describe: bool
    delete: bool
    reset_offsets: bool
    delete_offsets: bool
    validate_regex: str | None
    group: tuple[str, ...]
    all_groups: bool
    topic: tuple[str, ...]
    all_topics: bool
    members: bool
    offsets: bool
    verbose: bool
    state: str | None
    type: str | None
    dry_run: bool
    execute: bool
    export: bool
    to_offset: int | None
    to_current: bool
    to_datetime: str | None
    from_file: str | None
    by_duration: str | None
    to_earliest: bool
    to_latest: bool
    shift_by: int | None
    json: bool

    def __post_init__(self) -> None:
        if self.validate_regex is None and self.bootstrap_server is None:
            raise InvalidUsage('Missing required argument "[bootstrap-server]"')
        self._refuse_unavailable()
        if self.describe:
            self._check_describe()
        if self.delete:
            self._require_groups("delete")
            if self.topic:
                raise InvalidUsage(
                    "The consumer does not support topic-specific offset deletion from a consumer group."
                )
        if self.delete_offsets and not (self.group and self.topic):
            raise InvalidUsage("Option [delete-offsets] takes the following options: [topic], [group]")
        if self.reset_offsets:
            self._check_reset()
        refuse_together(self, "group", "all-groups", "list")
        refuse_together(self, "topic", "list", "describe")
        if sum(is_given(self, action) for action in ACTIONS) != 1:
            raise InvalidUsage(
                f"Command must include exactly one action: {', '.join(f'--{action}' for action in ACTIONS)}"
            )

    def _refuse_unavailable(self) -> None:
        needs = {
            "members": self.describe,
            "offsets": self.describe,
            "verbose": self.describe,
            "state": self.describe or self.list,
            "type": self.list,
        }
        for flag, available in needs.items():
            if is_given(self, flag) and not available:
                raise InvalidUsage(f"Option(s) [{flag}] are unavailable given other options on the command line")

    def _require_groups(self, action: str) -> None:
        if not self.group and not self.all_groups:
            raise InvalidUsage(f"Option [{action}] takes one of these options: [all-groups], [group]")

    def _check_describe(self) -> None:
        self._require_groups("describe")
        if sum((self.members, self.offsets, self.state is not None)) > 1:
            raise InvalidUsage("Option [describe] takes at most one of these options: [members], [offsets], [state]")
        if self.state:
            raise InvalidUsage("Option [describe] does not take a value for [state]")

    def _check_reset(self) -> None:
        if self.dry_run and self.execute:
            raise InvalidUsage("Option [reset-offsets] only accepts one of [execute] and [dry-run]")
        self._require_groups("reset-offsets")
        for scenario in SCENARIOS:
            refuse_together(self, scenario, *(other for other in SCENARIOS if other != scenario))
        if self.to_datetime is not None:
            parse_datetime(self.to_datetime)
        if self.by_duration is not None:
            parse_duration(self.by_duration)
        if not self.all_topics and not self.topic and self.from_file is None:
            raise InvalidUsage("One of the reset scopes should be defined: --all-topics, --topic.")
        if not any(is_given(self, scenario) for scenario in SCENARIOS):
            raise InvalidUsage(
                "Option '[reset-offsets]' requires one of the following scenarios: "
                f"[{', '.join(f'[{scenario}]' for scenario in SCENARIOS)}]"
            )

    @property
    def timeout_seconds(self) -> float:
        return (DEFAULT_TIMEOUT_MS if self.timeout is None else self.timeout) / 1000


@kafka_tool("consumer-groups", "List, describe and delete consumer groups; reset and delete their offsets.")
@bootstrap_server()
@text("command-config", "FILE", "Properties for the client.")
@number("timeout", "MS", "How long to wait for an answer. Default 30000.")
@switch("list", "List all consumer groups.")
@switch("describe", "Describe groups: their offsets, or with --members or --state those.")
@switch("delete", "Delete groups.")
@switch("reset-offsets", "Plan new offsets of inactive groups, and with --execute set them.")
@switch("delete-offsets", "Delete a group's offsets of topics.")
@text("validate-regex", "REGEX", "Check a regular expression.")
@texts("group", "GROUP", "The group. May be repeated.")
@switch("all-groups", "All groups.")
@texts("topic", "TOPIC[:0,1,...]", "The topic, and its partitions if not all. May be repeated.")
@switch("all-topics", "All topics that the group has offsets of.")
@switch("members", "With --describe: the members.")
@switch("offsets", "With --describe: the offsets, which is the default.")
@switch("verbose", "With --describe: more columns.")
@optional_text("state", "STATES", "With --describe: the state. With --list: show states, or only groups in these.")
@optional_text("type", "TYPES", "With --list: show types, or only groups of these.")
@switch("dry-run", "With --reset-offsets: only show the plan (default).")
@switch("execute", "With --reset-offsets: set the offsets.")
@switch("export", "With --reset-offsets: print the plan as CSV.")
@number("to-offset", "OFFSET", "Reset to this offset.")
@switch("to-current", "Reset to the current offset.")
@text("to-datetime", "DATETIME", "Reset to a time: YYYY-MM-DDThh:mm:ss.sss, with an offset such as +02:00 if not UTC.")
@text("from-file", "FILE", "Reset to the offsets in a CSV file.")
@text("by-duration", "DURATION", "Reset to so long ago: PnDTnHnMnS.")
@switch("to-earliest", "Reset to the earliest offset.")
@switch("to-latest", "Reset to the latest offset.")
@number("shift-by", "NUMBER", "Move by so many records, forward or (negative) back.")
@as_json()
def COMMAND(**parameters: Any) -> int:  # noqa: N802
    return run(GroupsOptions(**parameters))


def run(options: GroupsOptions) -> int:
    """Do what was asked."""
    if options.validate_regex is not None:
        return validate(options.validate_regex)
    from confluent_kafka import KafkaException

    from barnabas.cli.connection import Cluster
    from barnabas.cli.consumer_groups import deleting, describing, listing, resetting

    if options.reset_offsets and not options.dry_run and not options.execute:
        print(NO_EXECUTE_WARNING, file=sys.stderr)
    cluster = Cluster.connect(options.bootstrap_server, options.command_config)
    cluster.timeout_seconds = options.timeout_seconds
    try:
        if options.list:
            listing.print_groups(cluster, options)
        elif options.describe:
            describing.describe(cluster, options)
        elif options.delete:
            deleting.delete_groups(cluster, options)
        elif options.delete_offsets:
            deleting.delete_offsets(cluster, options)
        else:
            resetting.reset(cluster, options)
    except KafkaException as exception:
        reason = message_of(kafka_error(exception))
        raise ReportedError(f"Executing consumer group command failed due to {reason}", exit_code=1) from None
    return 0


def validate(expression: str) -> int:
    try:
        re.compile(expression)
    except re.error as error:
        print(f"The regular expression `{expression}` is invalid: {error}.")
    else:
        print(f"The regular expression `{expression}` is valid.")
    return 0
