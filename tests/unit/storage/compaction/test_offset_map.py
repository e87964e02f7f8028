"""The map of keys knows the last offset of each, and how many it may hold."""

from hypothesis import given
from hypothesis import strategies as st

from barnabas.storage.compaction.offset_map import ENTRY_BYTES, OffsetMap


def holding(keys: int, load_factor: float = 1.0) -> OffsetMap:
    return OffsetMap(round(keys / load_factor) * ENTRY_BYTES, load_factor)


@given(st.lists(st.none() | st.binary(max_size=40), max_size=60), st.integers(1, 10))
def test_it_knows_the_last_offset_of_every_key(keys: list[bytes | None], step: int) -> None:
    offset_map = holding(100)
    for start in range(0, len(keys), step):
        assert offset_map.add(keys[start : start + step], range(start, min(start + step, len(keys))))
    wanted = [key for key in keys if key is not None]
    last = {key: offset for offset, key in enumerate(keys) if key is not None}
    assert offset_map.find(wanted) == [last[key] for key in wanted]
    assert offset_map.find([b"unknown" * 9]) == [-1]
    assert len(offset_map) == len(last)


def test_a_full_map_tells_how_far_it_came() -> None:
    offset_map = holding(3)
    assert offset_map.add([b"a", b"b"], [5, 6])
    offset_map.reaches(6)
    assert not offset_map.add([None, b"c", b"d", b"e"], [7, 8, 9, 10])
    assert offset_map.latest_offset == 8
    assert offset_map.find([b"a", b"c", b"d"]) == [5, 8, -1]
    assert not offset_map.add([b"a"], [11])  # full, though the key is known


def test_the_bound_is_the_memory_and_the_load_factor() -> None:
    offset_map = OffsetMap(1024 * 1024, 0.9)
    assert offset_map.slots == 1024 * 1024 // ENTRY_BYTES
    assert offset_map.limit == int(offset_map.slots * 0.9)
    assert OffsetMap(0, 0.9).limit == 1  # a round must come on by one key at least


def test_how_full_it_is() -> None:
    offset_map = holding(10)
    offset_map.add([b"a", b"b", b"a"], [0, 1, 2])
    assert offset_map.utilization == 0.2
