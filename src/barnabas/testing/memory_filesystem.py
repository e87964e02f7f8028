"""A disk in memory that fails when told: short writes, refusals, and a crash at any operation.

It keeps the promises of `storage.filesystem.FileSystem` (`tests/contract/test_filesystem.py` runs against both). After
a crash `after_crash()` is the disk as the next start finds it: a killed process leaves all that it wrote, a power
failure only what was synced and some random part of the rest.
"""

import errno
import os
from collections.abc import Sequence
from random import Random

from barnabas.storage.filesystem import Buffer, DirectoryLock, Entry, File
from barnabas.storage.page_cache import NotInPageCache


class SimulatedCrash(BaseException):
    """The process is gone: no handler for errors may see this and go on."""


class _Node:
    """A file's content; names come and go without it."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)
        self.synced_bytes = len(content)
        self.is_cached = True
        self.reserved_from: int | None = None
        """Where the zeros begin that nothing was written over yet, in a file that had its length from the start."""

    @property
    def written_bytes(self) -> int:
        return len(self.content) if self.reserved_from is None else self.reserved_from

    def write(self, data: bytes) -> None:
        start = self.written_bytes
        self.content[start : start + len(data)] = data
        if self.reserved_from is not None:
            self.reserved_from = start + len(data)


class MemoryFileSystem:
    """Files and directories in two dictionaries; every change of them counts as one operation."""

    def __init__(self, *, crash_at: int | None = None, max_write_bytes: int | None = None) -> None:
        self.operations = 0
        self.crash_at = crash_at
        """Number of the operation at which the process dies; an append has half of its bytes written by then."""
        self.max_write_bytes = max_write_bytes
        """How much one write takes at most."""
        self.refusals: list[int] = []
        """Error numbers for the next appends; each writes half of its bytes first."""
        self._files: dict[str, _Node] = {}
        self._directories: set[str] = {"/"}
        self._locked: set[str] = set()

    def after_crash(self, power_failure: Random | None = None) -> "MemoryFileSystem":
        """The disk as it is found afterwards; with `power_failure`, unsynced ends are cut anywhere or turn to zeros."""
        survivor = MemoryFileSystem()
        survivor._directories = set(self._directories)
        for path, node in self._files.items():
            content = bytes(node.content)
            if power_failure is not None and node.written_bytes > node.synced_bytes:
                kept = power_failure.randint(node.synced_bytes, node.written_bytes)
                zeros = power_failure.choice([0, len(content) - kept])
                content = content[:kept] + bytes(zeros)
            survivor._files[path] = _Node(content)
        return survivor

    def evict(self, path: str) -> None:
        """Let a file's content leave the page cache, until somebody reads it with patience."""
        self._files[path].is_cached = False

    def count_operation(self) -> None:
        """Called by every change; raises SimulatedCrash when its time has come, and from then on."""
        if self.crash_at is not None and self.operations >= self.crash_at:
            raise SimulatedCrash
        self.operations += 1

    def open(self, path: str, *, reserve_bytes: int = 0) -> File:
        node = self._files.get(path)
        if node is None:
            if os.path.dirname(path) not in self._directories:
                raise FileNotFoundError(errno.ENOENT, "no such directory", path)
            if path in self._directories:
                raise IsADirectoryError(errno.EISDIR, "is a directory", path)
            self.count_operation()
            node = self._files[path] = _Node()
        if reserve_bytes and not node.content:
            self.count_operation()
            node.content = bytearray(reserve_bytes)
            node.reserved_from = 0
        return MemoryFile(self, node)

    def list(self, path: str, *, sizes_of: tuple[str, ...] | None = None) -> Sequence[Entry]:
        if path not in self._directories:
            raise FileNotFoundError(errno.ENOENT, "no such directory", path)
        files = [
            Entry(os.path.basename(name), False, _size(name, node, sizes_of), 0)
            for name, node in self._files.items()
            if os.path.dirname(name) == path
        ]
        below = (name for name in self._directories if os.path.dirname(name) == path and name != path)
        return files + [Entry(os.path.basename(name), True, 0, 0) for name in below]

    def rename(self, source: str, target: str) -> None:
        if source not in self._files and source not in self._directories:
            raise FileNotFoundError(errno.ENOENT, "no such file", source)
        self.count_operation()
        if source in self._files:
            self._files[target] = self._files.pop(source)
            return
        inside = source + "/"
        self._files = {_moved(name, source, target, inside): node for name, node in self._files.items()}
        self._directories = {_moved(name, source, target, inside) for name in self._directories}

    def remove(self, path: str) -> None:
        if path not in self._files:
            raise FileNotFoundError(errno.ENOENT, "no such file", path)
        self.count_operation()
        del self._files[path]

    def make_directory(self, path: str) -> None:
        if path not in self._directories:
            self.count_operation()
            while path not in self._directories:
                self._directories.add(path)
                path = os.path.dirname(path)

    def remove_directory(self, path: str) -> None:
        if self.list(path):
            raise OSError(errno.ENOTEMPTY, "directory not empty", path)
        self.count_operation()
        self._directories.remove(path)

    def sync_directory(self, path: str) -> None:
        if path not in self._directories:
            raise FileNotFoundError(errno.ENOENT, "no such directory", path)
        self.count_operation()

    def lock(self, path: str) -> DirectoryLock:
        if path in self._locked:
            raise BlockingIOError(errno.EAGAIN, "locked", path)
        self.open(path)
        self._locked.add(path)
        return _MemoryLock(self._locked, path)


