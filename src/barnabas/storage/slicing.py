"""Where a fetch ends: whole batches, as many bytes as were asked for, nothing beyond what the reader may see."""

from typing import Final

from barnabas.storage.batch_scan import Read, find_batch, find_boundary
from barnabas.storage.filesystem import File
from barnabas.storage.offset_index import OffsetIndex

NO_LIMIT: Final = 2**63 - 1


def slice_end(
    file: File,
    read: Read,
    index: OffsetIndex,
    position: int,
    max_bytes: int,
    *,
    end_bytes: int,
    below_offset: int | None,
    base_offset: int,
    at_least_one: bool,
) -> int:
    """The end of the last batch that may be returned from `position` on; `position` itself if none may.

    The index leads near to it, in bytes and in offsets; the rest of the way is walked.
    """
    limit = position + max_bytes
    start = index.position_at_most(limit)
    if below_offset is None:
        below_offset = NO_LIMIT
    else:
        start = min(start, index.position_before(below_offset - 1 - base_offset))
    end = find_boundary(read, max(position, start), min(end_bytes, limit), below_offset)
    if end == position and at_least_one:
        first = find_batch(file, position, end_bytes, 0)
        if first is not None and first.last_offset < below_offset:
            return first.end_position
    return end
