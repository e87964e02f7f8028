"""Batches that are not what was written: told by name and offset, kept, never stepped over."""

import random
from collections.abc import Callable

import pytest

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.storage import LogConfig, LogDirectory, PartitionLog
from barnabas.storage.damage import find_sound_batch
from barnabas.storage.filesystem import append_fully, read_file, replace_file
from barnabas.testing.failing_disks import FailingDisks
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, all_values, append, batch, fill, open_directory, read_values

SIZE = len(batch(b"00"))
CONFIG = LogConfig(segment_bytes=5 * SIZE, index_interval_bytes=SIZE)
VALUES = [f"{number:02}".encode() for number in range(13)]
FOLDER = "/data/orders-0"


def name_of(offset: int, suffix: str = ".log") -> str:
    return f"{offset:020d}{suffix}"


def path(offset: int, suffix: str = ".log") -> str:
    return f"{FOLDER}/{name_of(offset, suffix)}"


def filled(filesystem: FailingDisks) -> LogDirectory:
    directory = open_directory(filesystem, CONFIG)
    log = directory.create_log(ORDERS, TOPIC_ID)
    for number, value in enumerate(VALUES):
        append(log, batch(value, timestamp_ms=NOW_MS + number))
    return directory


def damage(filesystem: FailingDisks, file: str, position: int, new: bytes) -> bytes:
    """Put other bytes into a file; returns what it held before."""
    before = read_file(filesystem, file)
    replace_file(filesystem, file, before[:position] + new + before[position + len(new) :])
    return before


def reopen(filesystem: FailingDisks) -> tuple[LogDirectory, PartitionLog]:
    directory = open_directory(filesystem, CONFIG)
    return directory, directory.logs[ORDERS]


def names(filesystem: FailingDisks) -> set[str]:
    return {entry.name for entry in filesystem.list(FOLDER)}


