"""Starting after a clean shutdown and after a crash."""

import random
import struct

import pytest

from barnabas.foundation.errors import KafkaError
from barnabas.storage import LogConfig, LogDirectory, PartitionLog
from barnabas.storage.filesystem import append_fully, read_file, replace_file
from barnabas.testing.memory_filesystem import MemoryFileSystem, SimulatedCrash
from unit.storage.batches import (
    NOW_MS,
    ORDERS,
    TOPIC_ID,
    all_values,
    append,
    batch,
    fill,
    open_directory,
    read_values,
    sequenced,
)

SIZE = len(batch(b"00"))
CONFIG = LogConfig(segment_bytes=5 * SIZE, index_interval_bytes=SIZE)
VALUES = [f"{number:02}".encode() for number in range(23)]
FOLDER = "/data/orders-0"


def path(offset: int, suffix: str) -> str:
    return f"{FOLDER}/{offset:020d}.{suffix}"


def filled(filesystem: MemoryFileSystem) -> LogDirectory:
    directory = open_directory(filesystem, CONFIG)
    log = directory.create_log(ORDERS, TOPIC_ID)
    for number, value in enumerate(VALUES):
        append(log, batch(value, timestamp_ms=NOW_MS + number), leader_epoch=number // 10)
    return directory


def reopen(filesystem: MemoryFileSystem) -> PartitionLog:
    return open_directory(filesystem, CONFIG).logs[ORDERS]


def check_whole(log: PartitionLog, values: list[bytes] = VALUES) -> None:
    """Every way to look at the log agrees on `values`."""
    assert all_values(log) == values
    assert log.log_end_offset == len(values)
    for offset, value in enumerate(values):
        assert read_values(log.read(offset, 1, below_offset=len(values))) == [value]
        found = log.offset_for_timestamp(NOW_MS + offset)
        assert found is not None
        assert found.offset == offset
        assert log.epoch_for_offset(offset) == offset // 10
    latest = log.latest_timestamp()
    assert latest is not None
    assert latest.offset == len(values) - 1


def test_a_clean_shutdown_is_believed() -> None:
    filesystem = MemoryFileSystem()
    filled(filesystem).close()
    names = {entry.name for entry in filesystem.list("/data")}
    assert ".kafka_cleanshutdown" in names
    directory = open_directory(filesystem, CONFIG)
    assert directory.was_clean
    assert ".kafka_cleanshutdown" not in {entry.name for entry in filesystem.list("/data")}
    log = directory.logs[ORDERS]
    assert log.topic_id == TOPIC_ID
    assert log.recovery_point == 23
    check_whole(log)
    fill(log, [b"next"])
    assert log.log_end_offset == 24


def test_a_clean_start_does_not_read_the_logs() -> None:
    filesystem = MemoryFileSystem()
    filled(filesystem).close()
    content = bytearray(read_file(filesystem, path(0, "log")))
    content[SIZE + 30] ^= 1
    replace_file(filesystem, path(0, "log"), bytes(content))
    assert reopen(filesystem).log_end_offset == 23


def test_after_a_kill_everything_written_is_there() -> None:
    filesystem = MemoryFileSystem()
    filled(filesystem)
    directory = open_directory(filesystem.after_crash(), CONFIG)
    assert not directory.was_clean
    log = directory.logs[ORDERS]
    assert log.recovery_point == 0
    check_whole(log)


@pytest.mark.parametrize("damage", ["cut", "flipped", "garbage"])
def test_a_torn_tail_is_cut_at_the_first_unsound_batch(damage: str) -> None:
    filesystem = MemoryFileSystem()
    filled(filesystem).release()
    content = bytearray(read_file(filesystem, path(20, "log")))
    if damage == "cut":
        del content[-1]
    elif damage == "flipped":
        content[2 * SIZE + 65] ^= 4
    else:
        content[2 * SIZE :] = random.Random(1).randbytes(200)
    replace_file(filesystem, path(20, "log"), bytes(content))
    log = reopen(filesystem)
    check_whole(log, VALUES[:22])
    assert len(read_file(filesystem, path(20, "log"))) == 2 * SIZE
    fill(log, [b"22"], timestamp_ms=NOW_MS + 22)
    assert all_values(log) == VALUES


def test_segments_behind_a_damaged_one_are_put_aside() -> None:
    filesystem = MemoryFileSystem()
    filled(filesystem).release()
    content = bytearray(read_file(filesystem, path(10, "log")))
    content[2 * SIZE + 65] ^= 4
    replace_file(filesystem, path(10, "log"), bytes(content))
    log = reopen(filesystem)
    check_whole(log, VALUES[:12])
    assert log.segment_base_offsets == [0, 5, 10]
    names = [entry.name for entry in filesystem.list(FOLDER) if entry.name.startswith(f"{15:020d}")]
    assert names == [f"{15:020d}.log.corrupt-0"]


def test_what_was_flushed_is_not_read_again() -> None:
    filesystem = MemoryFileSystem()
    directory = filled(filesystem)
    directory.logs[ORDERS].flush()
    directory.checkpoint()
    directory.release()
    content = bytearray(read_file(filesystem, path(0, "log")))
    content[65] ^= 1
    replace_file(filesystem, path(0, "log"), bytes(content))
    log = reopen(filesystem)
    assert (log.log_end_offset, log.recovery_point) == (23, 23)


@pytest.mark.parametrize("is_clean", [True, False])
@pytest.mark.parametrize("suffix", ["index", "timeindex"])
@pytest.mark.parametrize("damage", ["missing", "odd", "disordered", "beyond"])
@pytest.mark.parametrize("base_offset", [5, 20])
def test_lost_and_damaged_indexes_are_rebuilt(base_offset: int, damage: str, suffix: str, is_clean: bool) -> None:
    filesystem = MemoryFileSystem()
    directory = filled(filesystem)
    directory.close() if is_clean else directory.release()
    name = path(base_offset, suffix)
    entries = [(3, 0), (1, 0)] if damage == "disordered" else [(-5, 2**30)]
    content = b"".join(struct.pack(">ii" if suffix == "index" else ">qi", *entry) for entry in entries)
    if damage == "missing":
        if is_clean:
            filesystem.remove(name)
    elif damage == "odd":
        append_fully(filesystem.open(name), b"\0\0\0")
    else:
        replace_file(filesystem, name, content)
    check_whole(reopen(filesystem))


@pytest.mark.parametrize("content", [None, b"", b"0\n1\n", b"0\n2\n1 5\n0 0\n", b"\xff\xfe"])
def test_leader_epochs_are_made_anew_from_the_log(content: bytes | None) -> None:
    filesystem = MemoryFileSystem()
    filled(filesystem).close()
    if content is None:
        filesystem.remove(f"{FOLDER}/leader-epoch-checkpoint")
    else:
        replace_file(filesystem, f"{FOLDER}/leader-epoch-checkpoint", content)
    check_whole(reopen(filesystem))
    assert read_file(filesystem, f"{FOLDER}/leader-epoch-checkpoint") == b"0\n3\n0 0\n1 10\n2 20\n"


def test_a_damaged_checkpoint_means_a_full_recovery() -> None:
    filesystem = MemoryFileSystem()
    filled(filesystem).close()
    replace_file(filesystem, "/data/recovery-point-offset-checkpoint", b"0\n5\n")
    directory = open_directory(filesystem, CONFIG)
    assert not directory.was_clean
    check_whole(directory.logs[ORDERS])


def test_damaged_snapshots_give_way_to_older_ones_and_to_the_log() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem, LogConfig(segment_bytes=3 * len(sequenced(0))))
    log = directory.create_log(ORDERS, TOPIC_ID)
    for sequence in range(8):
        append(log, sequenced(sequence))
    directory.close()
    for offset in (6, 8):
        replace_file(filesystem, path(offset, "snapshot"), b"nonsense")
    log = reopen(filesystem)
    assert [known.last_sequence for known in log.producers] == [7]
    assert append(log, sequenced(5)).is_duplicate
    assert not append(log, sequenced(8)).is_duplicate


