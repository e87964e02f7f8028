"""Several data directories: where a log goes, whose they are, and what happens when a disk refuses."""

import errno
import uuid
from collections.abc import Callable

import pytest

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition
from barnabas.storage import (
    DirectoryInUse,
    DirectoryOfAnother,
    LogConfig,
    LogDirectories,
    LogDirectory,
    PartitionLog,
)
from barnabas.storage.directory_errors import (
    DuplicateDirectoryId,
    DuplicateLogs,
    NoUsableDirectory,
    UnreadableOwner,
)
from barnabas.storage.filesystem import FileSystem, read_file, replace_file
from barnabas.testing.failing_disks import FailingDisks
from unit.storage.batches import NOW_MS, TOPIC_ID, all_values, append, batch, fill

PATHS = ("/disk1/data", "/disk2/data", "/disk3/data")
SMALL = LogConfig(segment_bytes=300, file_delete_delay_ms=0)


def open_all(
    filesystem: FileSystem, paths: tuple[str, ...] = PATHS, config: LogConfig = SMALL, node_id: int = 1
) -> LogDirectories:
    clock = ManualClock(NOW_MS)
    logs = LogDirectories.open(paths, defaults=config, filesystem=filesystem, clock=clock, node_id=node_id)
    logs.claim(node_id)
    return logs


def log_of(logs: LogDirectories, name: str, partition: int = 0) -> PartitionLog:
    return logs.create_log(TopicPartition(name, partition), TOPIC_ID)


def code_of(act: Callable[[], object]) -> ErrorCode:
    with pytest.raises(KafkaError) as refusal:
        act()
    return refusal.value.code


def disk_of(log: PartitionLog) -> str:
    return log.directory.split("/")[1]


def test_a_new_log_goes_where_the_fewest_are() -> None:
    logs = open_all(FailingDisks())
    disks = [disk_of(log_of(logs, "orders", partition)) for partition in range(7)]
    assert disks == ["disk1", "disk2", "disk3"] * 2 + ["disk1"]
    logs.delete_log(TopicPartition("orders", 1))
    assert disk_of(log_of(logs, "more")) == "disk2"
    assert disk_of(log_of(logs, "orders", 0)) == "disk1"  # it is there already
    assert len(logs.logs) == 7


def test_all_directories_belong_to_one_broker_and_have_names_of_their_own() -> None:
    filesystem = FailingDisks()
    open_all(filesystem).close()
    owners = [read_file(filesystem, f"{path}/meta.properties").decode().splitlines() for path in PATHS]
    assert len({(lines[0], lines[1], lines[2]) for lines in owners}) == 1
    assert len({lines[3] for lines in owners}) == 3
    assert all(lines[3].startswith("directory.id=") for lines in owners)
    open_all(filesystem).close()
    assert [read_file(filesystem, f"{path}/meta.properties").decode().splitlines() for path in PATHS] == owners
    with pytest.raises(DirectoryOfAnother, match=r"/disk1/data belongs to broker\.id=1"):
        open_all(filesystem, node_id=2)


def test_a_new_directory_joins_the_others() -> None:
    filesystem = FailingDisks()
    open_all(filesystem, PATHS[:1]).close()
    logs = open_all(filesystem, (PATHS[1], PATHS[0]))
    first, second = (read_file(filesystem, f"{path}/meta.properties").decode() for path in PATHS[:2])
    assert first.splitlines()[:3] == second.splitlines()[:3]
    logs.close()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"version=0\nbroker.id=1\ncluster.id=other\n", DirectoryOfAnother),
        (b"version=1\nnode.id=7\n", DirectoryOfAnother),
        (b"version=x\n", UnreadableOwner),
    ],
)
def test_a_directory_of_somebody_else_stops_the_start(content: bytes, error: type[Exception]) -> None:
    filesystem = FailingDisks()
    open_all(filesystem, PATHS[:1]).close()
    filesystem.make_directory(PATHS[1])
    replace_file(filesystem, f"{PATHS[1]}/meta.properties", content)
    with pytest.raises(error, match="/disk2/data"):
        open_all(filesystem)
    open_all(filesystem, PATHS[:1]).close()  # and the others are free again


def test_a_copy_of_a_directory_is_found_out() -> None:
    filesystem = FailingDisks()
    open_all(filesystem, PATHS[:1]).close()
    filesystem.make_directory(PATHS[1])
    owner = read_file(filesystem, f"{PATHS[0]}/meta.properties")
    replace_file(filesystem, f"{PATHS[1]}/meta.properties", owner)
    with pytest.raises(DuplicateDirectoryId, match=r"/disk1/data and /disk2/data have the same directory\.id"):
        open_all(filesystem)


