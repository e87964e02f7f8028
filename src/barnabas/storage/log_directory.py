"""A data directory: the lock that makes it ours, the logs in it, and the files that speak of all of them.

Invariant: `.kafka_cleanshutdown` exists only while nobody has the directory open and every log in it was closed in
order; it is removed before the first log is opened. Creating, deleting, checkpointing and closing take time on the disk
and belong in a thread; `logs` is replaced at each change, so that the event loop may look at it at any time.

A disk that refuses takes the directory offline for good (KIP-112): its logs are let go, nothing is written any more, no
marker vouches for it, and the next start recovers what is there.
"""

import logging
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition
from barnabas.storage.checkpoints import (
    CLEAN_SHUTDOWN_FILE,
    HIGH_WATERMARK_FILE,
    LOCK_FILE,
    LOG_START_OFFSET_FILE,
    PARTITION_METADATA_FILE,
    RECOVERY_POINT_FILE,
    MetaProperties,
    render_clean_shutdown,
    render_offsets,
    render_partition_metadata,
)
from barnabas.storage.deletion import LOG_DELETE_SUFFIX, DeletionQueue
from barnabas.storage.directory_errors import DirectoryInUse, DirectoryNotWritable
from barnabas.storage.directory_loading import ConfigFor, FoundLog, Recovery, open_log, read_directory
from barnabas.storage.directory_owner import NewDirectoryId, claim
from barnabas.storage.disk_errors import is_of_the_disk
from barnabas.storage.filesystem import DirectoryLock, FileSystem, replace_file
from barnabas.storage.log_config import LogConfig
from barnabas.storage.partition_log import PartitionLog

MAX_NAME_CHARACTERS: Final = 255
LOG_STRAY_SUFFIX: Final = "-stray"
_logger = logging.getLogger(__name__)


