"""What a log is between requests: its files, what is known of them in memory, and how much of it is on the device.

`flush` may run in a thread while the event loop appends: the log's lock is never held while the device is waited for.
Reading, appending and shortening are in `partition_log`.
"""

import os
import random
import threading
import uuid
from collections.abc import Callable

from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition
from barnabas.storage.aborted_transactions import AbortedTransactions
from barnabas.storage.checkpoints import PARTITION_METADATA_FILE, render_partition_metadata
from barnabas.storage.compaction.rewriting import Rewriting
from barnabas.storage.deletion import DeletionQueue
from barnabas.storage.disk_errors import OnDisk, OnDiskError, reports_disk_errors
from barnabas.storage.filesystem import FileSystem, replace_file
from barnabas.storage.log_config import LogConfig
from barnabas.storage.producer_state import ProducerEntry
from barnabas.storage.recovery import LogState
from barnabas.storage.segments import Segments, place_of
from barnabas.storage.transaction_index import AbortedTransaction


class LogFiles(OnDisk):
    """The files of one partition's log."""

    def __init__(  # noqa: PLR0913 (what a log is made of)
        self,
        topic_partition: TopicPartition,
        directory: str,
        state: LogState,
        *,
        topic_id: uuid.UUID,
        config: LogConfig,
        filesystem: FileSystem,
        clock: Clock,
        deletions: DeletionQueue,
        on_disk_error: OnDiskError | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(topic_partition, on_disk_error)
        self.damage = state.damage
        self.topic_id = topic_id
        self.config = config
        self.directory = directory
        self.log_start_offset = state.log_start_offset
        self.log_end_offset = state.log_end_offset
        self.recovery_point = state.recovery_point
        """Everything below is on the device."""
        self._segments = Segments(
            state.segments,
            state.snapshots,
            directory=directory,
            filesystem=filesystem,
            clock=clock,
            deletions=deletions,
            config=config,
            chance=chance,
        )
        self._epochs = state.epochs
        self._producers = state.producers
        self._snapshots = state.snapshots
        self._aborted = AbortedTransactions(filesystem, directory)
        self._filesystem = filesystem
        self._clock = clock
        self._lock = threading.Lock()
        self._flush_lock = threading.Lock()
        self.rewriting = Rewriting(self._segments, self._producers, self._lock, self._flush_lock)
        """What the log cleaner does to this log goes through here."""
        self._last_flush_ms = clock.now_ms()
        self._is_cut_on_device = True

    @property
    def latest_leader_epoch(self) -> int:
        """The newest epoch that wrote here; -1 if none did."""
        return self._epochs.latest_epoch

    @property
    def size_bytes(self) -> int:
        """All segments' batches; indexes are not counted, as in Kafka."""
        return self._segments.size_bytes

    @property
    def segment_base_offsets(self) -> list[int]:
        return self._segments.base_offsets

    @property
    def first_base_offset(self) -> int:
        """Where the oldest segment begins."""
        return self._segments.all[0].base_offset

    @property
    def producers(self) -> list[ProducerEntry]:
        """The idempotent producers that are remembered."""
        return self._producers.entries()

    @property
    def first_open_offset(self) -> int | None:
        """Where the oldest transaction begins that has not ended; None if all have."""
        return self._producers.first_open_offset

    @reports_disk_errors
    def aborted_transactions(self, offset: int, below_offset: int) -> list[AbortedTransaction]:
        """Those that a reader of committed records has to know of, for what it reads from `offset` on."""
        return self._aborted.between(self._segments.all, offset, below_offset)

    @reports_disk_errors
    def assign_topic_id(self, topic_id: uuid.UUID) -> None:
        """Write down the ID of a topic that had none yet; INCONSISTENT_TOPIC_ID if the log is another topic's."""
        if self.topic_id not in (ZERO_UUID, topic_id):
            raise KafkaError(
                ErrorCode.INCONSISTENT_TOPIC_ID, f"{self.topic_partition} belongs to {self.topic_id}, not {topic_id}"
            )
        if self.topic_id != topic_id:
            path = os.path.join(self.directory, PARTITION_METADATA_FILE)
            replace_file(self._filesystem, path, render_partition_metadata(topic_id))
            self.topic_id = topic_id

    # Flushing

    @reports_disk_errors
    def flush(self, *, for_restart: bool = False) -> None:
        """Have all that is in the log now on the device; appends may go on meanwhile.

        With `for_restart` also what spares a recovery the reading of what was flushed: indexes and producers.
        """
        with self._flush_lock:
            with self._lock:
                end_offset = self.log_end_offset
                segments = self._segments.all
                active = segments[-1]
                active.repair()
                if end_offset == self.recovery_point and self._is_cut_on_device:
                    return
                if for_restart:
                    active.persist_indexes()
                    self._snapshots.write_for_restart(end_offset, self._producers.entries())
            # Before the recovery point moves: batches below it are not looked at for epochs after a crash.
            self._epochs.sync()
            # From the segment that was the last one then: if it has been finished since, its indexes are due.
            first = max(place_of(segments, self.recovery_point - 1), 0)
            for segment in segments[first:]:
                try:
                    segment.sync(with_indexes=segment is not active)
                except FileNotFoundError:
                    continue  # retention took it
            if for_restart and active.size_bytes:
                active.sync_index_files()
            self._is_cut_on_device = True
            with self._lock:
                self.recovery_point = max(self.recovery_point, min(end_offset, self.log_end_offset))
                self._last_flush_ms = self._clock.now_ms()

    def needs_flush(self, now_ms: int) -> bool:
        """Whether a closed segment, or `flush.ms`, waits for a flush."""
        if self.recovery_point >= self.log_end_offset:
            return False
        if self.recovery_point < self._segments.active.base_offset:
            return True
        return now_ms - self._last_flush_ms >= self.config.flush_ms

    @reports_disk_errors
    def close(self) -> None:
        """Flush, and leave the files so that the next start need not read the log.

        Nothing is written of a log that is as its last owner closed it.
        """
        with self._lock:
            self._segments.active.trim()
            if self.log_end_offset:
                self._segments.active.finish()
                self._snapshots.write(self.log_end_offset, self._producers.entries())
        self.flush()
        self.release()

    def release(self) -> None:
        """Let go of all files, without writing anything."""
        self._segments.release()

    def retire(self) -> None:
        """The directory is about to be deleted: appends fail from now on, slices that were handed out stay good."""
        with self._lock:
            self._is_deleted = True
            self._segments.retire()
            self.rewriting.log_was_cut()

    def fail(self, error: OSError) -> None:
        """The directory is offline: nothing here reaches the disk any more, slices that were handed out stay good."""
        self._segments.fail(error)  # without the lock: whoever holds it may be waiting for that disk
