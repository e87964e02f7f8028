"""Keys and timestamps without records, and bytes that are no records."""

import pytest

from barnabas.protocol.records import NewRecord, build_batch
from barnabas.protocol.records.walking import InvalidRecords, find_keyless, read_timestamp_deltas

RECORDS = bytes(build_batch([NewRecord(b"k", b"v" * 30, 1000 + place) for place in range(3)])[61:])


def test_an_empty_key_is_a_key_and_a_long_record_is_jumped_over() -> None:
    records = [NewRecord(b"", b"v" * 9, 5), NewRecord(None, b"v" * 9000, 5), NewRecord(None, b"v" * 90_000, 99_000_000)]
    data = bytes(build_batch([*records, NewRecord(b"k", None, 5)])[61:])
    assert find_keyless(data, 4) == [1, 2]
    assert read_timestamp_deltas(data, 4) == [0, 0, 98_999_995, 0]


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"", 1),
        (RECORDS, 2),
        (RECORDS, 4),
        (RECORDS[:-1], 3),
        (RECORDS + b"\0", 3),
        (b"\x02" + RECORDS[1:], 3),
        (b"\x01" + RECORDS[1:], 3),
        (b"\x20" + b"\xff" * 7, 1),
        (b"\xff" * 40, 1),
        (b"\x02\0\0\0\0\0\0\0", 1),
    ],
)
@pytest.mark.parametrize("walk", [find_keyless, read_timestamp_deltas])
def test_what_is_no_record_is_refused(walk: object, data: bytes, count: int) -> None:
    assert callable(walk)
    with pytest.raises(InvalidRecords):
        walk(data, count)
