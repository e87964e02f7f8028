"""Offsets at a place in the log or at a time, asked of many partitions at once (ListOffsets)."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from barnabas.cli.failures import ToolFailure
from barnabas.foundation.identifiers import TopicPartition

if TYPE_CHECKING:
    from barnabas.cli.connection import Cluster

LATEST_TIMESTAMP: Final = -1
EARLIEST_TIMESTAMP: Final = -2
MAX_TIMESTAMP: Final = -3


def ask_offsets(
    cluster: Cluster, partitions: Iterable[TopicPartition], timestamp: int
) -> dict[TopicPartition, concurrent.futures.Future[Any]]:
    """One answer per partition, each with `.offset` (-1 for none); negative timestamps are the protocol's places."""
    from confluent_kafka import TopicPartition as ClientPartition
    from confluent_kafka.admin import OffsetSpec

    if timestamp < MAX_TIMESTAMP:
        raise ToolFailure(
            f"offsets at {timestamp} can't be asked for: this client library knows latest (-1), earliest (-2), "
            "max-timestamp (-3) and timestamps from 0"
        )
    wanted = OffsetSpec.for_timestamp(timestamp)
    answers = cluster.admin.list_offsets(
        {ClientPartition(partition.topic, partition.partition): wanted for partition in partitions},
        request_timeout=cluster.timeout_seconds,
    )
    return {TopicPartition(asked.topic, asked.partition): answer for asked, answer in answers.items()}


def offsets_at(cluster: Cluster, partitions: Iterable[TopicPartition], timestamp: int) -> dict[TopicPartition, int]:
    """The offsets; raises the client library's KafkaException for the first partition that has none to give."""
    wanted = list(partitions)
    if not wanted:
        return {}
    return {
        partition: cluster.wait(answer).offset for partition, answer in ask_offsets(cluster, wanted, timestamp).items()
    }