class MemoryFile:
    """An open file; it stays readable when its name is gone."""

    def __init__(self, filesystem: MemoryFileSystem, node: _Node) -> None:
        self._filesystem = filesystem
        self._node = node

    @property
    def descriptor(self) -> int:
        return -1

    def append(self, buffer: Buffer) -> int:
        filesystem = self._filesystem
        data = bytes(buffer)
        try:
            filesystem.count_operation()
        except SimulatedCrash:
            if filesystem.operations == filesystem.crash_at:
                self._node.write(data[: len(data) // 2])
                filesystem.operations += 1  # only the first operation that crashes leaves a trace
            raise
        if filesystem.refusals:
            self._node.write(data[: len(data) // 2])
            number = filesystem.refusals.pop(0)
            raise OSError(number, os.strerror(number))
        written = data[: filesystem.max_write_bytes]
        self._node.write(written)
        return len(written)

    def read_at(self, position: int, count: int) -> bytes:
        self._node.is_cached = True
        return bytes(memoryview(self._node.content)[position : position + count])

    def read_cached(self, position: int, count: int) -> bytes:
        if not self._node.is_cached:
            raise NotInPageCache(lambda: self.read_at(position, count))
        return self.read_at(position, count)

    def is_cached(self, position: int, count: int) -> bool:
        return self._node.is_cached

    def size(self) -> int:
        return len(self._node.content)

    def truncate(self, size_bytes: int) -> None:
        self._filesystem.count_operation()
        node = self._node
        del node.content[size_bytes:]
        node.synced_bytes = min(node.synced_bytes, size_bytes)
        if node.reserved_from is not None:
            node.reserved_from = min(node.reserved_from, size_bytes)

    def sync(self) -> None:
        self._filesystem.count_operation()
        self._node.synced_bytes = self._node.written_bytes


class _MemoryLock:
    def __init__(self, locked: set[str], path: str) -> None:
        self._locked = locked
        self._path = path

    def release(self) -> None:
        self._locked.discard(self._path)


def _size(name: str, node: _Node, sizes_of: tuple[str, ...] | None) -> int:
    return len(node.content) if sizes_of is None or name.endswith(sizes_of) else 0


def _moved(name: str, source: str, target: str, inside: str) -> str:
    if name == source:
        return target
    return target + "/" + name[len(inside) :] if name.startswith(inside) else name