class LogDirectory:
    """One open data directory. Make it with `open`."""

    def __init__(
        self, path: str, lock: DirectoryLock, *, defaults: LogConfig, filesystem: FileSystem, clock: Clock
    ) -> None:
        self.path = path
        self.logs: dict[TopicPartition, PartitionLog] = {}
        self.was_clean = False
        """Whether the last owner closed the directory in order."""
        self.high_watermarks: Mapping[TopicPartition, int] = {}
        """What the last owner wrote with `checkpoint`."""
        self.failure: str | None = None
        """Why the directory is offline."""
        self.on_failure: Callable[[LogDirectory], None] | None = None
        """Called once, in whichever thread met the error."""
        self._lock = lock
        self._defaults = defaults
        self._filesystem = filesystem
        self._clock = clock
        self._deletions = DeletionQueue(filesystem)
        self._written: dict[str, Mapping[TopicPartition, int]] = {}
        self._changing = threading.Lock()  # one thread at a time makes, deletes and checkpoints
        self._failing = threading.Lock()

    @classmethod
    def open(
        cls,
        path: str,
        *,
        defaults: LogConfig,
        filesystem: FileSystem,
        clock: Clock,
        node_id: int | None = None,
        cluster_id: str | None = None,
        config_for: ConfigFor | None = None,
    ) -> "LogDirectory":
        """Lock the directory, recover every log in it, and return it.

        `config_for` gives the settings of a log that is found there; without it all begin with `defaults`. Raises
        DirectoryInUse, DirectoryNotWritable, or DirectoryOfAnother if `meta.properties` names another owner.
        """
        directory = cls.take(path, defaults=defaults, filesystem=filesystem, clock=clock)
        try:
            directory.claim(node_id, cluster_id)
            directory.load(config_for)
        except PermissionError as error:
            directory.release()
            raise DirectoryNotWritable(path, error) from error
        except BaseException:
            directory.release()
            raise
        return directory

    @classmethod
    def take(cls, path: str, *, defaults: LogConfig, filesystem: FileSystem, clock: Clock) -> "LogDirectory":
        """Make and lock the directory, and do no more yet; raises DirectoryInUse or DirectoryNotWritable."""
        path = os.fspath(path)
        try:
            filesystem.make_directory(path)
            lock = filesystem.lock(os.path.join(path, LOCK_FILE))
        except BlockingIOError:
            raise DirectoryInUse(path) from None
        except OSError as error:
            raise DirectoryNotWritable(path, error) from error
        return cls(path, lock, defaults=defaults, filesystem=filesystem, clock=clock)

    def claim(
        self, node_id: int | None, cluster_id: str | None, new_directory_id: NewDirectoryId | None = None
    ) -> MetaProperties:
        """Check `meta.properties` against who we are, and write down what it does not say yet."""
        return claim(self._filesystem, self.path, node_id, cluster_id, new_directory_id)

    def load(self, config_for: ConfigFor | None = None, recovery: Recovery | None = None) -> None:
        """Open every log that is there; after a crash, recover it."""
        found = read_directory(self._filesystem, self.path)
        due_ms = self._clock.now_ms() + self._defaults.file_delete_delay_ms
        for name in found.deleted:
            self._deletions.add_directory(self._path(name), due_ms)
        self.was_clean = found.was_clean
        self.high_watermarks = found.high_watermarks
        self._written = found.checkpoints
        recovery = recovery or Recovery()
        self.logs = recovery.run(
            found, lambda log: self._open_log(log, self._defaults if config_for is None else config_for(log.name))
        )

    # Logs

    def create_log(
        self, topic_partition: TopicPartition, topic_id: uuid.UUID, config: LogConfig | None = None
    ) -> PartitionLog:
        """The partition's log, made if it is not there; INCONSISTENT_TOPIC_ID if it is another topic's."""
        with self._changing:
            log = self.logs.get(topic_partition)
            if log is None:
                log = self._make_log(topic_partition, topic_id, config or self._defaults)
                self.logs = {**self.logs, topic_partition: log}
                return log
            log.assign_topic_id(topic_id)
            if config is not None:
                log.config = config
            return log

    def _make_log(self, topic_partition: TopicPartition, topic_id: uuid.UUID, config: LogConfig) -> PartitionLog:
        directory = self._path(str(topic_partition))
        try:
            self._filesystem.make_directory(directory)
            metadata = os.path.join(directory, PARTITION_METADATA_FILE)
            replace_file(self._filesystem, metadata, render_partition_metadata(topic_id), durable=False)
            return self._open_log(FoundLog(topic_partition, directory, is_clean=False), config)
        except OSError as error:
            raise self.storage_error(error) from error

    def delete_log(self, topic_partition: TopicPartition) -> None:
        """Take the log out of sight at once; its files go after `file.delete.delay.ms`, with `remove_deleted`."""
        with self._changing:
            log, target = self._take_away(topic_partition, LOG_DELETE_SUFFIX)
            self._deletions.add_directory(target, self._clock.now_ms() + log.config.file_delete_delay_ms)

    def set_aside(self, topic_partition: TopicPartition) -> str:
        """Take a log that no topic claims out of sight, and keep its files; returns where they are now."""
        with self._changing:
            return self._take_away(topic_partition, LOG_STRAY_SUFFIX)[1]

    def _take_away(self, topic_partition: TopicPartition, suffix: str) -> tuple[PartitionLog, str]:
        log = self.logs[topic_partition]
        self.logs = {name: kept for name, kept in self.logs.items() if name != topic_partition}
        log.retire()
        suffix = f"-{topic_partition.partition}.{uuid.uuid4().hex}{suffix}"
        target = self._path(topic_partition.topic[: MAX_NAME_CHARACTERS - len(suffix)] + suffix)
        try:
            self._filesystem.rename(log.directory, target)
        except PermissionError:
            target = log.directory  # Windows renames nothing in which a slice is still being sent
        except OSError as error:
            raise self.storage_error(error) from error
        return log, target

    def remove_deleted(self) -> int:
        """Remove the files of deleted logs and segments whose time has come; returns how many."""
        try:
            return self._deletions.remove_due(self._clock.now_ms())
        except OSError as error:
            raise self.storage_error(error) from error

    def flush_due(self) -> int:
        """Flush the logs with a closed segment that is not on the device, or by `flush.ms`; returns how many."""
        now_ms = self._clock.now_ms()
        due = [log for log in self.logs.values() if log.needs_flush(now_ms)]
        for log in due:
            log.flush(for_restart=True)
        return len(due)

    # Checkpoints

    def checkpoint(self, high_watermarks: Mapping[TopicPartition, int] | None = None) -> None:
        """Write the recovery points and log start offsets, and the high watermarks if they are given.

        A file that would say the same again is left alone.
        """
        try:
            with self._changing:
                self._checkpoint(high_watermarks)
        except OSError as error:
            raise self.storage_error(error) from error

    def checkpoint_high_watermarks(self, high_watermarks: Mapping[TopicPartition, int]) -> None:
        """Write the high watermarks alone, if they are others than those that were written last."""
        try:
            with self._changing:
                self._write_offsets(HIGH_WATERMARK_FILE, high_watermarks)
        except OSError as error:
            raise self.storage_error(error) from error

    def _checkpoint(self, high_watermarks: Mapping[TopicPartition, int] | None) -> None:
        logs = self.logs
        self._write_offsets(RECOVERY_POINT_FILE, {name: log.recovery_point for name, log in logs.items()})
        starts = {
            name: log.log_start_offset for name, log in logs.items() if log.log_start_offset > log.first_base_offset
        }
        self._write_offsets(LOG_START_OFFSET_FILE, starts)
        if high_watermarks is not None:
            self._write_offsets(HIGH_WATERMARK_FILE, high_watermarks)

    def _write_offsets(self, name: str, offsets: Mapping[TopicPartition, int]) -> None:
        if self.failure is None and self._written.get(name) != offsets:
            replace_file(self._filesystem, self._path(name), render_offsets(offsets))
            self._written[name] = offsets

    # The end

    def storage_error(self, error: OSError) -> KafkaError:
        """Go offline; what comes back answers whoever asked."""
        self.fail(error)
        return KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.path}: {error}")

    def fail(self, error: OSError) -> None:
        """Go offline, unless the error is no fault of the disk; from any thread, and a second time nothing happens."""
        with self._failing:
            if self.failure is not None or not is_of_the_disk(error):
                return
            self.failure = error.strerror or str(error)
        place = f" ({error.filename})" if error.filename and error.filename != self.path else ""
        _logger.error("Log directory %s is offline: %s%s", self.path, self.failure, place)
        for log in self.logs.values():
            log.fail(error)
        self._lock.release()
        if self.on_failure is not None:
            self.on_failure(self)

    def close(self, high_watermarks: Mapping[TopicPartition, int] | None = None, *, broker_epoch: int = -1) -> None:
        """Flush and close every log, write the checkpoints and the clean-shutdown marker, and let the directory go.

        If the disk refuses any of it (KafkaError), the marker is not written and the next start recovers.
        """
        try:
            for log in self.logs.values():
                log.close()
            self.checkpoint(high_watermarks)
            if self.failure is None:
                replace_file(self._filesystem, self._path(CLEAN_SHUTDOWN_FILE), render_clean_shutdown(broker_epoch))
                self._filesystem.sync_directory(self.path)
        except OSError as error:
            raise self.storage_error(error) from error
        finally:
            self.release()

    def release(self) -> None:
        """Let go of all files and of the lock without writing anything, as a crash would."""
        for log in self.logs.values():
            log.release()
        self._lock.release()

    def _open_log(self, found: FoundLog, config: LogConfig) -> PartitionLog:
        return open_log(
            found,
            config,
            filesystem=self._filesystem,
            clock=self._clock,
            deletions=self._deletions,
            on_disk_error=self.fail,
        )

    def _path(self, name: str) -> str:
        return os.path.join(self.path, name)
