"""What the cleaner did, for the log and for metrics, which have the names of Kafka's (kafka.log:type=LogCleaner)."""

from collections.abc import Mapping
from dataclasses import dataclass

from barnabas.storage.compaction.job import CleaningStatistics

_MIB = 1024 * 1024


@dataclass(slots=True)
class CleanerMetrics:
    """Of all cleaner threads; each keeps its last cleaning in `last`."""

    last: Mapping[int, CleaningStatistics]
    """By thread."""
    max_dirty_ratio: float = 0.0
    """Of the dirtiest log in the last round."""
    max_compaction_delay_ms: int = 0
    """How long the latest log has been waiting beyond `max.compaction.lag.ms`."""
    uncleanable_partitions: int = 0

    def values(self) -> dict[str, float]:
        """Every metric by its name."""
        cleanings = list(self.last.values())
        bytes_read = sum(cleaning.bytes_read for cleaning in cleanings)
        bytes_written = sum(cleaning.bytes_written for cleaning in cleanings)
        return {
            "max-dirty-percent": int(100 * self.max_dirty_ratio),
            "cleaner-recopy-percent": int(100 * bytes_written / max(bytes_read, 1)),
            "max-clean-time-secs": int(max((cleaning.total_seconds for cleaning in cleanings), default=0)),
            "max-compaction-delay-secs": self.max_compaction_delay_ms // 1000,
            "max-buffer-utilization-percent": int(
                100 * max((cleaning.map_utilization for cleaning in cleanings), default=0)
            ),
            "uncleanable-partitions-count": self.uncleanable_partitions,
        }


def describe(name: object, first_dirty_offset: int, end_offset: int, done: CleaningStatistics) -> str:
    """One cleaning in one line."""
    seconds = max(done.total_seconds, 0.001)
    return (
        f"Compacted {name} from offset {first_dirty_offset} to {end_offset} in {seconds:.1f} s "
        f"({done.map_seconds:.1f} s for the map, {100 * done.map_utilization:.1f} % full): "
        f"{done.bytes_read / _MIB:.1f} MiB and {done.records_read} records read, "
        f"{done.bytes_written / _MIB:.1f} MiB and {done.records_written} records kept, "
        f"{(done.map_bytes_read + done.bytes_read) / _MIB / seconds:.1f} MiB/s"
    )
