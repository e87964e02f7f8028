"""Which neighbouring segments become one: cleaning makes them smaller, and many small files would be left.

A group stays within the limits that a segment has when it is written: `segment.bytes`, `segment.index.bytes` for either
index, and offsets that can be told in 31 bits from the group's first. Kafka's groupSegmentsBySize.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from barnabas.storage.offset_index import MAX_RELATIVE_OFFSET


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """What a cleaning has to know of a segment."""

    base_offset: int
    size_bytes: int
    offset_index_bytes: int
    time_index_bytes: int


def group_segments(
    segments: Sequence[SegmentFacts], *, segment_bytes: int, index_bytes: int, first_uncleanable_offset: int
) -> list[list[SegmentFacts]]:
    """The segments, which are in order and all below `first_uncleanable_offset`, in groups."""
    groups: list[list[SegmentFacts]] = []
    for place, segment in enumerate(segments):
        is_last = place == len(segments) - 1
        next_base_offset = first_uncleanable_offset if is_last else segments[place + 1].base_offset
        if groups and _fits(groups[-1], segment, next_base_offset - 1, segment_bytes, index_bytes):
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return groups


def _fits(
    group: list[SegmentFacts], segment: SegmentFacts, last_offset: int, segment_bytes: int, index_bytes: int
) -> bool:
    members = [*group, segment]
    return (
        sum(member.size_bytes for member in members) <= segment_bytes
        and sum(member.offset_index_bytes for member in members) <= index_bytes
        and sum(member.time_index_bytes for member in members) <= index_bytes
        # An empty segment holds no offset that would have to be told.
        and (segment.size_bytes == 0 or last_offset - group[0].base_offset <= MAX_RELATIVE_OFFSET)
    )
