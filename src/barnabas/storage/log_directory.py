"""A data directory: the lock that makes it ours, the logs in it, and the files that speak of all of them.

Invariant: `.kafka_cleanshutdown` exists only while nobody has the directory open and every log in it was closed in
order; it is removed before the first log is opened. Creating, deleting, checkpointing and closing take time on the disk
and belong in a thread; `logs` is replaced at each change, so that the event loop may look at it at any time.
"""

import logging
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition
from barnabas.storage.checkpoints import (
    CLEAN_SHUTDOWN_FILE,
    HIGH_WATERMARK_FILE,
    LOCK_FILE,
    LOG_START_OFFSET_FILE,
    META_PROPERTIES_FILE,
    PARTITION_METADATA_FILE,
    RECOVERY_POINT_FILE,
    CorruptCheckpoint,
    MetaProperties,
    parse_meta_properties,
    parse_offsets,
    parse_partition_metadata,
    render_clean_shutdown,
    render_meta_properties,
    render_offsets,
    render_partition_metadata,
)
from barnabas.storage.deletion import LOG_DELETE_SUFFIX, DeletionQueue
from barnabas.storage.directory_errors import DirectoryInUse, DirectoryNotWritable, DirectoryOfAnother
from barnabas.storage.filesystem import DirectoryLock, FileSystem, read_file, replace_file
from barnabas.storage.log_config import LogConfig
from barnabas.storage.partition_log import PartitionLog
from barnabas.storage.recovery import LogLoader

