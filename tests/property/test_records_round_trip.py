"""Whatever goes into a batch comes out of it, here and in foreign readers; no damage goes unnoticed."""

import contextlib

import kio.records.readers
import pytest
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from barnabas.protocol.records import (
    Compression,
    InvalidBatch,
    NewRecord,
    Record,
    build_batch,
    read_header,
    read_records,
    validate_batch,
)
from barnabas.protocol.records.compression import decompress
from barnabas.protocol.records.varint import VARLONG_MAX_BITS, decode_varint, encode_varint

nullable = st.none() | st.binary(max_size=200)
new_records = st.lists(
    st.builds(
        NewRecord,
        nullable,
        nullable,
        st.integers(-1, 2**61),
        st.lists(st.tuples(st.text(max_size=20), nullable), max_size=4).map(tuple),
    ),
    min_size=1,
    max_size=80,
)
batches = st.builds(
    build_batch,
    new_records,
    base_offset=st.integers(0, 2**62),
    leader_epoch=st.integers(-1, 2**31 - 1),
    compression=st.sampled_from(Compression),
    producer_id=st.integers(-1, 2**63 - 1),
    producer_epoch=st.integers(-1, 2**15 - 1),
    base_sequence=st.integers(-1, 2**31 - 1),
    is_transactional=st.booleans(),
)


@given(new_records, st.sampled_from(Compression), st.integers(0, 2**62))
def test_round_trip(records: list[NewRecord], compression: Compression, base_offset: int) -> None:
    batch = build_batch(records, compression=compression, base_offset=base_offset)
    validate_batch(batch, 0, read_header(batch))
    assert read_records(memoryview(b"before" + batch + b"after"), 6) == [
        Record(base_offset + index, record.timestamp_ms, record.key, record.value, record.headers)
        for index, record in enumerate(records)
    ]


@given(new_records, st.integers(0, 2**62))
def test_kio_reads_the_same(records: list[NewRecord], base_offset: int) -> None:
    # kio turns timestamps into dates of whole seconds, and opens no compressed batches.
    records = [record._replace(timestamp_ms=record.timestamp_ms % 2**42 // 1000 * 1000) for record in records]
    batch = build_batch(records, base_offset=base_offset)
    theirs, size = kio.records.readers.read_batch(bytes(batch), 0)
    assert size == len(batch)
    assert [
        Record(
            r.offset,
            int(r.timestamp.timestamp() * 1000),
            r.key,
            r.value,
            tuple(((h.key or b"").decode(), h.value) for h in r.headers),
        )
        for r in theirs.records
    ] == read_records(batch)


@given(batches)
def test_aiokafka_reads_the_same(batch: bytearray) -> None:
    (theirs,) = iter_aiokafka(bytes(batch))
    assert theirs == read_records(batch)


def iter_aiokafka(data: bytes) -> list[list[Record]]:
    memory_records = MemoryRecords(data)
    found: list[list[Record]] = []
    while (batch := memory_records.next_batch()) is not None:
        assert batch.validate_crc()
        found.append([Record(r.offset, r.timestamp, r.key, r.value, tuple(map(tuple, r.headers))) for r in batch])
    return found


@given(batches, st.data())
def test_every_truncated_batch_is_refused(batch: bytearray, data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, len(batch) - 1))
    with pytest.raises(InvalidBatch):
        validate_batch(batch[:kept], 0, read_header(batch[:kept]))
    with pytest.raises(InvalidBatch):
        read_records(batch[:kept])


@given(batches, st.data())
def test_every_flipped_bit_is_detected(batch: bytearray, data: st.DataObject) -> None:
    # By design base offset and leader epoch are outside the CRC: the broker sets them without reading the batch.
    position = data.draw(st.integers(8, 11) | st.integers(16, len(batch) - 1))
    batch[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(InvalidBatch):
        validate_batch(batch, 0, read_header(batch))


@given(batches, st.data())
def test_damage_behind_a_correct_crc_is_refused_or_read_but_nothing_else(batch: bytearray, data: st.DataObject) -> None:
    for position in data.draw(st.lists(st.integers(16, len(batch) - 1), min_size=1, max_size=5)):
        batch[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InvalidBatch):
        read_records(batch)


@given(st.binary(max_size=400), st.sampled_from(Compression))
def test_any_bytes_are_refused_or_decompressed_but_nothing_else(raw: bytes, compression: Compression) -> None:
    with contextlib.suppress(InvalidBatch):
        assert len(decompress(raw, compression, 100_000)) <= 100_000


@given(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=3))
def test_varints_round_trip(value: int, before: bytes) -> None:
    encoded = before + encode_varint(value)
    assert decode_varint(encoded, len(before), VARLONG_MAX_BITS) == (value, len(encoded))
