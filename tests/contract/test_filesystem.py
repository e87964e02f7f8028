"""One suite for every FileSystem: the operating system's, and the one in memory that crash tests use."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from barnabas.storage.filesystem import FileSystem, append_fully, read_file, replace_file
from barnabas.storage.page_cache import NotInPageCache
from barnabas.storage.system_filesystem import ReservedSeekingFile, SeekingFile, SystemFileSystem
from barnabas.testing.memory_filesystem import MemoryFileSystem

Disk = tuple[FileSystem, Callable[[str], str]]


class SeekingFileSystem(SystemFileSystem):
    """The operating system as it is used where there is no `pread`."""

    def open(self, path: str, *, reserve_bytes: int = 0) -> SeekingFile:
        return ReservedSeekingFile(path, reserve_bytes) if reserve_bytes else SeekingFile(path)


@pytest.fixture(params=["system", "seeking", "memory"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    if request.param == "memory":
        filesystem = MemoryFileSystem()
        filesystem.make_directory("/data")
        return filesystem, lambda name: f"/data/{name}" if name else "/data"
    system = SystemFileSystem() if request.param == "system" else SeekingFileSystem()
    return system, lambda name: str(tmp_path / name) if name else str(tmp_path)


def test_a_file_is_appended_to_and_read_anywhere(disk: Disk) -> None:
    filesystem, path = disk
    file = filesystem.open(path("log"))
    assert file.size() == 0
    append_fully(file, b"hello ")
    append_fully(file, memoryview(bytearray(b"world")))
    assert file.size() == 11
    assert file.read_at(0, 5) == b"hello"
    assert file.read_at(6, 100) == b"world"
    assert file.read_at(11, 5) == b""
    assert file.read_at(50, 5) == b""
    file.sync()


def test_a_reopened_file_is_appended_to_at_its_end(disk: Disk) -> None:
    filesystem, path = disk
    append_fully(filesystem.open(path("log")), b"one")
    append_fully(filesystem.open(path("log")), b"two")
    assert read_file(filesystem, path("log")) == b"onetwo"


def test_after_a_truncation_writes_land_at_the_new_end(disk: Disk) -> None:
    filesystem, path = disk
    file = filesystem.open(path("log"))
    append_fully(file, b"0123456789")
    assert file.read_at(8, 2) == b"89"
    file.truncate(4)
    append_fully(file, b"ab")
    assert file.size() == 6
    assert file.read_at(0, 10) == b"0123ab"


def test_reserved_room_is_written_from_its_front_and_given_back(disk: Disk) -> None:
    filesystem, path = disk
    file = filesystem.open(path("log"), reserve_bytes=100)
    assert (file.size(), file.read_at(0, 200)) == (100, bytes(100))
    append_fully(file, b"hello ")
    append_fully(file, b"world")
    assert (file.size(), file.read_at(0, 12)) == (100, b"hello world\0")
    file.truncate(50)
    append_fully(file, b"!")
    assert (file.size(), file.read_at(0, 13)) == (50, b"hello world!\0")
    file.truncate(5)
    append_fully(file, b"." * 100)
    assert read_file(filesystem, path("log")) == b"hello" + b"." * 100


def test_a_file_with_content_is_no_place_to_reserve(disk: Disk) -> None:
    filesystem, path = disk
    append_fully(filesystem.open(path("log")), b"hello")
    file = filesystem.open(path("log"), reserve_bytes=100)
    append_fully(file, b"!")
    assert read_file(filesystem, path("log")) == b"hello!"


def test_the_listing_tells_files_directories_and_sizes(disk: Disk) -> None:
    filesystem, path = disk
    append_fully(filesystem.open(path("file")), b"abc")
    filesystem.make_directory(path("folder/inner"))
    filesystem.make_directory(path("folder"))
    entries = {entry.name: (entry.is_directory, entry.size_bytes) for entry in filesystem.list(path(""))}
    assert entries == {"file": (False, 3), "folder": (True, 0)}
    some = {entry.name: (entry.is_directory, entry.size_bytes) for entry in filesystem.list(path(""), sizes_of=("x",))}
    assert some == {"file": (False, 0), "folder": (True, 0)}
    some = {entry.name: (entry.is_directory, entry.size_bytes) for entry in filesystem.list(path(""), sizes_of=("le",))}
    assert some == {"file": (False, 3), "folder": (True, 0)}
    with pytest.raises(FileNotFoundError):
        filesystem.list(path("nowhere"))


def test_renaming_replaces_a_file(disk: Disk) -> None:
    filesystem, path = disk
    append_fully(filesystem.open(path("old")), b"old")
    append_fully(filesystem.open(path("new")), b"new")
    filesystem.rename(path("new"), path("old"))
    assert read_file(filesystem, path("old")) == b"new"
    assert [entry.name for entry in filesystem.list(path(""))] == ["old"]
    with pytest.raises(FileNotFoundError):
        filesystem.rename(path("new"), path("old"))


def test_renaming_a_directory_moves_what_is_in_it(disk: Disk) -> None:
    filesystem, path = disk
    filesystem.make_directory(path("t-0"))
    append_fully(filesystem.open(path("t-0/file")), b"x")
    filesystem.rename(path("t-0"), path("t-0.deleted"))
    assert read_file(filesystem, path("t-0.deleted/file")) == b"x"
    with pytest.raises(FileNotFoundError):
        filesystem.open(path("t-0/file"))


def test_an_open_file_outlives_its_name(disk: Disk) -> None:
    filesystem, path = disk
    file = filesystem.open(path("log"))
    append_fully(file, b"kept")
    filesystem.remove(path("log"))
    assert file.read_at(0, 4) == b"kept"
    with pytest.raises(FileNotFoundError):
        filesystem.remove(path("log"))


def test_only_an_empty_directory_is_removed(disk: Disk) -> None:
    filesystem, path = disk
    filesystem.make_directory(path("folder"))
    filesystem.open(path("folder/file"))
    with pytest.raises(OSError, match="not empty"):
        filesystem.remove_directory(path("folder"))
    filesystem.remove(path("folder/file"))
    filesystem.remove_directory(path("folder"))
    assert list(filesystem.list(path(""))) == []


def test_a_lock_has_one_holder(disk: Disk) -> None:
    filesystem, path = disk
    lock = filesystem.lock(path(".lock"))
    with pytest.raises(BlockingIOError):
        filesystem.lock(path(".lock"))
    lock.release()
    filesystem.lock(path(".lock")).release()


def test_replacing_a_file_leaves_nothing_beside_it(disk: Disk) -> None:
    filesystem, path = disk
    for content in (b"first, and longer", b"second"):
        replace_file(filesystem, path("checkpoint"), content)
        filesystem.sync_directory(path(""))
        assert read_file(filesystem, path("checkpoint")) == content
    assert [entry.name for entry in filesystem.list(path(""))] == ["checkpoint"]


def test_what_was_just_written_is_in_the_page_cache(disk: Disk) -> None:
    filesystem, path = disk
    file = filesystem.open(path("log"))
    append_fully(file, b"0123456789")
    assert file.is_cached(0, 10)
    assert file.read_cached(2, 3) == b"234"
    assert file.read_cached(8, 10) == b"89"


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this platform can't be told to forget a file")
def test_what_left_the_page_cache_is_loaded_with_patience(tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    file = SystemFileSystem().open(path)
    append_fully(file, bytes(range(256)) * 2048)
    file.sync()
    missed = None
    for _ in range(20):  # the kernel is asked, not told, to forget
        os.posix_fadvise(file.descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            file.read_cached(4096, 256)
        except NotInPageCache as miss:
            missed = miss
            break
    if missed is None:
        pytest.skip("this file system keeps everything in memory, or can't tell")
    missed.load()
    assert file.read_cached(4096, 256) == bytes(range(256))
