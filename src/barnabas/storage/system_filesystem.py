"""The operating system's files, as `storage.filesystem` describes them.

Files are opened with O_APPEND, so that a write after a truncation lands at the new end without a seek. Where the
platform has no `pread` (Windows), a lock around seek and read takes its place.
"""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from barnabas.storage.filesystem import Buffer, DirectoryLock, Entry, File
from barnabas.storage.page_cache import NotInPageCache, is_cached, read_if_cached

_OPEN_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class SystemFile:
    """A file of the operating system; its descriptor closes with the last reference."""

    __slots__ = ("_descriptor",)

    def __init__(self, path: str, flags: int = _OPEN_FLAGS) -> None:
        self._descriptor = -1  # so that __del__ finds it when the open below fails
        self._descriptor = os.open(path, flags, 0o644)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def append(self, buffer: Buffer) -> int:
        return os.write(self._descriptor, buffer)

    def read_at(self, position: int, count: int) -> bytes:
        data = os.pread(self._descriptor, count, position)
        if len(data) == count or not data:
            return data
        parts = [data]  # a signal or a full pipe of pages may cut a read short; the end of the file answers b""
        read = len(data)
        while read < count and (data := os.pread(self._descriptor, count - read, position + read)):
            parts.append(data)
            read += len(data)
        return b"".join(parts)

    def read_cached(self, position: int, count: int) -> bytes:
        data = read_if_cached(self._descriptor, position, count)
        if data is not None:
            return data
        if not self.is_cached(position, count):
            raise NotInPageCache(lambda: self.read_at(position, count))
        return self.read_at(position, count)

    def is_cached(self, position: int, count: int) -> bool:
        return is_cached(self._descriptor, position, count)

    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def truncate(self, size_bytes: int) -> None:
        os.ftruncate(self._descriptor, size_bytes)

    def sync(self) -> None:
        if hasattr(os, "fdatasync"):
            os.fdatasync(self._descriptor)  # writes the length too, only not the times
        else:
            os.fsync(self._descriptor)


class SeekingFile(SystemFile):
    """The same where the platform has no `pread`; `O_APPEND` keeps the writes independent of the seeks."""

    __slots__ = ("_seek_lock",)

    def __init__(self, path: str, flags: int = _OPEN_FLAGS) -> None:
        self._seek_lock = threading.Lock()
        super().__init__(path, flags)

    def read_at(self, position: int, count: int) -> bytes:
        with self._seek_lock:
            os.lseek(self._descriptor, position, os.SEEK_SET)
            parts = []
            while count > 0 and (data := os.read(self._descriptor, count)):
                parts.append(data)
                count -= len(data)
        return b"".join(parts)


class ReservedFile(SystemFile):
    """A file that has its room from the start; it is written where its content ends, not where it ends itself."""

    __slots__ = ("_content_bytes",)

    def __init__(self, path: str, reserve_bytes: int) -> None:
        # Not O_APPEND: Linux would then write at the end whatever position is given.
        super().__init__(path, _OPEN_FLAGS & ~os.O_APPEND)
        self._content_bytes = _take_room(self._descriptor, reserve_bytes)

    def append(self, buffer: Buffer) -> int:
        written = os.pwrite(self._descriptor, buffer, self._content_bytes)
        self._content_bytes += written
        return written

    def truncate(self, size_bytes: int) -> None:
        super().truncate(size_bytes)
        self._content_bytes = min(self._content_bytes, size_bytes)


class ReservedSeekingFile(SeekingFile):
    """The same where the platform has no `pwrite`."""

    __slots__ = ("_content_bytes",)

    def __init__(self, path: str, reserve_bytes: int) -> None:
        super().__init__(path, _OPEN_FLAGS & ~os.O_APPEND)
        self._content_bytes = _take_room(self._descriptor, reserve_bytes)

    def append(self, buffer: Buffer) -> int:
        with self._seek_lock:
            os.lseek(self._descriptor, self._content_bytes, os.SEEK_SET)
            written = os.write(self._descriptor, buffer)
        self._content_bytes += written
        return written

    def truncate(self, size_bytes: int) -> None:
        super().truncate(size_bytes)
        self._content_bytes = min(self._content_bytes, size_bytes)


def _take_room(descriptor: int, size_bytes: int) -> int:
    """Make an empty file that long; returns the size of its content, which stays as it is where there is some."""
    content_bytes = os.fstat(descriptor).st_size
    if content_bytes:
        return content_bytes
    try:
        os.posix_fallocate(descriptor, 0, size_bytes)
    except (AttributeError, OSError):
        # No such call, a file system without it, or too little room on the disk: then the length alone, as in Kafka.
        os.ftruncate(descriptor, size_bytes)
    return 0


def open_for_reading(path: str) -> File:
    """A file that must be there: unlike `SystemFileSystem.open` this makes none."""
    flags = os.O_RDONLY | (_OPEN_FLAGS & ~(os.O_RDWR | os.O_CREAT | os.O_APPEND))
    return SystemFile(path, flags) if hasattr(os, "pread") else SeekingFile(path, flags)


class SystemFileSystem:
    """The machine's disk."""

    def open(self, path: str, *, reserve_bytes: int = 0) -> File:
        if reserve_bytes:
            has_positions = hasattr(os, "pwrite")
            return ReservedFile(path, reserve_bytes) if has_positions else ReservedSeekingFile(path, reserve_bytes)
        return SystemFile(path) if hasattr(os, "pread") else SeekingFile(path)

    def list(self, path: str, *, sizes_of: tuple[str, ...] | None = None) -> Sequence[Entry]:
        entries = []
        with os.scandir(path) as scan:
            for item in scan:
                if sizes_of is not None and not item.name.endswith(sizes_of):
                    entries.append(Entry(item.name, item.is_dir(), 0, 0))
                    continue
                try:
                    status = item.stat()
                except FileNotFoundError:
                    continue  # removed by the deleting thread since the directory was read
                is_directory = item.is_dir()
                modified_ms = status.st_mtime_ns // 1_000_000
                entries.append(Entry(item.name, is_directory, 0 if is_directory else status.st_size, modified_ms))
        return entries

    def rename(self, source: str, target: str) -> None:
        Path(source).replace(target)

    def remove(self, path: str) -> None:
        os.remove(path)

    def make_directory(self, path: str) -> None:
        os.makedirs(path, exist_ok=True)

    def remove_directory(self, path: str) -> None:
        Path(path).rmdir()

    def sync_directory(self, path: str) -> None:
        if os.name == "nt":
            return  # directories can't be opened there; NTFS journals the names
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lock(self, path: str) -> DirectoryLock:
        return SystemLock(path)


class SystemLock:
    """`flock` on POSIX, `msvcrt.locking` on Windows; the system drops it when the process ends.

    On Linux a record lock is taken as well: that is what a Kafka broker takes on its `.lock`, so neither of the two
    starts on the other's directory. (On the BSDs the two kinds exclude each other within one process.)
    """

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, _OPEN_FLAGS, 0o644)
        try:
            self._take()
        except OSError as error:
            self.release()
            raise BlockingIOError(error.errno, "locked by another process", path) from error

    def _take(self) -> None:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if sys.platform == "linux":
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