@pytest.mark.parametrize(
    ("position", "new"),
    [
        (2 * SIZE + 65, b"\xff"),
        (2 * SIZE + 8, b"\x7f\xff\xff\xff"),
        (2 * SIZE + 8, b"\0\0\0\0"),
        (2 * SIZE, b"\xff" * 40),
    ],
    ids=["payload", "length beyond the end", "no length", "header"],
)
def test_sound_batches_behind_a_damaged_one_are_told_and_kept(
    position: int, new: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    filesystem = FailingDisks()
    filled(filesystem).release()
    damage(filesystem, path(10), 0, b"")
    damage(filesystem, path(5), position, new)
    cut = read_file(filesystem, path(5))[2 * SIZE :]
    last = read_file(filesystem, path(10))

    directory, log = reopen(filesystem)
    assert all_values(log) == VALUES[:7]
    assert log.log_end_offset == 7
    assert read_file(filesystem, path(5, f".log.corrupt-{2 * SIZE}")) == cut
    assert read_file(filesystem, path(10, ".log.corrupt-0")) == last
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 2
    assert f"orders-0 is damaged in {name_of(5)} from offset 7 on: at position {2 * SIZE}" in errors[0]
    assert f"orders-0 is damaged in {name_of(10)} from offset 7 on" in errors[1]
    assert [(found.segment_file, found.offset) for found in log.damage] == [(name_of(5), 7), (name_of(10), 7)]

    # The log goes on, and stays marked until somebody has looked at what was kept.
    fill(log, [b"next"])
    assert all_values(log) == [*VALUES[:7], b"next"]
    directory.release()
    directory, log = reopen(filesystem)
    assert {found.segment_file for found in log.damage} == {name_of(5), name_of(10)}
    directory.release()
    for name in names(filesystem):
        if ".corrupt-" in name:
            filesystem.remove(f"{FOLDER}/{name}")
    assert reopen(filesystem)[1].damage == ()


def test_damage_in_the_last_segment_is_no_torn_end_if_more_follows(caplog: pytest.LogCaptureFixture) -> None:
    filesystem = FailingDisks()
    filled(filesystem).release()
    damage(filesystem, path(10), SIZE + 65, b"\xff")
    _directory, log = reopen(filesystem)
    assert all_values(log) == VALUES[:11]
    assert name_of(10, f".log.corrupt-{SIZE}") in names(filesystem)
    assert len(log.damage) == 1
    assert "ERROR" in {record.levelname for record in caplog.records}


@pytest.mark.parametrize("torn_bytes", [20, 40, SIZE - 1])
def test_a_torn_end_is_cut_without_ado(torn_bytes: int, caplog: pytest.LogCaptureFixture) -> None:
    filesystem = FailingDisks()
    filled(filesystem).release()
    filesystem.open(path(10)).truncate(2 * SIZE + torn_bytes)
    _directory, log = reopen(filesystem)
    assert all_values(log) == VALUES[:12]
    assert log.damage == ()
    assert not any(".corrupt" in name for name in names(filesystem))
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_what_a_second_incident_cuts_does_not_replace_the_first() -> None:
    filesystem = FailingDisks()
    filled(filesystem).release()
    before = damage(filesystem, path(10), SIZE + 65, b"\xff")
    reopen(filesystem)[0].release()
    replace_file(filesystem, path(10), before)
    damage(filesystem, path(10), SIZE + 66, b"\xff")
    reopen(filesystem)[0].release()
    kept = sorted(name for name in names(filesystem) if ".corrupt-" in name)
    assert kept == [name_of(10, f".log.corrupt-{SIZE}"), name_of(10, f".log.corrupt-{SIZE}.2")]


READS: dict[str, Callable[[PartitionLog], object]] = {
    "fetch": lambda log: log.read(8, 10_000, below_offset=13),
    "look-up by time": lambda log: log.offset_for_timestamp(NOW_MS + 8),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("length", [b"\0\0\0\0", b"\x7f\0\0\0"], ids=["no length", "length beyond the end"])
def test_who_reads_into_damage_below_the_recovery_point_is_told(
    read: str, length: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    filesystem = FailingDisks()
    filled(filesystem).close()
    for suffix in (".index", ".timeindex"):
        filesystem.remove(path(5, suffix))
    damage(filesystem, path(5), 2 * SIZE + 8, length)
    _directory, log = reopen(filesystem)
    for _ in range(2):
        with pytest.raises(KafkaError) as refusal:
            READS[read](log)
        assert refusal.value.code is ErrorCode.CORRUPT_MESSAGE
    assert name_of(5) in {found.segment_file for found in log.damage}
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert all("orders-0" in line and name_of(5) in line for line in told)
    assert len(told) == len(set(told))
    # Before and behind it everything can be read, and nothing was cut.
    assert read_values(log.read(5, 2 * SIZE, below_offset=13)) == VALUES[5:7]
    assert read_values(log.read(10, 10_000, below_offset=13)) == VALUES[10:]
    assert not any(".corrupt" in name for name in names(filesystem))


def test_a_log_that_was_damaged_after_it_was_closed_in_order() -> None:
    filesystem = FailingDisks()
    filled(filesystem).close()
    append_fully(filesystem.open(path(10)), b"\0" * 30)
    directory, log = reopen(filesystem)
    assert all_values(log) == VALUES
    fill(log, [b"next"])
    directory.close()
    assert all_values(reopen(filesystem)[1]) == [*VALUES, b"next"]


def break_offsets(filesystem: FailingDisks, offset: int) -> None:
    content = bytearray(read_file(filesystem, path(offset, ".index")))
    content[:8], content[8:16] = content[8:16], content[:8]
    replace_file(filesystem, path(offset, ".index"), bytes(content))


INDEX_FAULTS: dict[str, Callable[[FailingDisks, int], object]] = {
    "offset index out of order": break_offsets,
    "offset index cut off": lambda disks, offset: disks.open(path(offset, ".index")).truncate(13),
    "offset index gone": lambda disks, offset: disks.remove(path(offset, ".index")),
    "offset index of zeros": lambda disks, offset: replace_file(disks, path(offset, ".index"), bytes(16)),
    "time index cut off": lambda disks, offset: disks.open(path(offset, ".timeindex")).truncate(5),
    "time index gone": lambda disks, offset: disks.remove(path(offset, ".timeindex")),
    "time index of zeros": lambda disks, offset: replace_file(disks, path(offset, ".timeindex"), bytes(24)),
}


@pytest.mark.parametrize("base_offset", [0, 10])
@pytest.mark.parametrize("fault", INDEX_FAULTS)
def test_every_kind_of_damaged_index_is_made_anew(fault: str, base_offset: int) -> None:
    filesystem = FailingDisks()
    filled(filesystem).close()
    before = {suffix: read_file(filesystem, path(base_offset, suffix)) for suffix in (".index", ".timeindex")}
    INDEX_FAULTS[fault](filesystem, base_offset)
    directory = open_directory(filesystem, CONFIG)
    log = directory.logs[ORDERS]
    for offset, value in enumerate(VALUES):
        assert read_values(log.read(offset, 1, below_offset=13)) == [value]
        found = log.offset_for_timestamp(NOW_MS + offset)
        assert found is not None
        assert found.offset == offset
    assert log.damage == ()
    directory.close()
    assert {suffix: read_file(filesystem, path(base_offset, suffix)) for suffix in before} == before


@pytest.mark.parametrize("seed", range(20))
def test_the_next_sound_batch_is_found_wherever_it_begins(seed: int) -> None:
    chance = random.Random(seed)
    filesystem = FailingDisks()
    filesystem.make_directory("/data")
    file = filesystem.open("/data/log")
    rubbish = bytes(chance.choice(b"\0\1\2\3\xff") for _ in range(chance.randint(0, 3_000)))
    sound = bytearray(batch(b"value"))
    sound[:8] = (42).to_bytes(8, "big")
    append_fully(file, rubbish + sound + rubbish)
    assert find_sound_batch(file, 0, file.size(), 40) == len(rubbish)
    assert find_sound_batch(file, 0, file.size(), 43) is None
    assert find_sound_batch(file, len(rubbish) + 1, file.size(), 40) is None
