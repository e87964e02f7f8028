"""All of a broker's data directories (`log.dirs`): where a log lies, and what goes on when a disk fails (KIP-112, 113).

Every directory has its own lock, owner, checkpoints and marker, and fails alone. A new log goes where the fewest are.
Opening, creating, deleting, checkpointing and closing belong in a thread; `logs` is a mapping that is replaced.
"""

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Final

from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition, uuid_to_text
from barnabas.storage.directory_errors import (
    DirectoryNotWritable,
    DuplicateDirectoryId,
    DuplicateLogs,
    NoUsableDirectory,
)
from barnabas.storage.directory_loading import ConfigFor, Recovery, parse_directory_name
from barnabas.storage.filesystem import FileSystem
from barnabas.storage.log_config import LogConfig
from barnabas.storage.log_directory import LogDirectory
from barnabas.storage.partition_log import PartitionLog

_RESERVED_IDS: Final = 100
"""Directory IDs below this have a meaning of their own in Kafka (KIP-858)."""
_logger = logging.getLogger(__name__)


def new_directory_id() -> str:
    """A name for a directory; like Kafka's it does not begin with a dash."""
    while True:
        directory_id = uuid.uuid4()
        text = uuid_to_text(directory_id)
        if directory_id.int >= _RESERVED_IDS and not text.startswith("-"):
            return text


class LogDirectories:
    """The open directories, and those that are offline. Make it with `open`."""

    def __init__(self, paths: Sequence[str], directories: Sequence[LogDirectory], offline: Mapping[str, str]) -> None:
        self.paths = tuple(paths)
        """All of them, as configured."""
        self.on_offline: Callable[[LogDirectory], None] | None = None
        """Called once for each directory that fails from now on, in whichever thread met the error."""
        self._opened = tuple(directories)
        self._never_opened = dict(offline)
        self._parts: tuple[dict[TopicPartition, PartitionLog], ...] = ()
        self._merged: Mapping[TopicPartition, PartitionLog] = MappingProxyType({})
        for directory in directories:
            directory.on_failure = self._failed

    @classmethod
    def open(
        cls,
        paths: Sequence[str],
        *,
        defaults: LogConfig,
        filesystem: FileSystem,
        clock: Clock,
        node_id: int | None = None,
        cluster_id: str | None = None,
        config_for: ConfigFor | None = None,
        recovery: Recovery | None = None,
    ) -> "LogDirectories":
        """Lock all directories, recover the logs in them, and return them. A disk that refuses is offline.

        Raises DirectoryError: NoUsableDirectory, DirectoryInUse, DirectoryOfAnother, UnreadableOwner, DuplicateLogs,
        DuplicateDirectoryId.
        """
        offline: dict[str, str] = {}
        taken: list[LogDirectory] = []
        try:
            for path in paths:
                try:
                    taken.append(LogDirectory.take(path, defaults=defaults, filesystem=filesystem, clock=clock))
                except DirectoryNotWritable as error:
                    offline[path] = error.reason
                    _logger.error("Log directory %s is offline: %s", path, error.reason)  # noqa: TRY400 - one line
            _claim(taken, node_id, cluster_id)
            _refuse_duplicates([directory for directory in taken if directory.failure is None], filesystem)
            _load([directory for directory in taken if directory.failure is None], config_for, recovery)
            opened = [directory for directory in taken if directory.failure is None]
            offline.update((directory.path, directory.failure) for directory in taken if directory.failure is not None)
            if not opened:
                if len(paths) == 1:
                    raise DirectoryNotWritable(paths[0], OSError(offline[paths[0]]))
                raise NoUsableDirectory(offline)
        except BaseException:
            for directory in taken:
                directory.release()
            raise
        return cls(paths, opened, offline)

    # What there is

    @property
    def directories(self) -> list[LogDirectory]:
        """Those that are online, as configured."""
        return [directory for directory in self._opened if directory.failure is None]

    @property
    def failed(self) -> list[LogDirectory]:
        """Those that were open and have failed since."""
        return [directory for directory in self._opened if directory.failure is not None]

    @property
    def offline(self) -> dict[str, str]:
        """The others, and why they are offline."""
        failed = {directory.path: directory.failure for directory in self._opened if directory.failure is not None}
        return {**self._never_opened, **failed}

    @property
    def logs(self) -> Mapping[TopicPartition, PartitionLog]:
        """The logs of all directories that are online."""
        parts = tuple(directory.logs for directory in self.directories)
        if len(parts) == 1:
            return parts[0]
        if len(parts) != len(self._parts) or any(new is not old for new, old in zip(parts, self._parts, strict=True)):
            self._merged = {name: log for part in parts for name, log in part.items()}
            self._parts = parts
        return self._merged

    @property
    def was_clean(self) -> bool:
        """Whether every directory was closed in order by its last owner, and could be opened."""
        return not self._never_opened and all(directory.was_clean for directory in self._opened)

    @property
    def high_watermarks(self) -> dict[TopicPartition, int]:
        """What the last owners wrote."""
        return {name: offset for directory in self._opened for name, offset in directory.high_watermarks.items()}

    def claim(self, node_id: int, cluster_id: str | None = None) -> str:
        """Write down whose the directories are; returns the cluster's ID, made up if none of them names one."""
        known = [directory.claim(node_id, cluster_id).cluster_id for directory in self.directories]
        agreed = next((found for found in known if found is not None), None) or uuid_to_text(uuid.uuid4())
        for directory in self.directories:
            directory.claim(node_id, agreed, new_directory_id)
        return agreed

    # Changes

    def create_log(
        self, topic_partition: TopicPartition, topic_id: uuid.UUID, config: LogConfig | None = None
    ) -> PartitionLog:
        """The partition's log; if there is none, one in the directory with the fewest.

        Raises KafkaError: INCONSISTENT_TOPIC_ID if the log is another topic's, KAFKA_STORAGE_ERROR if no disk takes it.
        """
        holder = self._holder(topic_partition)
        if holder is not None:
            return holder.create_log(topic_partition, topic_id, config)
        refusal = KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, "All log directories are offline")
        for directory in sorted(self.directories, key=lambda candidate: len(candidate.logs)):
            try:
                return directory.create_log(topic_partition, topic_id, config)
            except KafkaError as error:
                if directory.failure is None:
                    raise
                refusal = error
        raise refusal

    def delete_log(self, topic_partition: TopicPartition) -> None:
        """Take the log out of sight at once; its files go later. Nothing happens to one whose directory is offline."""
        holder = self._holder(topic_partition)
        if holder is not None:
            holder.delete_log(topic_partition)

    def set_aside(self, topic_partition: TopicPartition) -> str | None:
        """Take a log that no topic claims out of sight, and keep its files; returns where they are now."""
        holder = self._holder(topic_partition)
        return None if holder is None else holder.set_aside(topic_partition)

    def remove_deleted(self) -> int:
        """Remove the files of deleted logs and segments whose time has come; returns how many."""
        return sum(self._each(LogDirectory.remove_deleted))

    def flush_due(self) -> int:
        """Flush the logs that need it; returns how many."""
        return sum(self._each(LogDirectory.flush_due))

    def checkpoint(self) -> None:
        """Write the recovery points and log start offsets of every directory, where they have changed."""
        self._each(LogDirectory.checkpoint)

    def checkpoint_high_watermarks(self, high_watermarks: Mapping[TopicPartition, int]) -> None:
        """Write the high watermarks into every directory, those of its logs, where they have changed."""
        self._each(lambda directory: directory.checkpoint_high_watermarks(_part(high_watermarks, directory)))

    def close(self, high_watermarks: Mapping[TopicPartition, int] | None = None, *, broker_epoch: int = -1) -> None:
        """Close every directory in order; one that refuses is left without its marker."""

        def close(directory: LogDirectory) -> None:
            part = None if high_watermarks is None else _part(high_watermarks, directory)
            directory.close(part, broker_epoch=broker_epoch)

        self._each(close)

    def release(self) -> None:
        """Let go of everything without writing anything, as a crash would."""
        for directory in self._opened:
            directory.release()

    def _holder(self, topic_partition: TopicPartition) -> LogDirectory | None:
        return next((found for found in self.directories if topic_partition in found.logs), None)

    def _each(self, act: "Callable[[LogDirectory], int | None]") -> list[int]:
        """Do the same in every directory; one that goes offline over it has said so, and the others go on."""
        results = []
        for directory in self.directories:
            try:
                results.append(act(directory) or 0)
            except KafkaError:
                if directory.failure is None:
                    raise
        return results

    def _failed(self, directory: LogDirectory) -> None:
        if self.on_offline is not None:
            self.on_offline(directory)


