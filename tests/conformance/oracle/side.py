"""One of two brokers that are asked the same: requests of the data path in few words, answers as plain values.

Left out of an answer is what may differ between two brokers that are both right: topic and session IDs, the wording of
error messages, and the time of the day.
"""

from __future__ import annotations

import dataclasses
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Final

import google_crc32c

from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import ZERO_UUID
from barnabas.protocol.messages.create_topics import (
    CREATE_TOPICS,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from barnabas.protocol.messages.delete_topics import DELETE_TOPICS, DeleteTopicsRequest
from barnabas.protocol.messages.fetch import FETCH, FetchPartition, FetchRequest, FetchTopic, ForgottenTopic
from barnabas.protocol.messages.list_offsets import (
    LIST_OFFSETS,
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from barnabas.protocol.messages.produce import PRODUCE, PartitionProduceData, ProduceRequest, TopicProduceData
from barnabas.protocol.records import NewRecord, build_batch, iterate_headers
from barnabas.protocol.wire import Api
from conformance.oracle.kafka_broker import Connection

MISSING_ID: Final = uuid.UUID(int=0x1234_5678)
DAY_MS: Final = 86_400_000
READY_TIMEOUT_S: Final = 30.0
Told = dict[str, Any]
Question = Callable[["Side"], Told]
NOW_MS: Final = int(time.time() * 1000)


class Side:
    """A broker, asked over one connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = Connection(port)
        self._ids: dict[str, uuid.UUID] = {}

    def ask(self, api: Api[Any, Any], version: int, request: Any) -> Any:
        """The response as decoded; `no answer` when the broker closes the connection instead."""
        try:
            return self.connection.ask(api, version, request)
        except (OSError, struct.error):
            self.connection.close()
            self.connection = Connection(self.port)
            return "no answer"

    def create(self, *names: str, partitions: int = 1, **config: str) -> None:
        """Make topics and wait until they are led; `_` in the name of an option stands for a dot."""
        configs = [CreatableTopicConfig(name=key.replace("_", "."), value=value) for key, value in config.items()]
        topics = [
            CreatableTopic(name=name, num_partitions=partitions, replication_factor=1, configs=configs)
            for name in names
        ]
        created = self.ask(CREATE_TOPICS, 7, CreateTopicsRequest(topics=topics, timeout_ms=30_000))
        assert [topic.error_code for topic in created.topics] == [0] * len(names)
        for topic in created.topics:
            self._ids[topic.name] = topic.topic_id
        self._wait_until_led(names, partitions)

    def delete(self, name: str) -> None:
        self.ask(DELETE_TOPICS, 5, DeleteTopicsRequest(topic_names=[name], timeout_ms=30_000))

    def topic_id(self, name: str) -> uuid.UUID:
        return self._ids.get(name, MISSING_ID)

    def produce(
        self,
        topic: str,
        records: Any,
        *,
        version: int = 11,
        acks: int = -1,
        partition: int = 0,
        transactional_id: str | None = None,
    ) -> Any:
        """Send this to one partition."""
        response = self.ask(PRODUCE, version, self.produce_request(topic, records, acks, partition, transactional_id))
        return plain(response)

    def produce_request(
        self, topic: str, records: Any, acks: int = -1, partition: int = 0, transactional_id: str | None = None
    ) -> ProduceRequest:
        data = [PartitionProduceData(index=partition, records=records)]
        return ProduceRequest(
            transactional_id=transactional_id,
            acks=acks,
            timeout_ms=5000,
            topic_data=[TopicProduceData(name=topic, topic_id=self.topic_id(topic), partition_data=data)],
        )

    def fetch(self, *targets: tuple[Any, ...], version: int = 12, forget: Iterable[Any] = (), **more: Any) -> Any:
        """Read from (topic, partition, offset[, max bytes[, leader epoch[, last fetched epoch]]]); decoded."""
        wanted = []
        defaults: tuple[Any, ...] = (1 << 20, -1, -1)
        for target in targets:
            topic, partition, offset, max_bytes, epoch, last_epoch = tuple(target) + defaults[len(target) - 3 :]
            fields = FetchPartition(
                partition=partition,
                fetch_offset=offset,
                partition_max_bytes=max_bytes,
                current_leader_epoch=epoch,
                last_fetched_epoch=last_epoch,
            )
            wanted.append(FetchTopic(topic=topic, topic_id=self.topic_id(topic), partitions=[fields]))
        request = FetchRequest(
            topics=wanted,
            forgotten_topics_data=[
                ForgottenTopic(topic=topic, topic_id=self.topic_id(topic), partitions=[partition])
                for topic, partition in forget
            ],
            **more,
        )
        return self.ask(FETCH, version, request)

    def raw(self, frame: bytes, *, timeout_s: float = 3.0) -> str:
        """What becomes of a connection that sends these bytes after their length."""
        return self.raw_bytes(struct.pack(">i", len(frame)) + frame, timeout_s=timeout_s)

    def raw_bytes(self, content: bytes, *, timeout_s: float = 3.0) -> str:
        """`closed`, `silent`, or the answer in hexadecimal."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as peer:
            try:
                peer.sendall(content)
                answer = peer.recv(65536)
            except TimeoutError:
                return "silent"
            except ConnectionError:
                return "closed"
        return answer.hex() if answer else "closed"

    def close(self) -> None:
        self.connection.close()

    def _wait_until_led(self, names: Iterable[str], partitions: int) -> None:
        """Kafka answers CreateTopics before its broker has opened the logs."""
        wanted = [ListOffsetsPartition(partition_index=index, timestamp=-1) for index in range(partitions)]
        topics = [ListOffsetsTopic(name=name, partitions=wanted) for name in names]
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            answer = self.ask(LIST_OFFSETS, 5, ListOffsetsRequest(replica_id=-1, topics=topics))
            if not any(partition.error_code for topic in answer.topics for partition in topic.partitions):
                return
            assert time.monotonic() < deadline, "the topics were not made"
            time.sleep(0.02)


def plain(value: Any, name: str = "") -> Any:
    """A decoded answer as what two brokers can be compared by."""
    if dataclasses.is_dataclass(value):
        told = {
            field.name: plain(getattr(value, field.name), field.name)
            for field in dataclasses.fields(value)
            if field.name not in _LEFT_OUT
        }
        if told.get("error_code") == ErrorCode.INVALID_RECORD:
            # Kafka tells it for some of these refusals and not for others; no client looks at it.
            told.pop("log_start_offset", None)
        return told
    if isinstance(value, list):
        items = [plain(item) for item in value]
        # Kafka's order of partitions is that of a hash map.
        return sorted(items, key=lambda item: item["index"]) if name == "partition_responses" else items
    if isinstance(value, uuid.UUID):
        return "none" if value == ZERO_UUID else "an ID"
    if name == "records":
        return None if value is None else _batches(bytes(value))
    if name in _TIMES and isinstance(value, int) and value > time.time() * 1000 - DAY_MS:
        return "now"
    if name == "session_id":
        return value != 0
    return value


_LEFT_OUT: Final = frozenset(
    {"unknown_tags", "throttle_time_ms", "node_endpoints", "error_message", "batch_index_error_message"}
)
_TIMES: Final = frozenset({"log_append_time_ms", "timestamp"})


def _batches(records: bytes) -> list[tuple[int, int, int, int]]:
    """Base offset, last offset, leader epoch and size of each whole batch; then what is left over."""
    return [
        (header.base_offset, header.last_offset, header.partition_leader_epoch, header.size_bytes)
        for _, header in iterate_headers(records)
    ]


def batch(*values: bytes, key: bytes | None = None, timestamp_ms: int | None = None, **header: Any) -> bytearray:
    when_ms = NOW_MS if timestamp_ms is None else timestamp_ms
    return build_batch([NewRecord(key, value, when_ms) for value in values], **header)


def with_bytes(content: bytearray, position: int, patch: bytes, *, recount: bool = True) -> bytearray:
    """A batch with other bytes at a position; with `recount` its CRC fits again."""
    content[position : position + len(patch)] = patch
    if recount:
        content[17:21] = google_crc32c.value(bytes(content[21:])).to_bytes(4, "big")
    return content
