"""`barnabas delete-records`, also installed as `kafka-delete-records`: move the start of partitions forward (KIP-107).

A file says up to which offset: `{"partitions": [{"topic": "a", "partition": 0, "offset": 5}], "version": 1}`; -1 means
up to the high watermark.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from barnabas.cli.dump_log.java_text import json_text
from barnabas.cli.failures import ToolFailure, kafka_error, message_of
from barnabas.cli.flags import as_json, bootstrap_server, kafka_tool, require, text
from barnabas.cli.hash_order import partition_order
from barnabas.cli.java_errors import exception_text
from barnabas.cli.output import print_json
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import TopicPartition

if TYPE_CHECKING:
    from barnabas.cli.connection import Cluster

SUPPORTED_VERSION: Final = 1
MAX_INT: Final = 2**31 - 1
MAX_LONG: Final = 2**63 - 1
HIGH_WATERMARK: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRecordsOptions:
    """The command line, checked."""

    bootstrap_server: str | None
    offset_json_file: str | None
    command_config: str | None
    json: bool

    def __post_init__(self) -> None:
        require(self, "bootstrap-server", "offset-json-file")


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of one partition: its new start, or an error."""

    low_watermark: int | None
    error: str | None = None

    def text(self) -> str:
        return f"error: {self.error}" if self.low_watermark is None else f"low_watermark: {self.low_watermark}"


def parse_offsets(content: str) -> dict[TopicPartition, int]:
    """The offsets that a file asks for, in the order in which Kafka's tool treats them; ToolFailure if it is wrong."""
    try:
        # As Kafka's parser does, read one document and ignore what follows it.
        document, _ = json.JSONDecoder().raw_decode(content.lstrip())
    except ValueError:
        raise ToolFailure("The input string is not a valid JSON") from None
    fields = _object(document)
    version = _integer(fields["version"], "Integer", MAX_INT) if "version" in fields else SUPPORTED_VERSION
    if version != SUPPORTED_VERSION:
        raise ToolFailure(f"Not supported version field value {version}")
    if "partitions" not in fields:
        raise ToolFailure("Missing partitions field")
    partitions = fields["partitions"]
    if not isinstance(partitions, list):
        raise ToolFailure(f"Expected JSON array, received {json_text(partitions)}")
    asked = [_partition(element) for element in partitions]
    order = partition_order(partition for partition, _ in asked)
    if len(order) < len(asked):
        given = [partition for partition, _ in asked]
        repeated = partition_order(partition for partition in order if given.count(partition) > 1)
        names = ",".join(map(str, repeated))
        raise ToolFailure(f"Offset json file contains duplicate topic partitions: {names}")
    offsets = dict(asked)
    return {partition: offsets[partition] for partition in order}


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ToolFailure(f"Expected JSON object, received {json_text(value)}")
    return value


def _partition(element: Any) -> tuple[TopicPartition, int]:
    fields = _object(element)
    topic = _field(fields, "topic")
    if not isinstance(topic, str):
        raise ToolFailure(f"Expected `String` value, received {json_text(topic)}")
    partition = _integer(_field(fields, "partition"), "Integer", MAX_INT)
    return TopicPartition(topic, partition), _integer(_field(fields, "offset"), "Long", MAX_LONG)


def _field(fields: dict[str, Any], name: str) -> Any:
    if name not in fields:
        raise ToolFailure(f"No such field exists: `{name}`")
    return fields[name]


def _integer(value: Any, java_type: str, greatest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -greatest - 1 <= value <= greatest:
        raise ToolFailure(f"Expected `{java_type}` value, received {json_text(value)}")
    return value


def read_offsets(path: str) -> dict[TopicPartition, int]:
    try:
        content = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ToolFailure(f"Unable to read file {path}: {error.strerror or error}") from None
    return parse_offsets(content)


@kafka_tool("delete-records", "Delete the records of partitions up to an offset.")
@bootstrap_server()
@text("offset-json-file", "FILE", "REQUIRED: The offsets, as JSON.")
@text("command-config", "FILE", "Properties for the client.")
@as_json()
def COMMAND(**parameters: Any) -> None:  # noqa: N802
    run(DeleteRecordsOptions(**parameters))


def run(options: DeleteRecordsOptions) -> None:
    from barnabas.cli.connection import Cluster

    offsets = read_offsets(options.offset_json_file or "")
    cluster = Cluster.connect(options.bootstrap_server, options.command_config)
    if not options.json:
        print("Executing records delete operation")
    deleted = delete(cluster, offsets)
    if options.json:
        print_json(
            [
                {"topic": of.topic, "partition": of.partition, "lowWatermark": it.low_watermark, "error": it.error}
                for of, it in deleted.items()
            ]
        )
        return
    print("Records delete operation completed:")
    for partition, result in deleted.items():
        print(f"partition: {partition}\t{result.text()}")


def delete(cluster: Cluster, offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, Deleted]:
    """What became of each partition, in the order of `offsets`."""
    from confluent_kafka import KafkaException
    from confluent_kafka import TopicPartition as ClientPartition

    # The client library refuses a whole request for one offset or number that no broker would accept.
    sound = [
        ClientPartition(partition.topic, partition.partition, offset)
        for partition, offset in offsets.items()
        if offset >= HIGH_WATERMARK and partition.partition >= 0 and partition.topic
    ]
    timeouts = {"request_timeout": cluster.timeout_seconds, "operation_timeout": cluster.timeout_seconds}
    answers = cluster.admin.delete_records(sound, **timeouts) if sound else {}
    results: dict[TopicPartition, Deleted] = {}
    for asked, answer in answers.items():
        partition = TopicPartition(asked.topic, asked.partition)
        try:
            results[partition] = Deleted(cluster.wait(answer).low_watermark)
        except KafkaException as exception:
            error = kafka_error(exception)
            results[partition] = Deleted(None, exception_text(_protocol_code(error.code()), message_of(error)))
    unsound = Deleted(None, exception_text(ErrorCode.OFFSET_OUT_OF_RANGE))
    unknown = Deleted(None, exception_text(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
    return {
        partition: results.get(partition, unsound if partition.partition >= 0 and partition.topic else unknown)
        for partition in offsets
    }


def _protocol_code(code: int) -> int:
    """The protocol's code for what the client library finds out by itself from the cluster's metadata."""
    from confluent_kafka import KafkaError

    own = {
        KafkaError._NOENT: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        KafkaError._UNKNOWN_TOPIC: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        KafkaError._UNKNOWN_PARTITION: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        KafkaError._TIMED_OUT: ErrorCode.REQUEST_TIMED_OUT,
    }
    return own.get(code, code)