def test_stray_files_are_cleared_away() -> None:
    filesystem = MemoryFileSystem()
    filled(filesystem).close()
    strays = [path(1, "index"), path(2, "timeindex"), path(3, "snapshot"), path(4, "log.deleted"), f"{FOLDER}/x.tmp"]
    for stray in strays:
        filesystem.open(stray)
    check_whole(reopen(filesystem))
    left = {f"{FOLDER}/{entry.name}" for entry in filesystem.list(FOLDER)}
    assert left.isdisjoint(strays)


def test_a_log_that_lost_everything_begins_at_its_checkpointed_start() -> None:
    filesystem = MemoryFileSystem()
    directory = filled(filesystem)
    directory.logs[ORDERS].delete_records_before(22)
    directory.checkpoint()
    directory.release()
    replace_file(filesystem, path(20, "log"), b"")
    log = reopen(filesystem)
    assert (log.log_start_offset, log.log_end_offset) == (22, 22)
    fill(log, [b"on"])
    assert all_values(log) == [b"on"]


def test_starting_again_and_again_changes_nothing() -> None:
    filesystem = MemoryFileSystem()
    filled(filesystem).close()
    for _ in range(3):
        directory = open_directory(filesystem, CONFIG)
        check_whole(directory.logs[ORDERS])
        directory.close()
    snapshots = [entry.name for entry in filesystem.list(FOLDER) if entry.name.endswith(".snapshot")]
    assert len(snapshots) == 5


