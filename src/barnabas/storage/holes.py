"""Whether the rest of a file holds anything but zeros, without reading what was never written.

A segment that reserves its room (`preallocate`) is mostly such a hole; after a crash there may be a gigabyte of it in
every partition, and the file system knows where it is.
"""

import errno
import os
from typing import Final

from barnabas.storage.filesystem import File

_READ_BYTES: Final = 1024 * 1024
_ZEROS: Final = bytes(_READ_BYTES)


def holds_only_zeros(file: File, position: int, end_position: int) -> bool:
    """Whether there is nothing but zeros from one position to the other."""
    while (position := next_data(file.descriptor, position, end_position)) < end_position:
        chunk = file.read_at(position, min(_READ_BYTES, end_position - position))
        if not chunk or not _ZEROS.startswith(chunk):
            return False
        position += len(chunk)
    return True


def next_data(descriptor: int, position: int, end_position: int) -> int:
    """Where the next bytes stand that were ever written, as far as the system tells; `end_position` if none do."""
    seek_data = getattr(os, "SEEK_DATA", None)
    if descriptor < 0 or seek_data is None:
        return position
    try:
        return os.lseek(descriptor, position, seek_data)
    except OSError as error:
        return end_position if error.errno == errno.ENXIO else position
