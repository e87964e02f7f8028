"""Telling what can be read at once from what the disk must bring first.

The event loop may copy from the page cache, never wait for a device. Linux answers the question with a read that
refuses to wait (`RWF_NOWAIT`). Where the platform or the file system has no such read, everything counts as cached.
"""

import errno
import os
from collections.abc import Callable
from typing import Final

PROBE_STEP_BYTES: Final = 128 * 1024
"""Pages come and go in runs, so one byte in every 128 kB is looked at."""
_NOWAIT: Final[int] = getattr(os, "RWF_NOWAIT", 0)
_NO_SUCH_READ: Final = frozenset((errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL))


class NotInPageCache(Exception):
    """Reading here would wait for the disk; `load`, in a thread, waits, and then the same read is quick."""

    def __init__(self, load: Callable[[], object]) -> None:
        super().__init__()
        self.load = load


def read_if_cached(descriptor: int, position: int, count: int) -> bytes | None:
    """`count` bytes from `position` without waiting; None if they (or the platform's means to tell) are not there."""
    if not _NOWAIT:
        return None
    buffer = bytearray(count)
    try:
        read = os.preadv(descriptor, [buffer], position, _NOWAIT)
    except OSError:
        return None
    return bytes(buffer) if read == count else None


def is_cached(descriptor: int, position: int, count: int) -> bool:
    """Whether these bytes can be sent without waiting for the disk, as far as probes in steps tell."""
    if not _NOWAIT or count <= 0:
        return True
    probe = [bytearray(1)]
    try:
        for place in (*range(position, position + count, PROBE_STEP_BYTES), position + count - 1):
            os.preadv(descriptor, probe, place, _NOWAIT)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_SUCH_READ:
            raise
    return True