def script(filesystem: MemoryFileSystem, acknowledged: list[bytes]) -> None:
    """A short life of a log; `acknowledged` grows with each append that returned."""
    directory = open_directory(filesystem, CONFIG)
    log = directory.create_log(ORDERS, TOPIC_ID)
    for number, value in enumerate(VALUES[:14]):
        append(log, batch(value, timestamp_ms=NOW_MS + number), leader_epoch=number // 10)
        acknowledged.append(value)
        if number == 7:
            directory.flush_due()
            directory.checkpoint()
    directory.close()
    log = open_directory(filesystem, CONFIG).logs[ORDERS]
    fill(log, VALUES[14:16])
    acknowledged += VALUES[14:16]


def operations_of_the_script() -> int:
    filesystem = MemoryFileSystem()
    script(filesystem, [])
    return filesystem.operations


@pytest.mark.parametrize("power_failure", [False, True])
def test_a_crash_at_any_operation_loses_nothing_acknowledged(power_failure: bool) -> None:
    for crash_at in range(operations_of_the_script()):
        filesystem = MemoryFileSystem(crash_at=crash_at)
        acknowledged: list[bytes] = []
        with pytest.raises(SimulatedCrash):
            script(filesystem, acknowledged)
        survivor = filesystem.after_crash(random.Random(crash_at) if power_failure else None)
        directory = open_directory(survivor, CONFIG)
        log = directory.create_log(ORDERS, TOPIC_ID)
        values = all_values(log)
        assert values == VALUES[: len(values)], crash_at
        if not power_failure:
            assert len(acknowledged) <= len(values) <= len(acknowledged) + 1, crash_at
        append(log, batch(b"after"), leader_epoch=5)
        assert all_values(log) == [*values, b"after"]
        directory.close()
        assert all_values(reopen(survivor)) == [*values, b"after"], crash_at


def test_a_power_failure_spares_what_was_flushed() -> None:
    for seed in range(30):
        filesystem = MemoryFileSystem()
        directory = filled(filesystem)
        directory.logs[ORDERS].flush()
        directory.checkpoint()
        fill(directory.logs[ORDERS], [b"unsafe"] * 3)
        log = reopen(filesystem.after_crash(random.Random(seed)))
        assert all_values(log)[:23] == VALUES
        with pytest.raises(KafkaError):
            log.read(99, 1, below_offset=99)
