"""Produce: what is taken, what is refused, and what the refusal says."""

import uuid
from typing import Any

import pytest

from barnabas.broker.dispatch import CloseConnection
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from barnabas.protocol.records import NewRecord, build_batch
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