MAX_NAME_CHARACTERS: Final = 255
METADATA_LOG_DIRECTORY: Final = "__cluster_metadata-0"
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
        self.high_watermarks: dict[TopicPartition, int] = {}
        """What the last owner wrote with `checkpoint`."""
        self._lock = lock
        self._defaults = defaults
        self._filesystem = filesystem
        self._clock = clock
        self._deletions = DeletionQueue(filesystem)
        self._changing = threading.Lock()  # one thread at a time makes, deletes and checkpoints

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
        config_for: Callable[[TopicPartition], LogConfig] | None = None,
    ) -> "LogDirectory":
        """Lock the directory, recover every log in it, and return it.

        `config_for` gives the settings of a log that is found there; without it all begin with `defaults`. Raises
        DirectoryInUse, DirectoryNotWritable, or DirectoryOfAnother if `meta.properties` names another owner.
        """
        path = os.fspath(path)
        try:
            filesystem.make_directory(path)
            lock = filesystem.lock(os.path.join(path, LOCK_FILE))
        except BlockingIOError:
            raise DirectoryInUse(path) from None
        except OSError as error:
            raise DirectoryNotWritable(path, error) from error
        directory = cls(path, lock, defaults=defaults, filesystem=filesystem, clock=clock)
        try:
            directory.claim(node_id, cluster_id)
            directory._load(config_for or (lambda _: defaults))
        except PermissionError as error:
            directory.release()
            raise DirectoryNotWritable(path, error) from error
        except BaseException:
            directory.release()
            raise
        return directory

    def claim(self, node_id: int | None, cluster_id: str | None) -> MetaProperties:
        """Check `meta.properties` against who we are, and write down what it does not say yet."""
        path = self._path(META_PROPERTIES_FILE)
        found = MetaProperties(None, None)
        if self._has(META_PROPERTIES_FILE):
            found = parse_meta_properties(read_file(self._filesystem, path), path)
        for name, theirs, ours in (
            ("node.id" if found.version else "broker.id", found.node_id, node_id),
            ("cluster.id", found.cluster_id, cluster_id),
        ):
            if theirs is not None and ours is not None and theirs != ours:
                raise DirectoryOfAnother(self.path, name, str(theirs), str(ours))
        meta = MetaProperties(
            found.node_id if node_id is None else node_id,
            found.cluster_id if cluster_id is None else cluster_id,
            found.version,
            found.directory_id,
        )
        if meta != found:
            replace_file(self._filesystem, path, render_meta_properties(meta))
        return meta

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
            return self._open_log(topic_partition, config, is_clean=False)
        except OSError as error:
            raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{directory}: {error}") from error

    def delete_log(self, topic_partition: TopicPartition) -> None:
        """Take the log out of sight at once; its files go after `file.delete.delay.ms`, with `remove_deleted`."""
        with self._changing:
            self._delete_log(topic_partition)

    def _delete_log(self, topic_partition: TopicPartition) -> None:
        log = self.logs[topic_partition]
        self.logs = {name: kept for name, kept in self.logs.items() if name != topic_partition}
        log.retire()
        suffix = f"-{topic_partition.partition}.{uuid.uuid4().hex}{LOG_DELETE_SUFFIX}"
        target = self._path(topic_partition.topic[: MAX_NAME_CHARACTERS - len(suffix)] + suffix)
        try:
            self._filesystem.rename(log.directory, target)
        except PermissionError:
            target = log.directory  # Windows renames nothing in which a slice is still being sent
        self._deletions.add_directory(target, self._clock.now_ms() + log.config.file_delete_delay_ms)

    def remove_deleted(self) -> int:
        """Remove the files of deleted logs and segments whose time has come; returns how many."""
        return self._deletions.remove_due(self._clock.now_ms())

    def flush_due(self) -> int:
        """Flush the logs with a closed segment that is not on the device, or by `flush.ms`; returns how many."""
        now_ms = self._clock.now_ms()
        due = [log for log in self.logs.values() if log.needs_flush(now_ms)]
        for log in due:
            log.flush()
        return len(due)

    # Checkpoints

    def checkpoint(self, high_watermarks: Mapping[TopicPartition, int] | None = None) -> None:
        """Write the recovery points and log start offsets, and the high watermarks if they are given."""
        with self._changing:
            self._checkpoint(high_watermarks)

    def _checkpoint(self, high_watermarks: Mapping[TopicPartition, int] | None) -> None:
        logs = self.logs
        self._write_offsets(RECOVERY_POINT_FILE, {name: log.recovery_point for name, log in logs.items()})
        starts = {
            name: log.log_start_offset
            for name, log in logs.items()
            if log.log_start_offset > log.segment_base_offsets[0]
        }
        self._write_offsets(LOG_START_OFFSET_FILE, starts)
        if high_watermarks is not None:
            self._write_offsets(HIGH_WATERMARK_FILE, high_watermarks)

    def close(self, high_watermarks: Mapping[TopicPartition, int] | None = None, *, broker_epoch: int = -1) -> None:
        """Flush and close every log, write the checkpoints and the clean-shutdown marker, and let the directory go.

        If the disk refuses any of it, the marker is not written and the next start recovers.
        """
        try:
            for log in self.logs.values():
                log.close()
            self.checkpoint(high_watermarks)
            replace_file(self._filesystem, self._path(CLEAN_SHUTDOWN_FILE), render_clean_shutdown(broker_epoch))
            self._filesystem.sync_directory(self.path)
        finally:
            self.release()

    def release(self) -> None:
        """Let go of all files and of the lock without writing anything, as a crash would."""
        for log in self.logs.values():
            log.release()
        self._lock.release()

    def _load(self, config_for: Callable[[TopicPartition], LogConfig]) -> None:
        entries = self._filesystem.list(self.path)
        names = {entry.name for entry in entries}
        if CLEAN_SHUTDOWN_FILE in names:
            self.was_clean = True
            self._filesystem.remove(self._path(CLEAN_SHUTDOWN_FILE))
        recovery_points = self._read_offsets(RECOVERY_POINT_FILE, names)
        start_offsets = self._read_offsets(LOG_START_OFFSET_FILE, names)
        self.high_watermarks = self._read_offsets(HIGH_WATERMARK_FILE, names) or {}
        if recovery_points is None or start_offsets is None:
            self.was_clean = False  # no marker can vouch for a directory in which files have been damaged since
            recovery_points, start_offsets = {}, start_offsets or {}
        logs = {}
        for entry in entries:
            if not entry.is_directory:
                continue
            if entry.name.endswith(LOG_DELETE_SUFFIX):
                due_ms = self._clock.now_ms() + self._defaults.file_delete_delay_ms
                self._deletions.add_directory(self._path(entry.name), due_ms)
                continue
            name = parse_directory_name(entry.name)
            if name is not None:
                logs[name] = self._open_log(
                    name,
                    config_for(name),
                    is_clean=self.was_clean,
                    recovery_point=recovery_points.get(name, 0),
                    log_start_offset=start_offsets.get(name, 0),
                )
        self.logs = logs

    def _open_log(
        self,
        topic_partition: TopicPartition,
        config: LogConfig,
        *,
        is_clean: bool,
        recovery_point: int = 0,
        log_start_offset: int = 0,
    ) -> PartitionLog:
        directory = self._path(str(topic_partition))
        state = LogLoader(
            filesystem=self._filesystem,
            directory=directory,
            index_interval_bytes=config.index_interval_bytes,
            now_ms=self._clock.now_ms(),
            is_clean=is_clean,
            recovery_point=recovery_point,
            log_start_offset=log_start_offset,
        ).load()
        return PartitionLog(
            topic_partition,
            directory,
            state,
            topic_id=self._read_topic_id(directory),
            config=config,
            filesystem=self._filesystem,
            clock=self._clock,
            deletions=self._deletions,
        )

    def _read_topic_id(self, directory: str) -> uuid.UUID:
        """Without a readable file the ID is not known; the first leader that knows it writes it."""
        if all(entry.name != PARTITION_METADATA_FILE for entry in self._filesystem.list(directory)):
            return ZERO_UUID
        path = os.path.join(directory, PARTITION_METADATA_FILE)
        try:
            return parse_partition_metadata(read_file(self._filesystem, path), path)
        except CorruptCheckpoint as error:
            _logger.warning("The topic's ID is not known: %s", error)
            return ZERO_UUID

    def _read_offsets(self, name: str, names: set[str]) -> dict[TopicPartition, int] | None:
        """Offsets of a checkpoint, none if there is no file; None if it is damaged."""
        if name not in names:
            return {}
        try:
            return parse_offsets(read_file(self._filesystem, self._path(name)), self._path(name))
        except CorruptCheckpoint as error:
            _logger.warning("Going on without a damaged checkpoint: %s", error)
            return None

    def _write_offsets(self, name: str, offsets: Mapping[TopicPartition, int]) -> None:
        replace_file(self._filesystem, self._path(name), render_offsets(offsets))

    def _has(self, name: str) -> bool:
        return any(entry.name == name for entry in self._filesystem.list(self.path))

    def _path(self, name: str) -> str:
        return os.path.join(self.path, name)


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
