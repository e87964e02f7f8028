"""`barnabas get-offsets`, also installed as `kafka-get-offsets`: `topic:partition:offset` by line (KIP-815)."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from barnabas.cli.failures import InvalidUsage, ToolFailure, kafka_error, message_of
from barnabas.cli.flags import as_json, bootstrap_server, kafka_tool, switch, text
from barnabas.cli.output import print_json
from barnabas.cli.topic_filter import IncludeList, InvalidPattern
from barnabas.foundation.identifiers import TopicPartition

if TYPE_CHECKING:
    from barnabas.cli.connection import Cluster

LATEST: Final = -1
EARLIEST: Final = -2
MAX_TIMESTAMP: Final = -3
EARLIEST_LOCAL: Final = -4
LATEST_TIERED: Final = -5
NAMED_TIMES: Final = {
    "latest": LATEST,
    "earliest": EARLIEST,
    "max-timestamp": MAX_TIMESTAMP,
    "earliest-local": EARLIEST_LOCAL,
    "latest-tiered": LATEST_TIERED,
}
UNKNOWN_OFFSET: Final = -1
_RULE: Final = re.compile(r"([^:,]*)(?::(?:([0-9]*)|(?:([0-9]*)-([0-9]*))))?")

PartitionRule = Callable[[TopicPartition], bool]


class ErrorOccurred(ToolFailure):
    """Kafka's tool begins every failure alike."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Error occurred: {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOffsetsOptions:
    """The command line, checked."""

    bootstrap_server: str | None
    command_config: str | None
    topic: str | None
    partitions: str | None
    topic_partitions: str | None
    time: str | None
    exclude_internal_topics: bool
    json: bool

    def __post_init__(self) -> None:
        if self.bootstrap_server is None:
            raise InvalidUsage('Missing required argument "[bootstrap-server]"')
        if self.topic_partitions is not None and not (self.topic is None and self.partitions is None):
            raise ErrorOccurred("--topic-partitions cannot be used with --topic or --partitions")


def parse_time(argument: str) -> int:
    """A timestamp in milliseconds, or one of the protocol's negative numbers for a place in the log."""
    if argument in NAMED_TIMES:
        return NAMED_TIMES[argument]
    if not re.fullmatch(r"-?[0-9]+", argument):
        raise ErrorOccurred(
            f"Malformed time argument {argument}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / "
            "-4 or earliest-local / -5 or latest-tiered, or a specified long format timestamp"
        )
    return int(argument)


def topic_rule(topic: str | None, partitions: str | None) -> PartitionRule:
    """Partitions of the topics --topic means, those of --partitions or all."""
    include = IncludeList.parse(topic if topic is not None else ".*")
    try:
        wanted = {int(number) for number in partitions.split(",")} if partitions else set[int]()
    except ValueError:
        raise ErrorOccurred(
            f"--partitions expects a comma separated list of numeric partition ids, but received: {partitions}"
        ) from None
    return lambda candidate: include.allows(candidate.topic) and (not wanted or candidate.partition in wanted)


def pattern_rule(patterns: str) -> PartitionRule:
    """Partitions that any of `TOPIC`, `TOPIC:1`, `TOPIC:1-3`, `TOPIC:1-`, `TOPIC:-3` means; ends are exclusive."""
    rules = [_rule(pattern) for pattern in patterns.split(",")]
    return lambda candidate: any(rule(candidate) for rule in rules)


def _rule(pattern: str) -> PartitionRule:
    match = _RULE.fullmatch(pattern)
    if match is None:
        raise ErrorOccurred(f"Invalid rule specification: {pattern}")
    topic, only, lowest, end = match.groups()
    include = IncludeList.parse(topic or ".*")
    if only:
        return lambda candidate: include.allows(candidate.topic) and candidate.partition == int(only)
    start, stop = int(lowest or 0), int(end or sys.maxsize)
    return lambda candidate: include.allows(candidate.topic) and start <= candidate.partition < stop


@kafka_tool("get-offsets", "Print the offsets of partitions, as topic:partition:offset.")
@bootstrap_server()
@text("command-config", "FILE", "Properties for the client.")
@text("topic", "TOPIC", "The topics, as a regular expression; all without it.")
@text("partitions", "IDS", "Partition ids divided by commas; all without it.")
@text("topic-partitions", "PATTERNS", "Patterns divided by commas: topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3.")
@text("time", "TIME", "A timestamp in ms, or latest (-1), earliest (-2), max-timestamp (-3); default latest.")
@switch("exclude-internal-topics", "Leave out internal topics.")
@as_json()
def COMMAND(**parameters: Any) -> None:  # noqa: N802
    run(GetOffsetsOptions(**parameters))


def run(options: GetOffsetsOptions) -> None:
    from confluent_kafka import KafkaException

    from barnabas.cli.connection import Cluster, check_bootstrap_server

    check_bootstrap_server(options.bootstrap_server)
    timestamp = parse_time(options.time if options.time is not None else "latest")
    try:
        rule = (
            pattern_rule(options.topic_partitions)
            if options.topic_partitions is not None
            else topic_rule(options.topic, options.partitions)
        )
    except InvalidPattern as failure:
        raise ErrorOccurred(failure.text) from None
    cluster = Cluster.connect(options.bootstrap_server, options.command_config, client_id="GetOffsetShell")
    try:
        offsets = fetch(cluster, rule, timestamp, exclude_internal=options.exclude_internal_topics)
    except KafkaException as exception:
        raise ErrorOccurred(message_of(kafka_error(exception))) from None
    if options.json:
        print_json([{"topic": tp.topic, "partition": tp.partition, "offset": offset} for tp, offset in offsets.items()])
        return
    for partition, offset in offsets.items():
        print(f"{partition.topic}:{partition.partition}:{offset}")


def fetch(
    cluster: Cluster, rule: PartitionRule, timestamp: int, *, exclude_internal: bool
) -> dict[TopicPartition, int]:
    """Offsets of this rule's partitions, ordered by the text `topic-partition`; those without one are left out."""
    from confluent_kafka import KafkaException

    from barnabas.cli.offsets import ask_offsets
    from barnabas.cli.topic_filter import INTERNAL_TOPICS

    topics = cluster.admin.list_topics(timeout=cluster.timeout_seconds).topics
    partitions = [
        partition
        for name, topic in topics.items()
        if not (exclude_internal and name in INTERNAL_TOPICS)
        for partition in (TopicPartition(name, number) for number in topic.partitions)
        if rule(partition)
    ]
    if not partitions:
        raise ErrorOccurred("Could not match any topic-partitions with the specified filters")
    found: dict[TopicPartition, int] = {}
    for partition, answer in ask_offsets(cluster, partitions, timestamp).items():
        try:
            offset = cluster.wait(answer).offset
        except KafkaException as exception:
            reason = message_of(kafka_error(exception))
            print(f"Skip getting offsets for topic-partition {partition} due to error: {reason}", file=sys.stderr)
            continue
        if offset != UNKNOWN_OFFSET:
            found[partition] = offset
    return dict(sorted(found.items(), key=lambda entry: str(entry[0])))