def _claim(directories: Sequence[LogDirectory], node_id: int | None, cluster_id: str | None) -> None:
    """Check whose the directories are, and that they are of the same cluster."""
    named: dict[str, str] = {}
    for directory in directories:
        try:
            meta = directory.claim(node_id, cluster_id)
        except OSError as error:
            directory.fail(error)
            continue
        cluster_id = cluster_id or meta.cluster_id
        if meta.directory_id is not None:
            other = named.setdefault(meta.directory_id, directory.path)
            if other != directory.path:
                raise DuplicateDirectoryId(other, directory.path, meta.directory_id)
    for directory in directories:
        if directory.failure is None and cluster_id is not None:
            directory.claim(node_id, cluster_id)  # one that came before it named another


def _load(directories: Sequence[LogDirectory], config_for: ConfigFor | None, recovery: Recovery | None) -> None:
    def load(directory: LogDirectory) -> None:
        try:
            directory.load(config_for, recovery)
        except OSError as error:
            directory.fail(error)
            directory.logs = {}

    if len(directories) == 1:
        load(directories[0])
        return
    with ThreadPoolExecutor(max(1, len(directories)), thread_name_prefix="log-loading") as pool:
        list(pool.map(load, directories))


def _refuse_duplicates(directories: Sequence[LogDirectory], filesystem: FileSystem) -> None:
    """Before any of them is touched, so that whoever has to choose one finds both as they were."""
    if len(directories) == 1:
        return
    found: dict[str, str] = {}
    for directory in directories:
        try:
            entries = filesystem.list(directory.path, sizes_of=())
        except OSError as error:
            directory.fail(error)
            continue
        for entry in entries:
            if entry.is_directory and parse_directory_name(entry.name) is not None:
                other = found.setdefault(entry.name, directory.path)
                if other != directory.path:
                    raise DuplicateLogs(entry.name, other, directory.path)


def _part(high_watermarks: Mapping[TopicPartition, int], directory: LogDirectory) -> dict[TopicPartition, int]:
    return {name: high_watermarks[name] for name in directory.logs if name in high_watermarks}
