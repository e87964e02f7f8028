"""Idempotent producers: repeats, gaps, epochs, wrap-around, expiry, snapshots."""

import pytest

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import BatchHeader, NewRecord, build_batch, read_header
from barnabas.storage import LogConfig, PartitionLog
from barnabas.storage.producer_snapshot import CorruptSnapshot, decode_snapshot, encode_snapshot
from barnabas.storage.producer_state import ProducerBatch, ProducerEntry, ProducerStates
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, append, batch, new_log, open_directory, sequenced

LAST_SEQUENCE = 2**31 - 1


def refusal(log: PartitionLog, content: bytearray) -> ErrorCode:
    end_offset = log.log_end_offset
    with pytest.raises(KafkaError) as caught:
        append(log, content)
    assert log.log_end_offset == end_offset
    return caught.value.code


def test_a_repeated_batch_is_answered_with_its_first_offsets() -> None:
    log = new_log()
    for sequence in range(0, 10, 2):
        append(log, sequenced(sequence, 2))
    for sequence in range(0, 10, 2):
        info = append(log, sequenced(sequence, 2))
        assert (info.first_offset, info.last_offset, info.is_duplicate) == (sequence, sequence + 1, True)
        assert info.log_append_time_ms == NOW_MS
    assert log.log_end_offset == 10


def test_only_the_last_five_batches_are_remembered() -> None:
    log = new_log()
    for sequence in range(6):
        append(log, sequenced(sequence))
    assert append(log, sequenced(1)).is_duplicate
    assert refusal(log, sequenced(0)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_a_gap_is_out_of_order() -> None:
    log = new_log()
    append(log, sequenced(0, 3))
    assert refusal(log, sequenced(4)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert refusal(log, sequenced(1)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    append(log, sequenced(3))


def test_an_older_epoch_is_fenced_and_a_newer_one_begins_at_zero() -> None:
    log = new_log()
    append(log, sequenced(0, epoch=1))
    assert refusal(log, sequenced(1, epoch=0)) is ErrorCode.INVALID_PRODUCER_EPOCH
    assert refusal(log, sequenced(1, epoch=2)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert not append(log, sequenced(0, epoch=2)).is_duplicate
    assert append(log, sequenced(0, epoch=2)).is_duplicate


def test_an_unknown_producer_may_begin_anywhere() -> None:
    log = new_log()
    assert append(log, sequenced(17)).first_offset == 0
    append(log, sequenced(18))


def test_producers_do_not_disturb_each_other() -> None:
    log = new_log()
    append(log, sequenced(0, producer_id=1))
    append(log, sequenced(0, producer_id=2))
    append(log, batch(b"of nobody"))
    append(log, sequenced(1, producer_id=1))
    assert append(log, sequenced(0, producer_id=2)).first_offset == 1


def test_sequence_numbers_wrap() -> None:
    log = new_log()
    append(log, sequenced(LAST_SEQUENCE - 1, 3))
    assert log.producers[0].last_sequence == 0
    assert append(log, sequenced(LAST_SEQUENCE - 1, 3)).is_duplicate
    append(log, sequenced(1))
    other = new_log()
    append(other, sequenced(LAST_SEQUENCE))
    append(other, sequenced(0))
    assert refusal(other, sequenced(2)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_silent_producers_are_forgotten() -> None:
    log = new_log(LogConfig(producer_id_expiration_ms=1000))
    append(log, sequenced(0, timestamp_ms=NOW_MS))
    assert log.expire_producers(NOW_MS + 999) == 0
    assert log.expire_producers(NOW_MS + 1000) == 1
    assert log.producers == []


@pytest.mark.parametrize("is_clean", [True, False])
def test_producers_are_known_after_a_restart(is_clean: bool) -> None:
    filesystem = MemoryFileSystem()
    config = LogConfig(segment_bytes=3 * len(sequenced(0)))
    directory = open_directory(filesystem, config)
    log = directory.create_log(ORDERS, TOPIC_ID)
    for sequence in range(8):
        append(log, sequenced(sequence))
    if is_clean:
        directory.close()
    else:
        directory.release()
    log = open_directory(filesystem, config).logs[ORDERS]
    assert append(log, sequenced(7)).first_offset == 7
    assert refusal(log, sequenced(9)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert append(log, sequenced(8)).first_offset == 8


def test_truncation_takes_the_producers_back() -> None:
    log = new_log(LogConfig(segment_bytes=3 * len(sequenced(0))))
    for sequence in range(8):
        append(log, sequenced(sequence))
    log.truncate_to(5)
    assert refusal(log, sequenced(6)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert append(log, sequenced(5)).first_offset == 5


def entry() -> ProducerEntry:
    last = ProducerBatch(LAST_SEQUENCE - 1, 1, 40, 43, NOW_MS)
    return ProducerEntry(9, 3, last_timestamp_ms=NOW_MS, coordinator_epoch=5, batches=[last])


def test_a_snapshot_keeps_the_last_batch_of_each_producer() -> None:
    idle = ProducerEntry(10, 0)
    found = decode_snapshot(encode_snapshot([entry(), idle]))
    assert [(known.producer_id, known.producer_epoch, known.coordinator_epoch) for known in found] == [
        (9, 3, 5),
        (10, 0, -1),
    ]
    assert found[0].batches == entry().batches
    assert found[1].batches == []


def test_a_snapshot_has_kafkas_bytes() -> None:
    content = encode_snapshot([ProducerEntry(1, 2, last_timestamp_ms=3)])
    assert content[:2] == b"\0\1"
    count, last_sequence, last_offset, offset_delta = "00000001", "ffffffff", "ffffffffffffffff", "00000000"
    coordinator_epoch, transaction = "ffffffff", "ffffffffffffffff"
    expected = [count, "0000000000000001", "0002", last_sequence, last_offset, offset_delta, "0000000000000003"]
    assert content[6:].hex() == "".join([*expected, coordinator_epoch, transaction])


def test_a_damaged_snapshot_is_noticed() -> None:
    content = encode_snapshot([entry()])
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x10
        with pytest.raises(CorruptSnapshot):
            decode_snapshot(bytes(damaged))
        with pytest.raises(CorruptSnapshot):
            decode_snapshot(content[:place])


def test_the_oldest_open_transaction_is_where_the_stable_part_ends() -> None:
    def header(producer_id: int, *, is_control: bool = False) -> BatchHeader:
        records = [NewRecord(b"\0\0\0\1" if is_control else None, b"", NOW_MS)]
        sequence = -1 if is_control else 0
        return read_header(
            build_batch(
                records,
                producer_id=producer_id,
                producer_epoch=0,
                base_sequence=sequence,
                is_transactional=True,
                is_control=is_control,
            )
        )

    states = ProducerStates()
    found = [states.first_open_offset]
    for producer_id, offset in ((1, 10), (2, 11), (1, 12)):
        states.note(header(producer_id), offset, NOW_MS)
    found.append(states.first_open_offset)
    states.note(header(1, is_control=True), 13, NOW_MS)
    found.append(states.first_open_offset)
    again = ProducerStates()
    again.replace(decode_snapshot(encode_snapshot(states.entries())), 14)
    assert again.first_open_offset == 11
    states.note(header(2, is_control=True), 14, NOW_MS)
    found.append(states.first_open_offset)
    assert found == [None, 10, 11, None]
