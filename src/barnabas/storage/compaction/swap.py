"""Putting cleaned segments in the place of those they were made from, so that a crash at any moment loses nothing.

    1. `.cleaned` files are written and on the device.     A start removes them.
    2. Each is renamed to `.swap`.                         A start removes `.swap` files while a `.cleaned` one of the
                                                           same or an earlier base is left: step 2 did not end.
    3. The old segments' files are renamed to `.deleted`.  A start ends steps 3 and 4: it removes segments that the
    4. The `.swap` files get their final names.            swapped one covers, and renames.

The last rename of step 2 decides. All three steps are done under the log's lock, so the log is not cut in between. The
rules are Kafka's: either of the two can finish what the other has begun.
"""

import contextlib
import os
from collections.abc import Sequence
from typing import Final

from barnabas.storage.batch_scan import scan_batches
from barnabas.storage.compaction.job import CLEANED_SUFFIX, SWAP_SUFFIX
from barnabas.storage.filesystem import FileSystem
from barnabas.storage.segment import DELETED_SUFFIX, LOG_SUFFIX, SEGMENT_SUFFIXES, Segment, file_name

_OFFSET_DIGITS: Final = 20


def commit_cleaned(filesystem: FileSystem, directory: str, base_offset: int) -> None:
    """Step 2: from here on a start finishes the swap."""
    _rename_all(filesystem, directory, base_offset, CLEANED_SUFFIX, SWAP_SUFFIX)


def take_back(filesystem: FileSystem, directory: str, base_offset: int) -> None:
    """Undo step 2, before step 3, and remove what was cleaned."""
    log = os.path.join(directory, file_name(base_offset, LOG_SUFFIX))
    filesystem.rename(log + SWAP_SUFFIX, log + CLEANED_SUFFIX)  # first: from here on a start removes all of them
    for suffix in reversed(SEGMENT_SUFFIXES):
        path = os.path.join(directory, file_name(base_offset, suffix))
        for temporary in (SWAP_SUFFIX, CLEANED_SUFFIX):
            with contextlib.suppress(FileNotFoundError):
                filesystem.remove(path + temporary)


def hide_logs(filesystem: FileSystem, old: Sequence[Segment]) -> bool:
    """Step 3 for the `.log` files; False, and nothing is changed, where Windows holds one of them open."""
    hidden: list[str] = []
    for segment in old:
        path = segment.path(LOG_SUFFIX)
        try:
            filesystem.rename(path, path + DELETED_SUFFIX)
        except PermissionError:
            for back in reversed(hidden):
                filesystem.rename(back + DELETED_SUFFIX, back)
            return False
        hidden.append(path)
    return True


def hide_indexes(filesystem: FileSystem, old: Sequence[Segment]) -> None:
    """Step 3 for the rest; what Windows holds open does no harm, for a start removes indexes without a log."""
    for segment in old:
        for suffix in SEGMENT_SUFFIXES[1:]:
            path = segment.path(suffix)
            with contextlib.suppress(FileNotFoundError, PermissionError):
                filesystem.rename(path, path + DELETED_SUFFIX)


def finish_swap(filesystem: FileSystem, directory: str, base_offset: int) -> None:
    """Step 4."""
    _rename_all(filesystem, directory, base_offset, SWAP_SUFFIX, "")


def _rename_all(filesystem: FileSystem, directory: str, base_offset: int, old: str, new: str) -> None:
    for suffix in SEGMENT_SUFFIXES:
        path = os.path.join(directory, file_name(base_offset, suffix))
        with contextlib.suppress(FileNotFoundError):  # most segments have no `.txnindex`
            filesystem.rename(path + old, path + new)


def finish_interrupted_swaps(filesystem: FileSystem, directory: str, names: Sequence[str]) -> bool:
    """What a start makes of the files it finds, before it looks at segments; returns whether there was anything."""
    cleaned = [name for name in names if name.endswith(CLEANED_SUFFIX)]
    swapped = [name for name in names if name.endswith(SWAP_SUFFIX)]
    if not cleaned and not swapped:
        return False
    undecided_from = min((offset for name in cleaned if (offset := _offset_of(name)) is not None), default=None)
    valid = []
    for name in swapped:
        offset = _offset_of(name)
        if offset is None or (undecided_from is not None and offset >= undecided_from):
            filesystem.remove(os.path.join(directory, name))
        else:
            valid.append(name)
    for name in cleaned:
        filesystem.remove(os.path.join(directory, name))
    _remove_covered(filesystem, directory, names, valid)
    for name in valid:
        path = os.path.join(directory, name)
        filesystem.rename(path, path.removesuffix(SWAP_SUFFIX))
    filesystem.sync_directory(directory)
    return True


def _remove_covered(filesystem: FileSystem, directory: str, names: Sequence[str], valid: list[str]) -> None:
    """Remove the segments that the swapped ones were made from and that were not renamed yet."""
    swapped_logs = [name for name in valid if name.endswith(LOG_SUFFIX + SWAP_SUFFIX)]
    if not swapped_logs:
        return
    begin = min(_offset_of(name) or 0 for name in swapped_logs)
    end = max(_end_offset(filesystem, directory, name) for name in swapped_logs)
    for name in names:
        offset = _offset_of(name)
        if offset is not None and begin <= offset < end and name.endswith(SEGMENT_SUFFIXES):
            filesystem.remove(os.path.join(directory, name))


def _end_offset(filesystem: FileSystem, directory: str, name: str) -> int:
    """The offset after the last batch of a swapped segment; at least the one after its base."""
    file = filesystem.open(os.path.join(directory, name))
    end_offset = (_offset_of(name) or 0) + 1
    for batch in scan_batches(file, 0, file.size()):
        end_offset = batch.last_offset + 1
    return end_offset


def _offset_of(name: str) -> int | None:
    """The base offset with which a segment's file name begins."""
    digits = name[:_OFFSET_DIGITS]
    return int(digits) if len(digits) == _OFFSET_DIGITS and digits.isascii() and digits.isdigit() else None
