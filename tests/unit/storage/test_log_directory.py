"""The data directory: lock, owner, creation and deletion of logs, checkpoints."""

import errno
import re
import uuid
from pathlib import Path

import pytest

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition
from barnabas.storage import (
    DirectoryInUse,
    DirectoryNotWritable,
    DirectoryOfAnother,
    LogConfig,
    LogDirectory,
    SystemFileSystem,
)
from barnabas.storage.filesystem import DirectoryLock, read_file, replace_file
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, all_values, append, batch, fill, open_directory, read_values

DASHED = TopicPartition("a-b-7", 12)


def test_a_directory_has_one_owner(tmp_path: Path) -> None:
    directory = open_directory(SystemFileSystem(), path=str(tmp_path))
    with pytest.raises(DirectoryInUse, match=re.escape(str(tmp_path))):
        open_directory(SystemFileSystem(), path=str(tmp_path))
    directory.close()
    open_directory(SystemFileSystem(), path=str(tmp_path)).close()


def test_a_path_that_cannot_be_a_directory_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DirectoryNotWritable, match=re.escape(str(tmp_path / "file" / "data"))):
        open_directory(SystemFileSystem(), path=str(tmp_path / "file" / "data"))


class ReadOnly(MemoryFileSystem):
    """A disk on which nothing may be written."""

    def lock(self, path: str) -> DirectoryLock:
        raise PermissionError(errno.EACCES, "Permission denied", path)


def test_a_directory_without_write_permission_is_reported() -> None:
    with pytest.raises(DirectoryNotWritable, match="/data can't be written: Permission denied"):
        open_directory(ReadOnly())


def open_as(filesystem: MemoryFileSystem, node_id: int | None, cluster_id: str | None) -> LogDirectory:
    return LogDirectory.open(
        "/data",
        defaults=LogConfig(),
        filesystem=filesystem,
        clock=ManualClock(NOW_MS),
        node_id=node_id,
        cluster_id=cluster_id,
    )


def test_meta_properties_name_the_owner() -> None:
    filesystem = MemoryFileSystem()
    open_as(filesystem, 3, "abc").close()
    assert read_file(filesystem, "/data/meta.properties") == b"version=0\nbroker.id=3\ncluster.id=abc\n"
    open_as(filesystem, 3, "abc").close()
    open_as(filesystem, None, None).close()
    with pytest.raises(DirectoryOfAnother, match=r"broker\.id=3"):
        open_as(filesystem, 4, "abc")
    with pytest.raises(DirectoryOfAnother, match=r"cluster\.id=abc"):
        open_as(filesystem, 3, "xyz")
    open_as(filesystem, 3, "abc").close()


def test_the_owner_may_be_told_after_opening() -> None:
    filesystem = MemoryFileSystem()
    directory = open_as(filesystem, None, None)
    directory.claim(5, None)
    assert directory.claim(None, "abc").node_id == 5
    with pytest.raises(DirectoryOfAnother):
        directory.claim(6, "abc")


def test_the_meta_properties_of_a_kraft_broker_are_understood() -> None:
    filesystem = MemoryFileSystem()
    filesystem.make_directory("/data")
    replace_file(filesystem, "/data/meta.properties", b"#\n#Thu\ncluster.id=abc\nversion=1\nnode.id=3\n")
    with pytest.raises(DirectoryOfAnother):
        open_as(filesystem, 2, "abc")
    open_as(filesystem, 3, "abc").close()


def test_the_directory_id_of_a_kraft_broker_is_kept() -> None:
    filesystem = MemoryFileSystem()
    filesystem.make_directory("/data")
    replace_file(filesystem, "/data/meta.properties", b"version=1\nnode.id=3\ndirectory.id=xyz\n")
    open_as(filesystem, 3, "abc").close()
    content = read_file(filesystem, "/data/meta.properties")
    assert content == b"version=1\nnode.id=3\ncluster.id=abc\ndirectory.id=xyz\n"


def test_high_watermarks_that_cannot_be_read_do_not_cost_a_recovery() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem)
    fill(directory.create_log(ORDERS, TOPIC_ID), [b"a"])
    directory.close({ORDERS: 1})
    replace_file(filesystem, "/data/replication-offset-checkpoint", b"")
    directory = open_directory(filesystem)
    assert directory.was_clean
    assert directory.high_watermarks == {}


def test_a_new_log_has_kafkas_files() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem)
    log = directory.create_log(DASHED, TOPIC_ID)
    assert directory.logs == {DASHED: log}
    assert (log.topic_partition, log.topic_id, log.latest_leader_epoch) == (DASHED, TOPIC_ID, -1)
    assert {entry.name for entry in filesystem.list("/data/a-b-7-12")} == {f"{0:020d}.log", "partition.metadata"}
    content = read_file(filesystem, "/data/a-b-7-12/partition.metadata")
    assert content == b"version: 0\ntopic_id: ERERESIiMzNERFVVVVVVVQ"


def test_creating_a_log_twice_gives_the_same_one() -> None:
    directory = open_directory()
    log = directory.create_log(ORDERS, TOPIC_ID)
    config = LogConfig(retention_ms=5)
    assert directory.create_log(ORDERS, TOPIC_ID, config) is log
    assert log.config is config
    with pytest.raises(KafkaError) as caught:
        directory.create_log(ORDERS, uuid.uuid4())
    assert caught.value.code is ErrorCode.INCONSISTENT_TOPIC_ID


