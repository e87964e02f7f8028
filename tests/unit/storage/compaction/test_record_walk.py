"""Walking over records finds what reading them finds, and refuses what reading refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barnabas.protocol.records import (
    Compression,
    InvalidBatch,
    NewRecord,
    build_batch,
    read_header,
    read_records,
)
from barnabas.storage.compaction.record_walk import timestamp_delta, walk_records, with_other_base

NOW_MS = 1_700_000_000_000

nullable = st.none() | st.binary(max_size=200)
records = st.lists(
    st.builds(
        NewRecord,
        nullable,
        nullable,
        st.integers(NOW_MS - 2**40, NOW_MS + 2**40),
        st.lists(st.tuples(st.text(max_size=5), nullable), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=5,
)


@given(records, st.sampled_from(Compression))
def test_walking_finds_what_reading_finds(given_records: list[NewRecord], compression: Compression) -> None:
    content = bytes(b"before" + build_batch(given_records, base_offset=7, compression=compression))
    header = read_header(content, 6)
    walked = walk_records(content, 6, header)
    read = read_records(content, 6)
    assert walked.keys == [record.key for record in read]
    assert walked.tombstones == [place for place, record in enumerate(read) if record.value is None]
    assert [header.base_offset + delta for delta in walked.offset_deltas] == [record.offset for record in read]
    starts = [0, *walked.ends[:-1]]
    assert [header.base_timestamp + timestamp_delta(walked.data, start) for start in starts] == [
        record.timestamp_ms for record in read
    ]


@given(records, st.integers(-(2**41), 2**41))
def test_a_record_can_be_told_from_another_base_timestamp(given_records: list[NewRecord], moved_by_ms: int) -> None:
    content = bytes(build_batch(given_records))
    walked = walk_records(content, 0, read_header(content))
    starts = [0, *walked.ends[:-1]]
    for start, end in zip(starts, walked.ends, strict=True):
        moved = with_other_base(walked.data, start, end, moved_by_ms)
        assert timestamp_delta(moved, 0) == timestamp_delta(walked.data, start) - moved_by_ms
        assert with_other_base(moved, 0, len(moved), -moved_by_ms) == walked.data[start:end]


@given(st.binary(min_size=1, max_size=60), st.integers(1, 4))
def test_damaged_records_are_refused(payload: bytes, count: int) -> None:
    content = bytes(build_batch([NewRecord(b"k", b"v", NOW_MS)] * count))
    header = read_header(content)
    damaged = content[:61] + payload
    header.batch_length = len(damaged) - 12
    try:
        walked = walk_records(damaged, 0, header)
    except InvalidBatch:
        return
    assert len(walked.ends) == count
    assert walked.ends[-1] == len(payload)


def test_records_that_say_they_are_longer_than_their_batch_are_refused() -> None:
    content = bytes(build_batch([NewRecord(b"key", b"value", NOW_MS)]))
    header = read_header(content)
    header.batch_length -= 1
    with pytest.raises(InvalidBatch):
        walk_records(content[:-1], 0, header)
