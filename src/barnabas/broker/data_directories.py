"""The broker's side of `log.dirs`: opening them, looking after them, and what happens when one fails.

The coordination tree lies in `metadata.log.dir`, which by default is the first of `log.dirs`, as Kafka keeps its
metadata log there. Without that directory a broker does not start; when it fails later, what is served from other
directories goes on, and only changes of the cluster's state are refused.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from barnabas.broker.housekeeping import Chore
from barnabas.broker.settings import replica_settings
from barnabas.cluster.controller import Controller
from barnabas.cluster.replication import Replicas
from barnabas.foundation.clock import Clock
from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.identifiers import TopicPartition
from barnabas.storage import DirectoryError, LogDirectories, LogDirectory, Progress, Recovery, SystemFileSystem

TREE_FILE: Final = "coordination.sqlite"
NEVER_MS: Final = 2**63 - 1


def tree_directory(settings: BrokerSettings) -> str:
    """Where the coordination tree lies."""
    return _absolute(settings.metadata_log_dir or settings.log_directories[0])


def _absolute(path: str) -> str:
    return str(Path(path).absolute())


def open_log_directories(settings: BrokerSettings, clock: Clock, progress: Progress | None = None) -> LogDirectories:
    """Lock the data directories and recover their logs; for a thread. Raises DirectoryError."""
    return LogDirectories.open(
        tuple(map(_absolute, settings.log_directories)),
        defaults=replica_settings({}, settings).log_config,
        filesystem=SystemFileSystem(),
        clock=clock,
        node_id=settings.node_id,
        recovery=Recovery(settings.num_recovery_threads_per_data_dir, progress),
    )


def require_tree_directory(settings: BrokerSettings, logs: LogDirectories) -> None:
    """Raises DirectoryError if the coordination tree can't be where it belongs; makes its directory."""
    path = tree_directory(settings)
    reason = logs.offline.get(path)
    if reason is None and path not in logs.paths:
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
    if reason is not None:
        raise DirectoryError(
            f"{path} is offline ({reason}), and the cluster's state lies there "
            "(metadata.log.dir, or else the first of log.dirs)"
        )


def log_chores(settings: BrokerSettings, logs: LogDirectories, replicas: Replicas) -> tuple[Chore, ...]:
    """What has to be done for the logs from time to time, at Kafka's intervals."""

    def checkpoint() -> None:
        logs.flush_due()
        logs.checkpoint()
        logs.remove_deleted()

    def flush() -> None:
        logs.flush_due()

    def retain() -> None:
        replicas.delete_old_segments()
        replicas.expire_producers()

    def checkpoint_high_watermarks() -> None:
        logs.checkpoint_high_watermarks(replicas.high_watermarks())

    first_ms = settings.log_initial_task_delay_ms
    chores = (
        Chore("checkpoint", settings.log_flush_offset_checkpoint_interval_ms, checkpoint, first_ms),
        Chore("log start offsets", settings.log_flush_start_offset_checkpoint_interval_ms, logs.checkpoint),
        Chore("high watermarks", settings.replica_high_watermark_checkpoint_interval_ms, checkpoint_high_watermarks),
        Chore("retention", settings.log_retention_check_interval_ms, retain, first_ms, then=replicas.tell_moved_starts),
    )
    if settings.log_flush_scheduler_interval_ms == NEVER_MS:
        return chores
    return (*chores, Chore("flush", settings.log_flush_scheduler_interval_ms, flush, first_ms))


class DiskWatch:
    """Hears of directories that fail, in whichever thread, and sees to it on the event loop."""

    def __init__(
        self,
        node_id: int,
        logs: LogDirectories,
        replicas: Replicas,
        controller: Controller,
        on_all_failed: Callable[[str], None],
    ) -> None:
        self._node_id = node_id
        self._logs = logs
        self._replicas = replicas
        self._controller = controller
        self._on_all_failed = on_all_failed
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take what is offline already out of service, before anybody can ask for it, and listen from now on."""
        self._logs.on_offline = self._heard
        lost = self._replicas.offline
        for directory in self._logs.failed:
            lost |= frozenset(self._replicas.take_offline(directory.logs))
        if lost:
            await self._controller.take_offline(self._node_id, lost)

    async def stop(self) -> None:
        """Listen no more; what is being told to the controller is told."""
        self._logs.on_offline = None
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _heard(self, directory: LogDirectory) -> None:
        self._loop.call_soon_threadsafe(self._failed, directory)

    def _failed(self, directory: LogDirectory) -> None:
        lost = self._replicas.take_offline(directory.logs)
        if not self._logs.directories:
            self._on_all_failed(f"Shutdown broker because all log dirs in {', '.join(self._logs.paths)} have failed")
        elif lost:
            self._tell_controller(frozenset(lost))

    def _tell_controller(self, lost: frozenset[TopicPartition]) -> None:
        task = self._loop.create_task(self._controller.take_offline(self._node_id, lost), name="lost partitions")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
