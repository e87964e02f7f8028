"""Responses leave in the order of their requests, whichever is ready first."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from barnabas.broker.context import RequestContext
from barnabas.broker.dispatch import Dispatcher, InOrder, advertised, serve
from barnabas.broker.handlers.api_versions import ApiVersions
from barnabas.broker.session import Session
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages import API_VERSIONS, HEARTBEAT
from barnabas.protocol.messages.api_versions import ApiVersionsRequest
from barnabas.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from barnabas.protocol.wire import request_header_bytes
from barnabas.transport import Connection, OutgoingPart


class RecordingConnection:
    """Keeps what a session sends."""

    peer_host = "127.0.0.1"

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False
        self.resumed = 0

    def send(self, parts: Sequence[OutgoingPart]) -> None:
        self.sent.append(b"".join(cast(Sequence[bytes], parts)))

    def close(self) -> None:
        self.closed = True

    def resume(self) -> None:
        self.resumed += 1

    def stop_reading(self) -> None:
        self.resumed = -100

    async def finish(self) -> None:
        self.closed = True

    def correlation_ids(self) -> list[int]:
        return [int.from_bytes(frame[4:8], "big") for frame in self.sent]


class SlowHeartbeat:
    """Answers a group when told to; the group's name decides what happens."""

    def __init__(self) -> None:
        self.gates: dict[str, asyncio.Event] = {}

    def __call__(self, request: HeartbeatRequest, context: RequestContext) -> Any:
        if request.group_id.startswith("in order"):
            return InOrder(self._first_part(request))
        return self._answer(request)

    async def _first_part(self, request: HeartbeatRequest) -> Any:
        response = await self._answer(request)
        if request.group_id != "in order, then later":
            return response
        return self._answer(HeartbeatRequest(group_id="later", generation_id=1, member_id="m"))

    async def _answer(self, request: HeartbeatRequest) -> HeartbeatResponse:
        if request.group_id == "kafka error":
            raise KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
        if request.group_id == "bug":
            raise ZeroDivisionError
        if request.group_id == "no form":
            return HeartbeatResponse(error_code=1 << 20)
        gate = self.gates[request.group_id] = asyncio.Event()
        await gate.wait()
        return HeartbeatResponse()


def frame(correlation_id: int, group: str, api_key: int = 12, version: int = 4) -> memoryview:
    header = request_header_bytes(HEARTBEAT, version, correlation_id, "test")
    if api_key != HEARTBEAT.key:
        return memoryview(api_key.to_bytes(2, "big") + header[2:])
    return memoryview(
        header
        + HEARTBEAT.request_codec(version).encode(HeartbeatRequest(group_id=group, generation_id=1, member_id="m"))
    )


def make_session(max_pending: int = 100) -> tuple[Session, RecordingConnection, SlowHeartbeat]:
    connection, heartbeat = RecordingConnection(), SlowHeartbeat()
    heartbeat_route = serve(HEARTBEAT, heartbeat)
    routes = [heartbeat_route]
    routes.append(serve(API_VERSIONS, ApiVersions([*advertised(routes), (18, 0, 4)])))
    session = Session(
        cast(Connection, connection),
        Dispatcher(routes),
        listener_name="PLAINTEXT",
        max_pending_requests=max_pending,
        on_closed=lambda _: None,
    )
    return session, connection, heartbeat


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def api_versions_frame(correlation_id: int, version: int = 0) -> memoryview:
    return memoryview(
        request_header_bytes(API_VERSIONS, version, correlation_id, "test")
        + API_VERSIONS.request_codec(version).encode(ApiVersionsRequest())
    )


def test_responses_leave_in_the_order_of_requests() -> None:
    async def scenario() -> None:
        session, connection, heartbeat = make_session()
        session.frame_received(frame(1, "a"))
        session.frame_received(frame(2, "b"))
        session.frame_received(api_versions_frame(3))
        await turn()
        assert connection.sent == []
        heartbeat.gates["b"].set()
        await turn()
        assert connection.sent == []
        heartbeat.gates["a"].set()
        await turn()
        assert connection.correlation_ids() == [1, 2, 3]

    asyncio.run(scenario())


def test_reading_stops_while_too_much_is_in_flight() -> None:
    async def scenario() -> None:
        session, connection, heartbeat = make_session(max_pending=2)
        assert session.frame_received(frame(1, "a"))
        assert not session.frame_received(frame(2, "b"))
        await turn()
        heartbeat.gates["a"].set()
        await turn()
        assert connection.resumed == 1
        session.connection_closed()
        await session.finish()

    asyncio.run(scenario())


