"""Produce: what is taken, what is refused, and what the refusal says."""

import asyncio
import random
import uuid
from typing import Any

import pytest

from barnabas.broker.dispatch import CloseConnection, InOrder
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.produce import PartitionProduceData, ProduceRequest, ProduceResponse, TopicProduceData
from barnabas.protocol.records import Compression, NewRecord, build_batch
from barnabas.storage import LogConfig
from unit.broker.handlers.data_room import NOW_MS, DataRoom, batch, context


@pytest.mark.parametrize("version", range(3, 14))
@pytest.mark.parametrize("acks", [1, -1])
def test_a_batch_is_appended(version: int, acks: int) -> None:
    room = DataRoom()
    room.send(batch(b"a", b"b"))
    answer = room.send(batch(b"c"), version=version, acks=acks)
    assert (answer.error_code, answer.base_offset, answer.log_start_offset) == (0, 2, 0)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"name": "nope"}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"partition": 2}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"partition": -1}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"version": 13, "topic_id": uuid.UUID(int=9)}, ErrorCode.UNKNOWN_TOPIC_ID),
        ({"acks": 2}, ErrorCode.INVALID_REQUIRED_ACKS),
        ({"acks": 2, "name": "nope"}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"transactional_id": "t"}, ErrorCode.INVALID_TXN_STATE),
        ({"name": "__consumer_offsets"}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ],
)
def test_what_can_not_be_appended_is_refused(sent: dict[str, Any], code: ErrorCode) -> None:
    room = DataRoom()
    answer = room.send(batch(b"a"), **sent)
    assert (answer.error_code, answer.base_offset) == (code, -1)
    assert room.send(batch(b"a")).base_offset == 0


def test_there_must_be_a_batch() -> None:
    room = DataRoom()
    for records in (None, memoryview(bytearray())):
        assert room.send(records).error_code == ErrorCode.INVALID_RECORD


def test_a_batch_of_a_transaction_without_its_id_is_refused() -> None:
    records = batch(b"a", is_transactional=True, producer_id=3, producer_epoch=0, base_sequence=0)
    assert DataRoom().send(records).error_code == ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def test_words_of_their_own_come_only_with_the_errors_where_kafka_has_some() -> None:
    room = DataRoom(config=LogConfig(compact=True, max_message_bytes=200))
    too_large = room.send(batch(b"x" * 300))
    assert (too_large.error_code, too_large.error_message) == (ErrorCode.MESSAGE_TOO_LARGE, None)
    two = room.send(memoryview(bytearray(batch(b"a")) + batch(b"b")))
    assert (two.error_code, two.error_message, two.log_start_offset) == (ErrorCode.INVALID_RECORD, None, -1)
    nothing = room.send(memoryview(bytearray(40)))
    assert nothing.error_code == ErrorCode.CORRUPT_MESSAGE
    assert nothing.error_message == "Record size 0 is less than the minimum record overhead (14)"
    keyless = room.send(batch(b"a"))
    assert keyless.log_start_offset == 0
    assert keyless.error_message is not None
    assert "1 record errors" in keyless.error_message
    assert keyless.record_errors[0].batch_index_error_message == (
        "Compacted topic cannot accept message without key in topic partition orders-0"
    )


def test_no_more_replicas_are_asked_for_than_there_are() -> None:
    room = DataRoom(min_insync_replicas=5)
    assert room.replicas.leader("orders", 0).min_insync_replicas == 2


def test_too_few_replicas_in_sync_stop_only_who_asks_for_all() -> None:
    room = DataRoom(min_insync_replicas=2)
    refused = room.send(batch(b"a"))
    assert (refused.error_code, refused.log_start_offset) == (ErrorCode.NOT_ENOUGH_REPLICAS, 0)
    assert room.send(batch(b"a"), acks=1).error_code == 0


def test_a_repeated_batch_has_its_first_offset_and_a_gap_is_refused() -> None:
    room = DataRoom()

    def send(sequence: int, epoch: int = 1) -> Any:
        return room.send(batch(b"a", producer_id=7, producer_epoch=epoch, base_sequence=sequence))

    assert [send(0).base_offset, send(1).base_offset, send(0).base_offset] == [0, 1, 0]
    gap = send(5)
    assert (gap.error_code, gap.log_start_offset) == (ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, 0)
    assert send(2, epoch=0).error_code == ErrorCode.INVALID_PRODUCER_EPOCH


def test_refused_records_are_named_by_their_place() -> None:
    room = DataRoom(config=LogConfig(compact=True, delete=False))
    records = [NewRecord(b"k", b"v", NOW_MS), NewRecord(None, b"v", NOW_MS)]
    answer = room.send(memoryview(build_batch(records)))
    assert answer.error_code == ErrorCode.INVALID_RECORD
    assert [error.batch_index for error in answer.record_errors] == [1]
    room = DataRoom(config=LogConfig(message_timestamp_before_max_ms=1000))
    old = [NewRecord(None, b"v", when) for when in (NOW_MS, 5, -1, NOW_MS - 1000, NOW_MS - 1001)]
    answer = room.send(memoryview(build_batch(old)))
    assert answer.error_code == ErrorCode.INVALID_TIMESTAMP
    assert [error.batch_index for error in answer.record_errors] == [1, 4]