def test_one_broker_at_a_time() -> None:
    filesystem = FailingDisks()
    logs = open_all(filesystem)
    with pytest.raises(DirectoryInUse, match="/disk3/data"):
        open_all(filesystem, ("/disk4/data", PATHS[2]))
    logs.close()
    open_all(filesystem).close()


def test_a_log_in_two_directories_is_kafkas_error() -> None:
    filesystem = FailingDisks()
    logs = open_all(filesystem)
    held = log_of(logs, "orders").directory
    logs.close()
    filesystem.make_directory(f"{PATHS[2]}/orders-0")
    with pytest.raises(DuplicateLogs, match=f"orders-0 are found in both {PATHS[2]}/orders-0 and {held}. It is likely"):
        open_all(filesystem)
    assert filesystem.list(f"{PATHS[2]}/orders-0") == []


def roll(log: PartitionLog) -> None:
    fill(log, [b"x" * 200, b"x" * 200])


def shorten(log: PartitionLog) -> None:
    roll(log)
    log.delete_records_before(2)


FAULTS: dict[str, tuple[str, int, Callable[[LogDirectories, PartitionLog], object]]] = {
    "append": ("append", errno.ENOSPC, lambda logs, log: append(log, batch(b"lost"))),
    "roll": ("open", errno.EROFS, lambda logs, log: roll(log)),
    "flush": ("sync", errno.EIO, lambda logs, log: log.flush()),
    "read": ("read", errno.EIO, lambda logs, log: log.read(0, 1, below_offset=1)),
    "list offsets": ("read", errno.EIO, lambda logs, log: log.offset_for_timestamp(NOW_MS)),
    "delete records": ("rename", errno.EROFS, lambda logs, log: shorten(log)),
    "truncate": ("truncate", errno.EIO, lambda logs, log: log.truncate_to(0)),
    "delete": ("rename", errno.EROFS, lambda logs, log: logs.delete_log(log.topic_partition)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_refusing_disk_takes_its_directory_offline(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    filesystem = FailingDisks()
    logs = open_all(filesystem)
    told: list[LogDirectory] = []
    logs.on_offline = told.append
    victim, beside, elsewhere = log_of(logs, "a"), log_of(logs, "b"), log_of(logs, "c")
    on_same_disk = log_of(logs, "d")
    for log in (victim, beside, elsewhere, on_same_disk):
        fill(log, [b"kept"])
    operation, number, act = FAULTS[fault]
    filesystem.break_disk("/disk1", number, operation)

    assert code_of(lambda: act(logs, victim)) is ErrorCode.KAFKA_STORAGE_ERROR
    assert [directory.path for directory in told] == [PATHS[0]]
    assert logs.offline == {PATHS[0]: errno_text(number)}
    assert [directory.path for directory in logs.directories] == [PATHS[1], PATHS[2]]
    assert set(logs.logs) == {TopicPartition("b", 0), TopicPartition("c", 0)}
    lines = [record.getMessage() for record in caplog.records if "offline" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].startswith(f"Log directory {PATHS[0]} is offline: {errno_text(number)}")

    # Whatever was on that disk answers in the same way, also when the disk itself would work again.
    filesystem.mend_disks()
    assert code_of(lambda: append(on_same_disk, batch(b"late"))) is ErrorCode.KAFKA_STORAGE_ERROR
    fill(beside, [b"more"])
    assert all_values(beside) == [b"kept", b"more"]
    assert disk_of(log_of(logs, "new")) == "disk2"
    assert disk_of(log_of(logs, "newer")) == "disk3"

    # After a restart what was acknowledged is there.
    logs.close({beside.topic_partition: 2})
    again = open_all(filesystem)
    assert again.offline == {}
    assert not again.was_clean
    assert [directory.was_clean for directory in again.directories] == [False, True, True]
    assert all_values(again.logs[on_same_disk.topic_partition]) == [b"kept"]
    if fault != "delete":
        assert all_values(again.logs[victim.topic_partition])[:1] == [b"kept"]


def errno_text(number: int) -> str:
    import os

    return os.strerror(number)


@pytest.mark.parametrize("operation", ["lock", "list", "read", "remove", "make_directory"])
def test_a_directory_that_cannot_be_opened_is_offline(operation: str) -> None:
    filesystem = FailingDisks()
    logs = open_all(filesystem)
    for name in "abc":
        fill(log_of(logs, name), [b"kept"])
    logs.close()
    filesystem.break_disk("/disk2", errno.EIO, operation)
    logs = open_all(filesystem)
    assert list(logs.offline) == ["/disk2/data"]
    assert len(logs.logs) == 2
    logs.close()
    filesystem.mend_disks()
    assert len(open_all(filesystem).logs) == 3


def test_without_any_directory_there_is_no_start() -> None:
    filesystem = FailingDisks()
    for path in PATHS:
        filesystem.break_disk(path, errno.EIO)
    with pytest.raises(
        NoUsableDirectory, match=r"None of the log\.dirs can be used: /disk1/data: Input/output error; "
    ):
        open_all(filesystem)


def test_nothing_is_said_to_be_durable_after_a_failed_fsync() -> None:
    filesystem = FailingDisks()
    logs = open_all(filesystem, PATHS[:1], LogConfig())
    log = log_of(logs, "orders")
    fill(log, [b"a"])
    log.flush()
    logs.checkpoint()
    fill(log, [b"b"])
    filesystem.break_disk("/disk1", errno.EIO, "sync")
    assert code_of(log.flush) is ErrorCode.KAFKA_STORAGE_ERROR
    filesystem.mend_disks()
    assert code_of(log.flush) is ErrorCode.KAFKA_STORAGE_ERROR  # the second fsync would succeed, and mean nothing
    logs.checkpoint()
    logs.close()
    assert b"orders 0 1\n" in read_file(filesystem, f"{PATHS[0]}/recovery-point-offset-checkpoint")
    assert ".kafka_cleanshutdown" not in {entry.name for entry in filesystem.list(PATHS[0])}


def test_a_process_without_descriptors_left_is_no_broken_disk() -> None:
    filesystem = FailingDisks()
    logs = open_all(filesystem)
    log = log_of(logs, "orders")
    filesystem.break_disk("/disk1", errno.EMFILE, "append")
    assert code_of(lambda: append(log, batch(b"now not"))) is ErrorCode.KAFKA_STORAGE_ERROR
    filesystem.mend_disks()
    fill(log, [b"later"])
    assert all_values(log) == [b"later"]
    assert logs.offline == {}


def test_checkpoints_are_written_where_they_changed() -> None:
    filesystem = FailingDisks()
    logs = open_all(filesystem)
    first, second = log_of(logs, "a"), log_of(logs, "b")
    fill(first, [b"1"])
    fill(second, [b"1", b"2"])
    logs.checkpoint()
    marks = {first.topic_partition: 1, second.topic_partition: 2}
    logs.checkpoint_high_watermarks(marks)
    assert read_file(filesystem, f"{PATHS[0]}/replication-offset-checkpoint") == b"0\n1\na 0 1\n"
    assert read_file(filesystem, f"{PATHS[1]}/replication-offset-checkpoint") == b"0\n1\nb 0 2\n"
    before = filesystem.operations
    logs.checkpoint()
    logs.checkpoint_high_watermarks(dict(marks))
    logs.flush_due()
    logs.remove_deleted()
    assert filesystem.operations == before
    logs.close(marks)
    again = open_all(filesystem)
    assert again.high_watermarks == marks
    before = filesystem.operations
    again.checkpoint()
    again.checkpoint_high_watermarks(marks)
    assert filesystem.operations == before


def test_a_stray_is_renamed_and_kept() -> None:
    filesystem = FailingDisks()
    logs = open_all(filesystem)
    log = log_of(logs, "orders", 3)
    fill(log, [b"kept"])
    place = logs.set_aside(log.topic_partition)
    assert place is not None
    assert place.startswith(f"{PATHS[0]}/orders-3.")
    assert place.endswith("-stray")
    assert logs.logs == {}
    logs.remove_deleted()
    assert f"{0:020d}.log" in {entry.name for entry in filesystem.list(place)}
    logs.close()
    assert open_all(filesystem).logs == {}


def test_closing_and_opening_again_touches_no_log_that_did_not_change() -> None:
    filesystem = FailingDisks()
    logs = open_all(filesystem, PATHS[:1], LogConfig())
    for partition in range(20):
        fill(log_of(logs, "orders", partition), [b"x"] * 5)
    logs.close()
    logs = open_all(filesystem, PATHS[:1], LogConfig())
    for log in logs.logs.values():
        log.assign_leader_epoch(9)  # as every start after a crash does
    before = filesystem.operations
    logs.close()
    assert filesystem.operations - before < 10  # the marker and its like


def test_topics_of_another_id_are_refused() -> None:
    logs = open_all(FailingDisks())
    log_of(logs, "orders")
    with pytest.raises(KafkaError) as refusal:
        logs.create_log(TopicPartition("orders", 0), uuid.UUID(int=9))
    assert refusal.value.code is ErrorCode.INCONSISTENT_TOPIC_ID
