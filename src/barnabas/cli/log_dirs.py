"""`barnabas log-dirs`, also installed as `kafka-log-dirs`: how much space logs take in which directory (KIP-113).

librdkafka has no call for this, so brokers are asked over sockets of our own, found through the client library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from barnabas.cli.dump_log.java_text import json_text
from barnabas.cli.failures import InvalidUsage, ToolFailure
from barnabas.cli.flags import as_json, bootstrap_server, kafka_tool, require, switch, text
from barnabas.cli.hash_order import hash_order, partition_order, string_order
from barnabas.cli.java_errors import exception_class, exception_text
from barnabas.cli.output import print_json
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.messages.describe_log_dirs import (
    DESCRIBE_LOG_DIRS,
    DescribeLogDirsPartition,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
)

CLIENT_ID: Final = "log-dirs-tool"
OUTPUT_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDirsOptions:
    """The command line, checked."""

    bootstrap_server: str | None
    describe: bool
    broker_list: str | None
    topic_list: str | None
    command_config: str | None
    json: bool

    def __post_init__(self) -> None:
        require(self, "bootstrap-server", "describe")

    @property
    def topics(self) -> set[str]:
        return set(_entries(self.topic_list))

    @property
    def brokers(self) -> list[int]:
        """In the order of the command line, each once."""
        wanted = []
        for entry in _entries(self.broker_list):
            try:
                wanted.append(int(entry))
            except ValueError:
                raise InvalidUsage(f'For input string: "{entry}": --broker-list expects numbers of brokers') from None
        return list(dict.fromkeys(wanted))


def _entries(argument: str | None) -> list[str]:
    return [entry for entry in (argument or "").split(",") if entry]


@kafka_tool("log-dirs", "Print how much space logs take in which directory.")
@bootstrap_server()
@switch("describe", "REQUIRED: Describe the log directories.")
@text("broker-list", "IDS", "The brokers to ask, divided by commas; all without it.")
@text("topic-list", "TOPICS", "The topics to show, divided by commas; all without it.")
@text("command-config", "FILE", "Properties for the client; connections are in plain text only.")
@as_json()
def COMMAND(**parameters: Any) -> None:  # noqa: N802
    run(LogDirsOptions(**parameters))


def run(options: LogDirsOptions) -> None:
    from barnabas.cli.client_properties import read_properties_file
    from barnabas.cli.connection import Cluster
    from barnabas.cli.wire_client import refuse_security

    wanted = options.brokers
    if options.command_config is not None:
        refuse_security(read_properties_file(options.command_config, "command-config"), "log-dirs")
    cluster = Cluster.connect(options.bootstrap_server, options.command_config, client_id=CLIENT_ID)
    addresses = {node.id: (node.host, node.port) for node in cluster.nodes}
    missing = [broker for broker in wanted if broker not in addresses]
    if missing:
        raise ToolFailure(
            f"ERROR: The given brokers do not exist from --broker-list: {_listed(missing)}. "
            f"Current existent brokers: {_listed(addresses)}"
        )
    asked = wanted or list(addresses)
    if not options.json:
        print("Querying brokers for log directories information")
    answers = {broker: _describe(*addresses[broker]) for broker in asked}
    if options.json:
        print_json(document(answers, options.topics, with_volumes=True))
        return
    print(f"Received log directory information from brokers {_listed(asked)}")
    print(json_text(document(answers, options.topics)))


def _listed(brokers: Iterable[int]) -> str:
    """Numbers as a Java HashSet orders them."""
    return ",".join(map(str, broker_order(brokers)))


def broker_order(brokers: Iterable[int]) -> list[int]:
    return hash_order(brokers, lambda broker: broker & 0xFFFFFFFF)


def _describe(host: str, port: int) -> list[DescribeLogDirsResult]:
    from barnabas.cli.wire_client import ask_broker

    # Like Kafka's tool, ask for all topics and show those that are wanted.
    answer: DescribeLogDirsResponse = ask_broker(
        host, port, DESCRIBE_LOG_DIRS, DescribeLogDirsRequest(topics=None), client_id=CLIENT_ID
    )
    if answer.error_code != ErrorCode.NONE:
        raise ToolFailure(exception_text(answer.error_code))
    return answer.results


def document(
    answers: Mapping[int, list[DescribeLogDirsResult]], topics: set[str], *, with_volumes: bool = False
) -> dict[str, Any]:
    """What is printed, keys and entries in the order of Kafka's tool; `with_volumes` adds the size of the disks."""
    return {
        "brokers": [
            {"broker": broker, "logDirs": _directories(answers[broker], topics, with_volumes=with_volumes)}
            for broker in broker_order(answers)
        ],
        "version": OUTPUT_VERSION,
    }


def _directories(results: list[DescribeLogDirsResult], topics: set[str], *, with_volumes: bool) -> list[dict[str, Any]]:
    by_path = {result.log_dir: result for result in results}
    directories = []
    for path in string_order(by_path, initial_capacity=max(1, len(results))):
        result = by_path[path]
        tree: dict[str, Any] = {
            "partitions": _partitions(result, topics),
            "error": None if result.error_code == ErrorCode.NONE else exception_class(result.error_code),
            "logDir": path,
        }
        if with_volumes:
            tree |= {"totalBytes": result.total_bytes, "usableBytes": result.usable_bytes}
        directories.append(tree)
    return directories


def _partitions(result: DescribeLogDirsResult, topics: set[str]) -> list[dict[str, Any]]:
    described: dict[TopicPartition, DescribeLogDirsPartition] = {
        TopicPartition(topic.name, partition.partition_index): partition
        for topic in result.topics
        for partition in topic.partitions
    }
    # Out of one hash map, through a filter, into another: within a bucket the order of the first one stays.
    shown = [partition for partition in partition_order(described) if not topics or partition.topic in topics]
    return [
        {
            "partition": str(partition),
            "size": described[partition].partition_size,
            "offsetLag": described[partition].offset_lag,
            "isFuture": described[partition].is_future_key,
        }
        for partition in partition_order(shown)
    ]