def test_no_request_is_taken_behind_one_that_must_not_be_overtaken() -> None:
    async def scenario() -> None:
        session, connection, heartbeat = make_session()
        assert session.frame_received(frame(1, "a"))
        assert not session.frame_received(frame(2, "in order"))
        await turn()
        heartbeat.gates["a"].set()
        await turn()
        assert (connection.resumed, connection.correlation_ids()) == (0, [1])
        heartbeat.gates["in order"].set()
        await turn()
        assert (connection.resumed, connection.correlation_ids()) == (1, [1, 2])
        assert session.frame_received(api_versions_frame(3))
        assert connection.correlation_ids() == [1, 2, 3]

    asyncio.run(scenario())


def test_once_its_work_is_done_a_request_waits_without_holding_up_others() -> None:
    async def scenario() -> None:
        session, connection, heartbeat = make_session()
        assert not session.frame_received(frame(1, "in order, then later"))
        await turn()
        heartbeat.gates["in order, then later"].set()
        await turn()
        assert (connection.resumed, connection.sent) == (1, [])
        assert session.frame_received(api_versions_frame(2))
        heartbeat.gates["later"].set()
        await turn()
        assert connection.correlation_ids() == [1, 2]

    asyncio.run(scenario())


def test_a_connection_that_is_being_closed_takes_nothing_more_after_the_work() -> None:
    async def scenario() -> None:
        session, connection, heartbeat = make_session()
        session.frame_received(frame(1, "in order"))
        await turn()
        session.stop_reading()
        heartbeat.gates["in order"].set()
        await session.finish()
        assert (connection.correlation_ids(), connection.resumed) == ([1], -100)

    asyncio.run(scenario())


def test_errors_become_codes_in_the_response() -> None:
    async def scenario() -> None:
        session, connection, _ = make_session()
        session.frame_received(frame(1, "kafka error"))
        session.frame_received(frame(2, "bug"))
        await turn()
        codec = HEARTBEAT.response_codec(4)
        codes = [codec.decode(sent, 9).error_code for sent in connection.sent]
        assert codes == [ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.UNKNOWN_SERVER_ERROR]
        assert not connection.closed

    asyncio.run(scenario())


def test_bytes_after_a_request_are_ignored() -> None:
    """As Kafka does: librdkafka 2.16 sends three too many with its Metadata request for all topics."""

    async def scenario() -> None:
        session, connection, _ = make_session()
        session.frame_received(memoryview(bytes(frame(1, "kafka error")) + b"\x01\0\0"))
        await turn()
        assert connection.correlation_ids() == [1]
        assert not connection.closed

    asyncio.run(scenario())


def test_a_response_without_a_form_closes_the_connection() -> None:
    """Rather than leave the client waiting for an answer that never comes."""

    async def scenario() -> None:
        session, connection, _ = make_session()
        session.frame_received(frame(1, "no form"))
        await turn()
        assert connection.closed
        assert connection.sent == []

    asyncio.run(scenario())


def test_what_is_no_request_closes_the_connection() -> None:
    async def scenario() -> None:
        for bad in (memoryview(b"nonsense"), frame(1, "a", api_key=9999), frame(1, "a")[:-2]):
            session, connection, _ = make_session()
            session.frame_received(bad)
            assert connection.closed
            assert connection.sent == []

    asyncio.run(scenario())


def test_a_future_version_of_api_versions_is_answered_in_version_0() -> None:
    async def scenario() -> None:
        session, connection, _ = make_session()
        header = bytearray(request_header_bytes(API_VERSIONS, 3, 7, "test"))
        header[2:4] = (99).to_bytes(2, "big")
        session.frame_received(memoryview(bytes(header) + b"\x01\x02\x03"))
        assert connection.correlation_ids() == [7]
        response = API_VERSIONS.response_codec(0).decode(connection.sent[0], 8)
        assert response.error_code == ErrorCode.UNSUPPORTED_VERSION
        assert [key.api_key for key in response.api_keys] == [12, 18]

    asyncio.run(scenario())


def test_a_closed_connection_ends_its_tasks() -> None:
    async def scenario() -> None:
        session, connection, _ = make_session()
        session.frame_received(frame(1, "a"))
        await turn()
        session.connection_closed()
        await session.finish()
        assert connection.sent == []
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())
