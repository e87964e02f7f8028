"""The settings of one partition's log, as plain values.

Whoever creates a log translates the topic's settings into this; changing them replaces the whole object, so a reader
never sees half of a change. Names and defaults are those of Kafka's topic configs.
"""

from dataclasses import dataclass, field
from typing import Final

from barnabas.protocol.records import Compression, TimestampType

NEVER: Final = 2**63 - 1
UNLIMITED: Final = -1
_CODECS: Final[dict[str, Compression | None]] = {
    "producer": None,
    "uncompressed": Compression.NONE,
    "gzip": Compression.GZIP,
    "snappy": Compression.SNAPPY,
    "lz4": Compression.LZ4,
    "zstd": Compression.ZSTD,
}


@dataclass(frozen=True, slots=True)
class LogConfig:
    """Kafka's topic configs that concern storage; `compact` and `delete` together are `cleanup.policy`."""

    segment_bytes: int = 1024 * 1024 * 1024
    segment_ms: int = 7 * 24 * 60 * 60 * 1000
    segment_jitter_ms: int = 0
    segment_index_bytes: int = 10 * 1024 * 1024
    index_interval_bytes: int = 4096
    retention_ms: int = 7 * 24 * 60 * 60 * 1000
    retention_bytes: int = UNLIMITED
    max_message_bytes: int = 1024 * 1024 + 12
    message_timestamp_type: TimestampType = TimestampType.CREATE
    message_timestamp_before_max_ms: int = NEVER
    message_timestamp_after_max_ms: int = 60 * 60 * 1000
    compact: bool = False
    delete: bool = True
    flush_messages: int = NEVER
    flush_ms: int = NEVER
    file_delete_delay_ms: int = 60 * 1000
    producer_id_expiration_ms: int = 24 * 60 * 60 * 1000
    compression_type: str = "producer"
    compression_gzip_level: int = -1
    compression_lz4_level: int = 9
    compression_zstd_level: int = 3
    preallocate: bool = False
    min_cleanable_dirty_ratio: float = 0.5
    min_compaction_lag_ms: int = 0
    max_compaction_lag_ms: int = NEVER
    delete_retention_ms: int = 24 * 60 * 60 * 1000
    target_compression: Compression | None = field(init=False)
    """The codec in which batches are stored; None for the producer's."""
    compression_level: int = field(init=False)
    """At which level the broker compresses; 0 where the codec has none."""
    max_segment_ms: int = field(init=False)
    """Age at which a segment is closed; before its records must be compacted, for the last segment never is."""
    examines_records: bool = field(init=False)
    """Whether every batch has to be opened, since keys or timestamps of its records are in question."""

    @property
    def reserved_bytes(self) -> int:
        """How long the file of a new segment is made at once."""
        return self.segment_bytes if self.preallocate else 0

    def __post_init__(self) -> None:
        target = _CODECS[self.compression_type]
        levels = {
            Compression.GZIP: self.compression_gzip_level,
            Compression.LZ4: self.compression_lz4_level,
            Compression.ZSTD: self.compression_zstd_level,
        }
        bounds_past = self.message_timestamp_before_max_ms != NEVER
        derived = {
            "target_compression": target,
            "compression_level": 0 if target is None else levels.get(target, 0),
            "max_segment_ms": min(self.segment_ms, self.max_compaction_lag_ms) if self.compact else self.segment_ms,
            "examines_records": self.compact or (bounds_past and self.message_timestamp_type is TimestampType.CREATE),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)
