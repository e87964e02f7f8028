"""The flags of `kafka-topics` and the rules between them; the outcome in Kafka's words (KIP-377, KIP-966)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import click

from barnabas.cli.failures import InvalidUsage, ToolFailure, kafka_error, message_of
from barnabas.cli.flags import (
    as_json,
    bootstrap_server,
    is_given,
    kafka_tool,
    number,
    refuse_together,
    require,
    switch,
    text,
    texts,
)

ACTIONS: Final = ("create", "list", "alter", "describe", "delete")
CONFIGS_TOOL_HINT: Final = " (To alter topic configurations, the kafka-configs tool can be used.)"
REPORTS: Final = (
    "under-replicated-partitions",
    "under-min-isr-partitions",
    "at-min-isr-partitions",
    "unavailable-partitions",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsOptions:
    """The command line, checked: exactly one action, and nothing that contradicts it."""

    bootstrap_server: str | None
    command_config: str | None
    create: bool
    list: bool
    alter: bool
    describe: bool
    delete: bool
    topic: str | None
    topic_id: str | None
    partitions: int | None
    replication_factor: int | None
    replica_assignment: str | None
    config: tuple[str, ...]
    delete_config: tuple[str, ...]
    if_exists: bool
    if_not_exists: bool
    exclude_internal: bool
    topics_with_overrides: bool
    under_replicated_partitions: bool
    under_min_isr_partitions: bool
    at_min_isr_partitions: bool
    unavailable_partitions: bool
    partition_size_limit_per_response: int | None
    json: bool

    def __post_init__(self) -> None:
        if sum(is_given(self, action) for action in ACTIONS) != 1:
            raise InvalidUsage(
                "Command must include exactly one action: --list, --describe, --create, --alter or --delete"
            )
        if self.bootstrap_server is None:
            raise InvalidUsage("--bootstrap-server must be specified")
        if self.describe and self.if_exists and self.topic is None and self.topic_id is None:
            raise InvalidUsage("--topic or --topic-id is required to describe a topic")
        if not (self.list or self.describe):
            require(self, "topic")
        if self.alter:
            if self.config:
                raise InvalidUsage(
                    'Option combination "[[bootstrap-server], [config]]" can\'t be used with option "[alter]"'
                    + CONFIGS_TOOL_HINT
                )
            require(self, "partitions")
        self._refuse_contradictions()

    def _refuse_contradictions(self) -> None:
        def only_with(flag: str, *allowed: str) -> None:
            refuse_together(self, flag, *(action for action in ACTIONS if action not in allowed))

        only_with("config", "create", "alter")
        only_with("partitions", "create", "alter")
        only_with("replication-factor", "create")
        only_with("replica-assignment", "create", "alter")
        if self.create:
            refuse_together(self, "replica-assignment", "partitions", "replication-factor")
        for report in REPORTS:
            only_with(report, "describe")
            refuse_together(self, report, *(other for other in REPORTS if other != report), "topics-with-overrides")
        only_with("topics-with-overrides", "describe")
        only_with("topic-id", "describe")
        only_with("if-exists", "alter", "delete", "describe")
        only_with("if-not-exists", "create")
        only_with("exclude-internal", "list", "describe")

    @property
    def reports_partitions(self) -> bool:
        """Only the partitions in some trouble are asked for, not the topics."""
        return any(is_given(self, report) for report in REPORTS)


@kafka_tool("topics", "Create, delete, describe or change topics.")
@bootstrap_server()
@text("command-config", "FILE", "Properties for the client.")
@switch("create", "Create a new topic.")
@switch("list", "List all topics.")
@switch("alter", "Give a topic more partitions." + CONFIGS_TOOL_HINT)
@switch("describe", "Show the details of topics.")
@switch("delete", "Delete a topic.")
@text("topic", "TOPIC", "The topic; except with --create it may be a regular expression.")
@text("topic-id", "ID", "The ID of the topic to describe.")
@number("partitions", "NUMBER", "How many partitions; the cluster's default if left out at --create.")
@number("replication-factor", "NUMBER", "How many replicas of each partition; the cluster's default if left out.")
@text("replica-assignment", "ID:ID,ID:ID", "The brokers of each partition, its replicas divided by colons.")
@texts("config", "NAME=VALUE", "A setting of the topic that is created. May be repeated.")
@texts("delete-config", "NAME", "No longer supported since Kafka 4.0.")
@switch("if-exists", "With --alter, --delete or --describe: do nothing if there is no such topic.")
@switch("if-not-exists", "With --create: do nothing if the topic exists.")
@switch("exclude-internal", "Leave out internal topics.")
@switch("topics-with-overrides", "With --describe: only topics with settings of their own.")
@switch("under-replicated-partitions", "With --describe: only partitions that lack replicas in sync.")
@switch("under-min-isr-partitions", "With --describe: only partitions below min.insync.replicas.")
@switch("at-min-isr-partitions", "With --describe: only partitions at min.insync.replicas.")
@switch("unavailable-partitions", "With --describe: only partitions without a live leader.")
@number("partition-size-limit-per-response", "NUMBER", "Accepted and not needed: answers are not paged here.")
@as_json()
def COMMAND(**parameters: Any) -> None:  # noqa: N802
    run(TopicsOptions(**parameters))


def run(options: TopicsOptions) -> None:
    """Do what was asked; a refusal is one line on standard output, as Kafka's tool prints it."""
    from confluent_kafka import KafkaException

    from barnabas.cli.connection import Cluster
    from barnabas.cli.topic_filter import InvalidPattern
    from barnabas.cli.topics import actions, description

    if options.delete_config:
        click.echo("delete-config option is no longer supported and deprecated since version 4.0.", err=True)
    cluster = Cluster.connect(options.bootstrap_server, options.command_config)
    try:
        if options.create:
            actions.create(cluster, options)
        elif options.alter:
            actions.alter(cluster, options)
        elif options.delete:
            actions.delete(cluster, options)
        elif options.list:
            actions.print_names(cluster, options)
        else:
            description.describe(cluster, options)
    except KafkaException as exception:
        raise refused(message_of(kafka_error(exception))) from None
    except (actions.Refused, InvalidPattern) as refusal:
        raise refused(refusal.text) from None


def refused(reason: str) -> ToolFailure:
    return ToolFailure(f"Error while executing topic command : {reason}", on_stdout=True)
