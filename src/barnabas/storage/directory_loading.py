"""What lies in a data directory when it is opened, and the opening of its logs.

After a clean shutdown a log costs a listing and a few small files. After a crash every log is listed first, so that it
is known how much there is to read; then the logs are recovered, by several threads if there is much.
"""

import logging
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Protocol

from barnabas.foundation.clock import Clock
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition
from barnabas.storage.checkpoints import (
    CLEAN_SHUTDOWN_FILE,
    HIGH_WATERMARK_FILE,
    LOG_START_OFFSET_FILE,
    PARTITION_METADATA_FILE,
    RECOVERY_POINT_FILE,
    CorruptCheckpoint,
    parse_offsets,
    parse_partition_metadata,
)
from barnabas.storage.deletion import LOG_DELETE_SUFFIX, DeletionQueue
from barnabas.storage.disk_errors import OnDiskError
from barnabas.storage.filesystem import Entry, FileSystem, read_file
from barnabas.storage.log_config import LogConfig
from barnabas.storage.partition_log import PartitionLog
from barnabas.storage.recovery import SIZED_SUFFIXES, LogLoader
from barnabas.storage.segment_recovery import bytes_to_recover

METADATA_LOG_DIRECTORY: Final = "__cluster_metadata-0"
_logger = logging.getLogger(__name__)

ConfigFor = Callable[[TopicPartition], LogConfig]


class Progress(Protocol):
    """Who shows how far a recovery is; called from several threads."""

    def add(self, logs: int, size_bytes: int) -> None:
        """There is so much more to do."""

    def bytes_done(self, size_bytes: int) -> None:
        """So many bytes were read."""

    def log_done(self) -> None:
        """A log is open."""


@dataclass(slots=True)
class FoundLog:
    """A log in a data directory, and what the directory's checkpoints say of it."""

    name: TopicPartition
    directory: str
    is_clean: bool
    recovery_point: int = 0
    log_start_offset: int = 0
    entries: Sequence[Entry] | None = None
    on_bytes: Callable[[int], None] | None = None


@dataclass(slots=True)
class FoundDirectory:
    """What a data directory says before its logs are opened."""

    filesystem: FileSystem
    was_clean: bool
    logs: list[FoundLog]
    deleted: list[str]
    """Directories of logs that were deleted, and whose files are still there."""
    high_watermarks: Mapping[TopicPartition, int]
    checkpoints: dict[str, Mapping[TopicPartition, int]] = field(default_factory=dict)
    """What each checkpoint file says that could be read."""


def read_directory(filesystem: FileSystem, path: str) -> FoundDirectory:
    """List the directory and read its checkpoints; the marker of a clean shutdown is gone afterwards."""
    entries = filesystem.list(path, sizes_of=())
    names = {entry.name for entry in entries}
    was_clean = CLEAN_SHUTDOWN_FILE in names
    if was_clean:
        filesystem.remove(os.path.join(path, CLEAN_SHUTDOWN_FILE))
    checkpoints: dict[str, Mapping[TopicPartition, int]] = {}
    for name in (RECOVERY_POINT_FILE, LOG_START_OFFSET_FILE, HIGH_WATERMARK_FILE):
        if name not in names:
            continue
        try:
            checkpoints[name] = parse_offsets(read_file(filesystem, os.path.join(path, name)), os.path.join(path, name))
        except CorruptCheckpoint as error:
            _logger.warning("Going on without a damaged checkpoint: %s", error)
    recovery_points = checkpoints.get(RECOVERY_POINT_FILE, {})
    start_offsets = checkpoints.get(LOG_START_OFFSET_FILE, {})
    for name in (RECOVERY_POINT_FILE, LOG_START_OFFSET_FILE):
        if name in names and name not in checkpoints:
            was_clean = False  # no marker can vouch for a directory in which files have been damaged since
            recovery_points = {}
    logs, deleted = [], []
    for entry in entries:
        if not entry.is_directory:
            continue
        if entry.name.endswith(LOG_DELETE_SUFFIX):
            deleted.append(entry.name)
            continue
        log = parse_directory_name(entry.name)
        if log is not None:
            point, start = recovery_points.get(log, 0), start_offsets.get(log, 0)
            logs.append(FoundLog(log, os.path.join(path, entry.name), was_clean, point, start))
    high_watermarks = checkpoints.get(HIGH_WATERMARK_FILE, {})
    return FoundDirectory(filesystem, was_clean, logs, deleted, high_watermarks, checkpoints)


