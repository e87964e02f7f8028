"""Disks in memory that stop working when told, one below each path; and a record of what was read.

A broken disk refuses every operation, or those that are named: "open", "list", "rename", "remove", "make_directory",
"remove_directory", "sync_directory", "lock", and on open files "append", "read", "truncate", "sync".
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from barnabas.storage.filesystem import Buffer, DirectoryLock, Entry, File
from barnabas.testing.memory_filesystem import MemoryFileSystem


@dataclass(frozen=True, slots=True)
class _Fault:
    path: str
    number: int
    operations: frozenset[str]


class FailingDisks(MemoryFileSystem):
    """A `MemoryFileSystem` whose parts can be broken and mended."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_read: dict[str, int] = {}
        """How much was read of each file."""
        self._faults: list[_Fault] = []

    def break_disk(self, path: str, number: int, *operations: str) -> None:
        """From now on these operations, all if none is named, are refused for everything at or below `path`."""
        self._faults.append(_Fault(path, number, frozenset(operations)))

    def mend_disks(self) -> None:
        """Everything works again, with the content that was there."""
        self._faults.clear()

    def try_operation(self, operation: str, path: str) -> None:
        """Raise OSError if the disk below the path refuses this."""
        for fault in self._faults:
            is_there = path == fault.path or path.startswith(fault.path + "/")
            if is_there and (not fault.operations or operation in fault.operations):
                raise OSError(fault.number, os.strerror(fault.number), path)

    def open(self, path: str, *, reserve_bytes: int = 0) -> File:
        self.try_operation("open", path)
        return _FailingFile(self, path, super().open(path, reserve_bytes=reserve_bytes))

    def list(self, path: str, *, sizes_of: tuple[str, ...] | None = None) -> Sequence[Entry]:
        self.try_operation("list", path)
        return super().list(path, sizes_of=sizes_of)

    def rename(self, source: str, target: str) -> None:
        self.try_operation("rename", source)
        super().rename(source, target)

    def remove(self, path: str) -> None:
        self.try_operation("remove", path)
        super().remove(path)

    def make_directory(self, path: str) -> None:
        self.try_operation("make_directory", path)
        super().make_directory(path)

    def remove_directory(self, path: str) -> None:
        self.try_operation("remove_directory", path)
        super().remove_directory(path)

    def sync_directory(self, path: str) -> None:
        self.try_operation("sync_directory", path)
        super().sync_directory(path)

    def lock(self, path: str) -> DirectoryLock:
        self.try_operation("lock", path)
        return super().lock(path)


class _FailingFile:
    """An open file on such a disk."""

    def __init__(self, disks: FailingDisks, path: str, file: File) -> None:
        self._disks = disks
        self._path = path
        self._file = file

    @property
    def descriptor(self) -> int:
        return self._file.descriptor

    def append(self, buffer: Buffer) -> int:
        self._disks.try_operation("append", self._path)
        return self._file.append(buffer)

    def read_at(self, position: int, count: int) -> bytes:
        self._disks.try_operation("read", self._path)
        data = self._file.read_at(position, count)
        self._disks.bytes_read[self._path] = self._disks.bytes_read.get(self._path, 0) + len(data)
        return data

    def read_cached(self, position: int, count: int) -> bytes:
        self._disks.try_operation("read", self._path)
        return self._file.read_cached(position, count)

    def is_cached(self, position: int, count: int) -> bool:
        return self._file.is_cached(position, count)

    def size(self) -> int:
        return self._file.size()

    def truncate(self, size_bytes: int) -> None:
        self._disks.try_operation("truncate", self._path)
        self._file.truncate(size_bytes)

    def sync(self) -> None:
        self._disks.try_operation("sync", self._path)
        self._file.sync()
