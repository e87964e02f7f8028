"""What storage asks of a disk: eight operations on names and eight on an open file.

`SystemFileSystem` is the operating system; `barnabas.testing.memory_filesystem` keeps everything in memory and fails on
demand. `tests/contract/test_filesystem.py` holds both to the promises made here. Every method raises `OSError` when
the disk refuses.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

Buffer = bytes | bytearray | memoryview


class Entry(NamedTuple):
    """One name in a directory."""

    name: str
    is_directory: bool
    size_bytes: int
    modified_ms: int


class File(Protocol):
    """An open file: bytes are added at its end and read anywhere.

    It closes when the last reference to it goes, so a slice of a deleted segment stays readable until it is sent.
    """

    @property
    def descriptor(self) -> int:
        """The operating system's descriptor for `sendfile`, or -1 where there is none."""

    def append(self, buffer: Buffer) -> int:
        """Write at the end in one call; returns how many bytes went in, which may be fewer than asked."""

    def read_at(self, position: int, count: int) -> bytes:
        """Up to `count` bytes from `position`; shorter only at the end of the file."""

    def read_cached(self, position: int, count: int) -> bytes:
        """The same if it needs no waiting for the disk; NotInPageCache otherwise."""

    def is_cached(self, position: int, count: int) -> bool:
        """Whether these bytes could be read without waiting, as far as can be told at little cost."""

    def size(self) -> int:
        """The length in bytes."""

    def truncate(self, size_bytes: int) -> None:
        """Cut the file to `size_bytes`."""

    def sync(self) -> None:
        """Return once the file's bytes are on the device."""


class DirectoryLock(Protocol):
    """An exclusive hold on a file, until released or until the process ends."""

    def release(self) -> None:
        """Let others have it."""


class FileSystem(Protocol):
    """Names on a disk. Paths are plain strings with the platform's separator."""

    def open(self, path: str, *, reserve_bytes: int = 0) -> File:
        """Open for reading and appending, creating an empty file where there is none.

        With `reserve_bytes` a file that is empty gets that length at once, and zeros as content: what is appended
        through this object takes their place from the front, and `truncate` gives the rest back.
        """

    def list(self, path: str, *, sizes_of: tuple[str, ...] | None = None) -> Sequence[Entry]:
        """The entries of a directory, in no order; FileNotFoundError if there is no such directory.

        With `sizes_of`, size and time are told of names with these endings only, and are 0 elsewhere: each of them
        costs a call of the system, and a broker has thousands of logs to list when it starts.
        """

    def rename(self, source: str, target: str) -> None:
        """Give a file or directory another name in one step, replacing a file that has the new name."""

    def remove(self, path: str) -> None:
        """Remove a file; FileNotFoundError if there is none."""

    def make_directory(self, path: str) -> None:
        """Make a directory and its parents; fine if it exists."""

    def remove_directory(self, path: str) -> None:
        """Remove an empty directory."""

    def sync_directory(self, path: str) -> None:
        """Return once the directory's names are on the device (nothing to do where the platform can't)."""

    def lock(self, path: str) -> DirectoryLock:
        """Take the lock file at `path`; BlockingIOError if someone else holds it."""


def append_fully(file: File, buffer: Buffer) -> None:
    """Append all of `buffer`, in as many writes as the disk makes of it."""
    written = file.append(buffer)
    if written < len(buffer):
        view = memoryview(buffer)
        while written < len(view):
            written += file.append(view[written:])


def read_file(filesystem: FileSystem, path: str) -> bytes:
    """The whole of a small file, which must exist."""
    file = filesystem.open(path)
    return file.read_at(0, file.size())


def replace_file(filesystem: FileSystem, path: str, content: bytes, *, durable: bool = True) -> None:
    """Put `content` at `path` so that a crash leaves either the old file or the new one, whole."""
    temporary = path + ".tmp"
    file = filesystem.open(temporary)
    if file.size():
        file.truncate(0)
    append_fully(file, content)
    if durable:
        file.sync()
    del file  # Windows does not rename an open file
    filesystem.rename(temporary, path)