def test_without_acknowledgement_there_is_no_answer_but_an_error_closes() -> None:
    room = DataRoom()

    def request(partition: int) -> ProduceRequest:
        data = [PartitionProduceData(index=partition, records=batch(b"a"))]
        return ProduceRequest(acks=0, topic_data=[TopicProduceData(name="orders", partition_data=data)])

    assert room.produce(request(0), context(9)) is None
    assert room.replicas.leader("orders", 0).log.log_end_offset == 1
    with pytest.raises(CloseConnection):
        room.produce(request(7), context(9))


def large(**header: Any) -> memoryview:
    """Too much to be compressed on an event loop."""
    return memoryview(build_batch([NewRecord(b"k", random.Random(1).randbytes(700_000), NOW_MS)], **header))


def two_partitions(first: memoryview, second: memoryview, acks: int = -1) -> ProduceRequest:
    data = [PartitionProduceData(index=0, records=first), PartitionProduceData(index=1, records=second)]
    return ProduceRequest(acks=acks, timeout_ms=1000, topic_data=[TopicProduceData(name="orders", partition_data=data)])


def test_a_large_batch_is_compressed_in_a_thread_from_a_copy_and_the_others_are_not_held_up() -> None:
    room = DataRoom(config=LogConfig(compression_type="zstd"))
    lent = large()
    result = room.produce(two_partitions(lent, batch(b"b")), context(11))
    assert isinstance(result, InOrder)
    logs = [room.replicas.leader("orders", index).log for index in (0, 1)]
    assert [log.log_end_offset for log in logs] == [0, 1]
    lent[:] = bytes(len(lent))  # the connection's buffer is used for something else
    response = asyncio.run(result.work)
    assert isinstance(response, ProduceResponse)
    assert [place.index for place in response.responses[0].partition_responses] == [0, 1]
    assert [place.error_code for place in response.responses[0].partition_responses] == [0, 0]
    assert [log.log_end_offset for log in logs] == [1, 1]


def test_what_is_refused_in_the_thread_is_answered_as_elsewhere() -> None:
    room = DataRoom(config=LogConfig(compression_type="zstd", max_message_bytes=100_000))
    response = room.produce(two_partitions(large(), batch(b"b")), context(11))
    assert isinstance(response, ProduceResponse)  # by its size, which is seen at once
    room = DataRoom(config=LogConfig(compression_type="uncompressed", max_message_bytes=700_050))
    zeros = memoryview(build_batch([NewRecord(b"k", bytes(900_000), NOW_MS)], compression=Compression.SNAPPY))
    incompressible = large(compression=Compression.LZ4)
    for records, code in ((incompressible, ErrorCode.MESSAGE_TOO_LARGE), (zeros, ErrorCode.MESSAGE_TOO_LARGE)):
        result = room.produce(two_partitions(records, batch(b"b")), context(11))
        response = asyncio.run(result.work) if isinstance(result, InOrder) else result
        assert isinstance(response, ProduceResponse)
        assert [place.error_code for place in response.responses[0].partition_responses] == [code, 0]


def test_without_acknowledgement_the_thread_answers_nothing_either() -> None:
    room = DataRoom(config=LogConfig(compression_type="gzip"))
    result = room.produce(two_partitions(large(), batch(b"b"), acks=0), context(11))
    assert isinstance(result, InOrder)
    assert asyncio.run(result.work) is None
    assert room.replicas.leader("orders", 0).log.log_end_offset == 1


def test_a_partition_that_goes_meanwhile_is_missed() -> None:
    room = DataRoom(config=LogConfig(compression_type="gzip"))
    result = room.produce(two_partitions(large(), batch(b"b")), context(11))
    assert isinstance(result, InOrder)
    room.cache.publish(room.cache.image.without_topic("orders"))
    response = asyncio.run(result.work)
    assert response.responses[0].partition_responses[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_batches_of_one_producer_are_appended_in_the_order_in_which_they_came() -> None:
    """One after the other, as a session hands them over: the sequence numbers would tell."""
    room = DataRoom(config=LogConfig(compression_type="gzip"))

    def request(records: memoryview) -> ProduceRequest:
        data = [PartitionProduceData(index=0, records=records)]
        return ProduceRequest(acks=1, topic_data=[TopicProduceData(name="orders", partition_data=data)])

    async def scenario() -> list[int]:
        answers: list[int] = []
        pending = [
            request(large(producer_id=7, producer_epoch=0, base_sequence=0)),
            request(batch(b"b", producer_id=7, producer_epoch=0, base_sequence=1)),
            request(large(producer_id=7, producer_epoch=0, base_sequence=2)),
        ]
        for sent in pending:
            result = room.produce(sent, context(11))
            response = await result.work if isinstance(result, InOrder) else result
            assert isinstance(response, ProduceResponse)
            answers.append(response.responses[0].partition_responses[0].base_offset)
        return answers

    assert asyncio.run(scenario()) == [0, 1, 2]