def test_a_log_without_an_id_gets_one() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem)
    directory.create_log(ORDERS, TOPIC_ID)
    directory.close()
    replace_file(filesystem, "/data/orders-0/partition.metadata", b"version: 0\n")
    directory = open_directory(filesystem)
    assert directory.logs[ORDERS].topic_id == ZERO_UUID
    directory.create_log(ORDERS, TOPIC_ID)
    directory.close()
    assert open_directory(filesystem).logs[ORDERS].topic_id == TOPIC_ID


def test_found_logs_get_the_settings_they_are_given() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem)
    for name in (ORDERS, DASHED):
        directory.create_log(name, TOPIC_ID)
    directory.close()
    special = LogConfig(retention_ms=77)
    directory = LogDirectory.open(
        "/data",
        defaults=LogConfig(),
        filesystem=filesystem,
        clock=ManualClock(NOW_MS),
        config_for=lambda name: special if name == DASHED else LogConfig(),
    )
    assert directory.logs[DASHED].config is special
    assert directory.logs[ORDERS].config == LogConfig()


def test_other_things_in_the_directory_are_left_alone() -> None:
    filesystem = MemoryFileSystem()
    for name in ("backup", "orders-x", "-3", "no-partition-"):
        filesystem.make_directory(f"/data/{name}")
    filesystem.open("/data/cluster.sqlite")
    directory = open_directory(filesystem)
    assert directory.logs == {}
    directory.close()
    assert {"backup", "orders-x", "-3", "cluster.sqlite"} < {entry.name for entry in filesystem.list("/data")}


def test_a_deleted_log_disappears_at_once_and_its_files_later() -> None:
    clock = ManualClock(NOW_MS)
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem, clock=clock)
    log = directory.create_log(ORDERS, TOPIC_ID)
    fill(log, [b"a"])
    piece = log.read(0, 1, below_offset=1)
    directory.delete_log(ORDERS)
    assert directory.logs == {}
    (hidden,) = [entry.name for entry in filesystem.list("/data") if entry.is_directory]
    assert re.fullmatch(r"orders-0\.[0-9a-f]{32}-delete", hidden)
    assert read_values(piece) == [b"a"]
    with pytest.raises(KafkaError) as caught:
        append(log, batch(b"late"))
    assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR

    again = directory.create_log(ORDERS, uuid.uuid4())
    assert again.log_end_offset == 0
    clock.advance_ms(LogConfig().file_delete_delay_ms)
    assert directory.remove_deleted() == 1
    assert [entry.name for entry in filesystem.list("/data") if entry.is_directory] == ["orders-0"]


def test_the_name_of_a_deleted_log_fits_a_file_system() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem)
    name = TopicPartition("t" * 249, 3)
    directory.create_log(name, TOPIC_ID)
    directory.delete_log(name)
    (hidden,) = [entry.name for entry in filesystem.list("/data") if entry.is_directory]
    assert len(hidden) == 255
    assert re.fullmatch(r"t+-3\.[0-9a-f]{32}-delete", hidden)


def test_a_deletion_is_completed_by_the_next_start() -> None:
    clock = ManualClock(NOW_MS)
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem)
    fill(directory.create_log(ORDERS, TOPIC_ID), [b"a"])
    directory.delete_log(ORDERS)
    directory.release()
    directory = open_directory(filesystem, clock=clock)
    assert directory.logs == {}
    clock.advance_ms(LogConfig().file_delete_delay_ms)
    assert directory.remove_deleted() == 1
    assert not [entry.name for entry in filesystem.list("/data") if entry.is_directory]


def test_checkpoints_have_kafkas_format() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem)
    log = directory.create_log(ORDERS, TOPIC_ID)
    directory.create_log(DASHED, TOPIC_ID)
    fill(log, [b"a", b"b", b"c"])
    log.delete_records_before(1)
    log.flush()
    directory.checkpoint({ORDERS: 2})
    assert read_file(filesystem, "/data/recovery-point-offset-checkpoint") == b"0\n2\norders 0 3\na-b-7 12 0\n"
    assert read_file(filesystem, "/data/log-start-offset-checkpoint") == b"0\n1\norders 0 1\n"
    assert read_file(filesystem, "/data/replication-offset-checkpoint") == b"0\n1\norders 0 2\n"
    directory.close()
    directory = open_directory(filesystem)
    assert directory.high_watermarks == {ORDERS: 2}
    assert all_values(directory.logs[ORDERS]) == [b"b", b"c"]


def test_flush_due_flushes_what_is_waiting() -> None:
    directory = open_directory(config=LogConfig(segment_bytes=len(batch(b"a"))))
    waiting = directory.create_log(ORDERS, TOPIC_ID)
    idle = directory.create_log(DASHED, TOPIC_ID)
    fill(waiting, [b"a", b"b"])
    fill(idle, [b"a"])
    assert directory.flush_due() == 1
    assert (waiting.recovery_point, idle.recovery_point) == (2, 0)


def test_a_disk_that_refuses_the_last_writes_leaves_no_clean_marker() -> None:
    filesystem = MemoryFileSystem()
    directory = open_directory(filesystem)
    fill(directory.create_log(ORDERS, TOPIC_ID), [b"a"])
    filesystem.refusals = [28]
    with pytest.raises(KafkaError, match="No space"):
        directory.close()
    directory = open_directory(filesystem)
    assert not directory.was_clean
    assert all_values(directory.logs[ORDERS]) == [b"a"]
