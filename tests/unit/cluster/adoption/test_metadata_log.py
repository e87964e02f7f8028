"""Which records of a metadata log count: the newest snapshot's, then the log's after it."""

from __future__ import annotations

import pytest

from barnabas.cluster.adoption.errors import CannotAdopt
from barnabas.cluster.adoption.metadata_log import read_metadata_log
from unit.cluster.adoption.kafka_disk import DATA, batch, make_disk

FOLDER = f"{DATA}/m"


def values(files: dict[str, bytes]) -> list[bytes]:
    filesystem = make_disk({f"m/{name}": content for name, content in files.items()})
    operations = filesystem.operations
    found = [entry.value for entry in read_metadata_log(filesystem, FOLDER)]
    assert filesystem.operations == operations  # nothing was written
    return found


def segment(base_offset: int) -> str:
    return f"{base_offset:020d}.log"


def snapshot(end_offset: int) -> str:
    return f"{end_offset:020d}-0000000001.checkpoint"


def test_a_log_without_snapshot_is_read_from_its_start() -> None:
    first = batch(b"leader", is_control=True) + batch(b"a", b"b", base_offset=1)
    assert values({segment(0): first, segment(3): batch(b"c", base_offset=3)}) == [b"a", b"b", b"c"]


def test_the_newest_snapshot_stands_for_what_was_before_it() -> None:
    files = {
        snapshot(2): batch(b"old"),
        snapshot(4): batch(b"header", is_control=True) + batch(b"s1", b"s2") + batch(b"footer", is_control=True),
        snapshot(6) + ".part": batch(b"unfinished"),
        segment(0): batch(b"a", b"b"),
        segment(2): batch(b"c", b"d", b"e", base_offset=2),
        segment(5): batch(b"f", base_offset=5),
    }
    assert values(files) == [b"s1", b"s2", b"e", b"f"]


def test_a_torn_end_is_what_a_kill_leaves() -> None:
    torn = batch(b"b", base_offset=1)[:-1]
    assert values({segment(0): batch(b"a") + torn}) == [b"a"]
    assert values({segment(0): batch(b"a") + bytes(100)}) == [b"a"]


def test_a_hole_is_refused() -> None:
    damaged = bytearray(batch(b"a"))
    damaged[-1] ^= 1
    with pytest.raises(CannotAdopt, match=r"00000000000000000000\.log: damaged at position 0"):
        values({segment(0): bytes(damaged), segment(1): batch(b"b", base_offset=1)})
    with pytest.raises(CannotAdopt, match=r"begins at 5, its snapshot ends at 4"):
        values({snapshot(4): batch(b"s"), segment(5): batch(b"b", base_offset=5)})
    with pytest.raises(CannotAdopt, match=r"begins at 5, its snapshot ends at 0"):
        values({segment(5): batch(b"b", base_offset=5)})
    with pytest.raises(CannotAdopt, match=r"checkpoint: damaged at position"):
        values({snapshot(4): batch(b"s") + b"rest"})
