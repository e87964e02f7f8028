"""Requests as bytes over plain sockets: a client so cheap that 5,000 of them fit beside the server.

The frames are made once, by our own codecs, and sent as they are. Topics are named (Produce 11, Fetch 12), so that a
frame holds for whichever server runs.
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from typing import Any, Final

from barnabas.protocol.messages.fetch import FETCH, FetchPartition, FetchRequest, FetchTopic
from barnabas.protocol.messages.list_offsets import (
    LIST_OFFSETS,
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from barnabas.protocol.messages.produce import PRODUCE, PartitionProduceData, ProduceRequest, TopicProduceData
from barnabas.protocol.records import NewRecord, build_batch
from barnabas.protocol.wire import Api, read_response_header, request_header_bytes

PRODUCE_VERSION: Final = 11
FETCH_VERSION: Final = 12
LIST_OFFSETS_VERSION: Final = 7
LATEST: Final = -1
# UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER
NOT_LED_YET: Final = (3, 5, 6)
TIMEOUT_SECONDS: Final = 120.0
_LENGTH: Final = struct.Struct(">i")


class RequestFailed(Exception):
    """The server answered with an error code, or hung up (code 0)."""

    def __init__(self, text: str, error_code: int = 0) -> None:
        super().__init__(text)
        self.error_code = error_code


@dataclass(frozen=True, slots=True)
class Request:
    """The bytes of a request, and how its response is to be read."""

    api: Api[Any, Any]
    version: int
    frame: bytes


def produce_request(topic: str, partition: int, records: int, record_bytes: int, now_ms: int) -> Request:
    """One batch of so many records, acks=1."""
    batch = build_batch([NewRecord(None, bytes(record_bytes), now_ms) for _ in range(records)])
    data = [PartitionProduceData(index=partition, records=batch)]
    body = ProduceRequest(acks=1, timeout_ms=30_000, topic_data=[TopicProduceData(name=topic, partition_data=data)])
    return _framed(PRODUCE, PRODUCE_VERSION, body)


def fetch_request(topic: str, partition: int) -> Request:
    """The first batch of a partition, outside any fetch session; there must be one, or it waits for half a second."""
    wanted = [FetchPartition(partition=partition, fetch_offset=0, partition_max_bytes=1)]
    body = FetchRequest(max_wait_ms=500, min_bytes=1, topics=[FetchTopic(topic=topic, partitions=wanted)])
    return _framed(FETCH, FETCH_VERSION, body)


def end_offset_request(topic: str, partition: int) -> Request:
    """Where a partition ends: answered only by a server that has opened its log."""
    wanted = [ListOffsetsPartition(partition_index=partition, timestamp=LATEST)]
    body = ListOffsetsRequest(replica_id=-1, topics=[ListOffsetsTopic(name=topic, partitions=wanted)])
    return _framed(LIST_OFFSETS, LIST_OFFSETS_VERSION, body)


def _framed(api: Api[Any, Any], version: int, body: Any) -> Request:
    frame = request_header_bytes(api, version, 1, "benchmarks") + api.request_codec(version).encode(body)
    return Request(api, version, _LENGTH.pack(len(frame)) + frame)


class RawClient:
    """One connection; one request at a time."""

    __slots__ = ("_socket",)

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: Request) -> Any:
        """The decoded response, whatever it says."""
        self._socket.sendall(request.frame)
        (length,) = _LENGTH.unpack(self._receive(4))
        response = self._receive(length)
        _, offset = read_response_header(request.api, request.version, response)
        return request.api.response_codec(request.version).decode(response, offset)

    def do(self, request: Request) -> int:
        """Ask for one partition; return the offset it tells. RequestFailed for any error code."""
        response = self.ask(request)
        if request.api is PRODUCE:
            found = response.responses[0].partition_responses[0]
            offset = found.base_offset
        elif request.api is FETCH:
            found = response.responses[0].partitions[0]
            offset = found.high_watermark
            if found.error_code == 0 and not found.records:
                raise RequestFailed("a fetch came back without records")
        else:
            found = response.topics[0].partitions[0]
            offset = found.offset
        if found.error_code:
            text = f"{request.api.name} was answered with error code {found.error_code}"
            raise RequestFailed(text, found.error_code)
        return int(offset)

    def do_when_led(self, request: Request) -> int:
        """Ask again while the partition's leader doesn't know yet that it is; for a short while after its creation."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                return self.do(request)
            except RequestFailed as error:
                if error.error_code not in NOT_LED_YET or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _receive(self, length: int) -> bytes:
        received = bytearray()
        while len(received) < length:
            part = self._socket.recv(length - len(received))
            if not part:
                raise RequestFailed("the server hung up")
            received += part
        return bytes(received)

    def close(self) -> None:
        self._socket.close()