@dataclass(frozen=True, slots=True)
class Recovery:
    """How the logs of a directory are opened."""

    threads: int = 1
    """`num.recovery.threads.per.data.dir`"""
    progress: Progress | None = None

    def run(
        self, found: FoundDirectory, open_one: Callable[[FoundLog], PartitionLog]
    ) -> dict[TopicPartition, PartitionLog]:
        """Open all logs. Raises OSError if the disk refuses."""
        if found.was_clean:
            return {log.name: open_one(log) for log in found.logs}
        total_bytes = 0
        for log in found.logs:
            log.entries = found.filesystem.list(log.directory, sizes_of=SIZED_SUFFIXES)
            total_bytes += bytes_to_recover(log.entries, log.recovery_point)
        progress = self.progress
        if progress is not None:
            progress.add(len(found.logs), total_bytes)
            for log in found.logs:
                log.on_bytes = progress.bytes_done

        def open_several(logs: Sequence[FoundLog]) -> list[PartitionLog]:
            opened = []
            for log in logs:
                opened.append(open_one(log))
                if progress is not None:
                    progress.log_done()
            return opened

        if self.threads == 1 or not total_bytes:
            return {log.topic_partition: log for log in open_several(found.logs)}
        with ThreadPoolExecutor(self.threads, thread_name_prefix="log-recovery") as pool:
            shares = pool.map(open_several, [found.logs[place :: self.threads] for place in range(self.threads)])
            return {log.topic_partition: log for share in shares for log in share}


def open_log(
    found: FoundLog,
    config: LogConfig,
    *,
    filesystem: FileSystem,
    clock: Clock,
    deletions: DeletionQueue,
    on_disk_error: OnDiskError,
) -> PartitionLog:
    """Bring one log's files into order and its state into memory."""
    state = LogLoader(
        filesystem=filesystem,
        directory=found.directory,
        index_interval_bytes=config.index_interval_bytes,
        now_ms=clock.now_ms(),
        is_clean=found.is_clean,
        recovery_point=found.recovery_point,
        log_start_offset=found.log_start_offset,
        entries=found.entries,
        on_bytes=found.on_bytes,
        name=str(found.name),
        reserve_bytes=config.reserved_bytes,
    ).load()
    return PartitionLog(
        found.name,
        found.directory,
        state,
        topic_id=_read_topic_id(filesystem, found.directory) if state.has_topic_id else ZERO_UUID,
        config=config,
        filesystem=filesystem,
        clock=clock,
        deletions=deletions,
        on_disk_error=on_disk_error,
    )


def _read_topic_id(filesystem: FileSystem, directory: str) -> uuid.UUID:
    """Without a readable file the ID is not known; the first leader that knows it writes it."""
    path = os.path.join(directory, PARTITION_METADATA_FILE)
    try:
        return parse_partition_metadata(read_file(filesystem, path), path)
    except CorruptCheckpoint as error:
        _logger.warning("The topic's ID is not known: %s", error)
        return ZERO_UUID


def parse_directory_name(name: str) -> TopicPartition | None:
    """`<topic>-<partition>`; None for anything else that lies in a data directory.

    The metadata log of a KRaft cluster is none of ours either: it stays as Kafka's controller left it.
    """
    if name == METADATA_LOG_DIRECTORY:
        return None
    topic, dash, partition = name.rpartition("-")
    if not (topic and dash and partition.isascii() and partition.isdigit()):
        return None
    return TopicPartition(topic, int(partition))
