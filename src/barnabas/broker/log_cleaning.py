"""The log cleaner of one broker: which logs it looks at, and what `log.cleaner.*` says at this moment."""

import math
from collections.abc import Callable, Iterator
from typing import Final

from barnabas.cluster.replication import Replicas
from barnabas.foundation.clock import Clock
from barnabas.foundation.config import BrokerSettings
from barnabas.storage import PartitionLog, SystemFileSystem
from barnabas.storage.compaction.cleaner import CleanerSettings, LogCleaner
from barnabas.storage.compaction.job import CleaningLimits
from barnabas.storage.compaction.runners import ProcessRunner, ThreadRunner

_UNLIMITED: Final = 1e300


def cleaner_settings(settings: BrokerSettings) -> CleanerSettings:
    """What one cleaner thread may take: memory and throughput are for all of them together."""
    threads = max(settings.log_cleaner_threads, 1)
    bytes_per_second = settings.log_cleaner_io_max_bytes_per_second
    return CleanerSettings(
        threads=settings.log_cleaner_threads,
        backoff_ms=settings.log_cleaner_backoff_ms,
        limits=CleaningLimits(
            map_bytes=settings.log_cleaner_dedupe_buffer_size // threads,
            map_load_factor=settings.log_cleaner_io_buffer_load_factor,
            buffer_bytes=settings.log_cleaner_io_buffer_size // threads // 2,  # one to read, one to write
            max_bytes_per_second=math.inf if bytes_per_second > _UNLIMITED else bytes_per_second / threads,
        ),
    )


def make_log_cleaner(replicas: Replicas, settings: Callable[[], BrokerSettings], clock: Clock) -> LogCleaner:
    """A cleaner for the partitions that this broker holds; it begins with `start`."""
    filesystem = SystemFileSystem()

    def logs() -> Iterator[tuple[PartitionLog, int]]:
        for partition in replicas:
            yield partition.log, partition.high_watermark.value

    return LogCleaner(
        logs,
        lambda: cleaner_settings(settings()),
        lambda: ProcessRunner(ThreadRunner(filesystem)),
        filesystem=filesystem,
        clock=clock,
    )
