"""Which segments a log may drop from its front, by age and by size.

Only whole segments go, and only from the front, so that what remains is one stretch. Kafka's rules: a segment is as old
as its youngest record; by size, a segment goes if the rest is still at least `retention.bytes`.
"""

from collections.abc import Sequence

from barnabas.storage.log_config import LogConfig
from barnabas.storage.segment import Segment


def deletable_segments(
    segments: Sequence[Segment], config: LogConfig, now_ms: int, log_end_offset: int, limit_offset: int
) -> int:
    """How many segments from the front may go; none that holds something at or past `limit_offset`."""
    if not config.delete:
        return 0
    surplus_bytes = 0
    if config.retention_bytes >= 0:
        surplus_bytes = sum(segment.size_bytes for segment in segments) - config.retention_bytes
    count = 0
    for place, segment in enumerate(segments):
        is_last = place == len(segments) - 1
        end_offset = log_end_offset if is_last else segments[place + 1].base_offset
        if end_offset > limit_offset or (is_last and not segment.size_bytes):
            break
        is_expired = config.retention_ms >= 0 and now_ms - segment.largest_timestamp_ms > config.retention_ms
        is_surplus = config.retention_bytes >= 0 and surplus_bytes >= segment.size_bytes
        if not is_expired and not is_surplus:
            break
        surplus_bytes -= segment.size_bytes
        count += 1
    return count
