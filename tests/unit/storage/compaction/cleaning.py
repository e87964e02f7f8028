"""Logs with keys, and a cleaner that works at once, in this thread."""

from collections.abc import Iterable, Sequence

from barnabas.foundation.clock import Clock
from barnabas.protocol.records import Compression, NewRecord, Record, build_batch, iterate_headers
from barnabas.storage import FileSystem, LogConfig, PartitionLog
from barnabas.storage.compaction.cleaner import CleanerSettings, LogCleaner
from barnabas.storage.compaction.job import CleaningLimits
from barnabas.storage.compaction.runners import ThreadRunner
from unit.storage.batches import NOW_MS, append

SMALL = LogConfig(
    segment_bytes=600, index_interval_bytes=100, compact=True, delete=False, min_cleanable_dirty_ratio=0.0
)


def keyed(
    *pairs: tuple[str, str | None],
    timestamp_ms: int = NOW_MS,
    compression: Compression = Compression.NONE,
    producer: tuple[int, int, int] | None = None,
    is_transactional: bool = False,
) -> bytearray:
    """A batch with a record for each key and value; `producer` is ID, epoch, first sequence number."""
    records = [NewRecord(key.encode(), None if value is None else value.encode(), timestamp_ms) for key, value in pairs]
    producer_id, epoch, sequence = producer or (-1, -1, -1)
    return build_batch(
        records,
        compression=compression,
        producer_id=producer_id,
        producer_epoch=epoch,
        base_sequence=sequence,
        is_transactional=is_transactional,
    )


def write(log: PartitionLog, pairs: Iterable[tuple[str, str | None]], *, timestamp_ms: int = NOW_MS) -> None:
    """One batch for each record."""
    for pair in pairs:
        append(log, keyed(pair, timestamp_ms=timestamp_ms), now_ms=timestamp_ms)


def roll(log: PartitionLog) -> None:
    """Close the segment that is written to, as age does; the next append goes into a new one."""
    with log._lock:
        log._roll(NOW_MS)


def cleaner_for(
    logs: Sequence[PartitionLog],
    filesystem: FileSystem,
    clock: Clock,
    *,
    limits: CleaningLimits | None = None,
    high_watermark: int | None = None,
) -> LogCleaner:
    settings = CleanerSettings(limits=limits or CleaningLimits(buffer_bytes=512))
    return LogCleaner(
        lambda: [(log, log.log_end_offset if high_watermark is None else high_watermark) for log in logs],
        lambda: settings,
        lambda: ThreadRunner(filesystem),
        filesystem=filesystem,
        clock=clock,
    )


def clean(
    log: PartitionLog,
    filesystem: FileSystem,
    clock: Clock,
    *,
    limits: CleaningLimits | None = None,
    high_watermark: int | None = None,
) -> bool:
    """One round; whether the log was cleaned."""
    cleaner = cleaner_for([log], filesystem, clock, limits=limits, high_watermark=high_watermark)
    return cleaner.clean_dirtiest(ThreadRunner(filesystem))


def pairs_of(records: Iterable[Record]) -> list[tuple[int, str, str | None]]:
    """Offset, key and value of each record."""
    return [
        (record.offset, (record.key or b"").decode(), None if record.value is None else record.value.decode())
        for record in records
    ]


def content_of(log: PartitionLog) -> bytes:
    """Every batch of the log, from its start to its end."""
    parts = []
    offset = log.log_start_offset
    while (piece := log.read(offset, 1000, below_offset=log.log_end_offset)) is not None:
        content = piece.read()
        parts.append(content)
        offset = max(header.next_offset for _, header in iterate_headers(content))
    return b"".join(parts)
