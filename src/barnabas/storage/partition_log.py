"""One partition's log: appended at its end, read anywhere, shortened at either side.

Invariant: offsets only grow; `log_start_offset <= log_end_offset`; every batch below `log_end_offset` is whole in its
segment's file. A batch is stored as it was sent, with base offset, leader epoch and (for LogAppendTime) timestamp set.

Threads: `append_as_leader` and `read` run on the event loop. `flush`, `truncate_to`, `delete_records_before`,
`delete_old_segments` and `close` may run in a thread meanwhile: what changes the log does so under one lock, which is
never held while the device is waited for, and readers look at a tuple of segments that is replaced, never changed.
"""

import os
import threading
import uuid
from typing import Final

from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition
from barnabas.protocol.records import TimestampType, stamp_batch
from barnabas.storage import timestamps
from barnabas.storage.checkpoints import PARTITION_METADATA_FILE, render_partition_metadata
from barnabas.storage.deletion import DeletionQueue
from barnabas.storage.filesystem import FileSystem, replace_file
from barnabas.storage.log_config import NEVER, LogConfig
from barnabas.storage.log_slice import LogSlice
from barnabas.storage.page_cache import NotInPageCache
from barnabas.storage.producer_state import ProducerEntry
from barnabas.storage.recovery import LogState, load_producers
from barnabas.storage.retention import deletable_segments
from barnabas.storage.segment import Segment
from barnabas.storage.segments import Segments, place_of
from barnabas.storage.timestamps import FoundOffset
from barnabas.storage.validation import AppendInfo, AppendOrigin, CheckedBatch, check_batch

NO_TIMESTAMP: Final = -1
FRESH_BYTES: Final = 64 * 1024 * 1024
"""What was appended last is taken to be in the page cache still."""


class PartitionLog:
    """The log of one partition on one disk."""

    def __init__(
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
    ) -> None:
        self.topic_partition = topic_partition
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
        )
        self._epochs = state.epochs
        self._producers = state.producers
        self._snapshots = state.snapshots
        self._filesystem = filesystem
        self._clock = clock
        self._lock = threading.Lock()
        self._flush_lock = threading.Lock()
        self._last_flush_ms = clock.now_ms()

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
    def producers(self) -> list[ProducerEntry]:
        """The idempotent producers that are remembered."""
        return self._producers.entries()

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

    # Appending

    def append_as_leader(
        self,
        batches: bytearray | memoryview,
        *,
        leader_epoch: int,
        now_ms: int,
        origin: AppendOrigin = AppendOrigin.CLIENT,
        checked: CheckedBatch | None = None,
        may_take_long: bool = True,
    ) -> AppendInfo:
        """Check the one batch in `batches`, give it its offsets in place, and write it.

        `checked` is what `check_batch` made of it in a thread, after TakesLong was raised for want of `may_take_long`.
        Raises KafkaError with the code that answers the producer; KAFKA_STORAGE_ERROR if the disk refuses. Unless it
        was the flush of `flush.messages` that failed, the log is then as it was.
        """
        config = self.config
        if checked is None:
            name = self.topic_partition
            checked = check_batch(batches, config, name, now_ms=now_ms, origin=origin, may_take_long=may_take_long)
        header, batches = checked
        has_producer = header.producer_id >= 0
        with self._lock:
            if has_producer:
                repeated = self._producers.check(header)
                if repeated is not None:
                    return AppendInfo(repeated.first_offset, repeated.last_offset, repeated.timestamp_ms, True)
            base_offset = self.log_end_offset
            last_offset = base_offset + header.last_offset_delta
            if config.message_timestamp_type is TimestampType.LOG_APPEND:
                max_timestamp_ms = log_append_time_ms = now_ms
                stamp_batch(batches, 0, base_offset=base_offset, leader_epoch=leader_epoch, log_append_time_ms=now_ms)
            else:
                max_timestamp_ms, log_append_time_ms = header.max_timestamp, NO_TIMESTAMP
                stamp_batch(batches, 0, base_offset=base_offset, leader_epoch=leader_epoch)
            try:
                segment = self._segments.active
                if segment.needs_roll(config, len(batches), last_offset, max_timestamp_ms, now_ms):
                    segment = self._roll(now_ms)
                if leader_epoch != self._epochs.latest_epoch:
                    self._epochs.assign(leader_epoch, base_offset)
                segment.append(batches, base_offset, last_offset, max_timestamp_ms, now_ms=now_ms)
            except OSError as error:
                raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.topic_partition}: {error}") from error
            self.log_end_offset = last_offset + 1
            if has_producer:
                self._producers.note(header, base_offset, max_timestamp_ms)
        if config.flush_messages != NEVER and self.log_end_offset - self.recovery_point >= config.flush_messages:
            try:
                self.flush()
            except OSError as error:
                raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.topic_partition}: {error}") from error
        return AppendInfo(base_offset, last_offset, log_append_time_ms, False, len(batches))

    def assign_leader_epoch(self, leader_epoch: int) -> None:
        """Note that a new leader begins at the log's end, before it has written anything."""
        with self._lock:
            self._epochs.assign(leader_epoch, self.log_end_offset)

    def expire_producers(self, now_ms: int) -> int:
        """Forget producers that were silent for `producer.id.expiration.ms`; returns how many."""
        with self._lock:
            return self._producers.expire(now_ms, self.config.producer_id_expiration_ms)

    def _roll(self, now_ms: int) -> Segment:
        """Begin a new segment at the log's end."""
        self._segments.active.finish()
        self._snapshots.write(self.log_end_offset, self._producers.entries())
        return self._segments.add(self.log_end_offset, self.config, now_ms)

    # Reading

    def read(
        self,
        offset: int,
        max_bytes: int,
        *,
        below_offset: int,
        at_least_one: bool = True,
        may_wait: bool = True,
    ) -> LogSlice | None:
        """Whole batches from the one that holds `offset`, all of them below `below_offset`.

        None if there is nothing yet, or the first batch is too big and `at_least_one` is off. Raises KafkaError with
        OFFSET_OUT_OF_RANGE below the log's start or beyond its end. Without `may_wait`, NotInPageCache where the
        disk would have to be asked: the caller lets a thread load it and comes back.
        """
        segments = self._segments.all
        active = segments[-1]
        end_bytes = active.size_bytes  # before the end offset, so that it never covers more than that one says
        log_end_offset = self.log_end_offset
        if not self.log_start_offset <= offset <= log_end_offset:
            raise self._out_of_range(offset)
        if offset >= below_offset or offset == log_end_offset:
            return None
        below = None if below_offset >= log_end_offset else below_offset
        place = len(segments) - 1
        if offset < active.base_offset:
            place = max(place_of(segments, offset), 0)
        try:
            while place < len(segments):
                segment = segments[place]
                end, cached_from = segment.size_bytes, 0
                if segment is active:
                    end = end_bytes
                    if not may_wait:
                        cached_from = end_bytes - FRESH_BYTES
                else:
                    if not may_wait:
                        cached_from = end
                        if not segment.has_indexes:
                            raise NotInPageCache(segment.ensure_indexes)
                    self._segments.keep_warm(segment)
                position = segment.position_of(offset, cached_from=cached_from)
                if position is not None:
                    return segment.slice(
                        position,
                        max_bytes,
                        end_bytes=end,
                        below_offset=below,
                        at_least_one=at_least_one,
                        cached_from=cached_from,
                    )
                place += 1
        except FileNotFoundError:
            # Retention or a truncation has just taken the segment; it took it out of `_segments` before.
            return self.read(offset, max_bytes, below_offset=below_offset, at_least_one=at_least_one, may_wait=may_wait)
        return None

    def _out_of_range(self, offset: int) -> KafkaError:
        return KafkaError(
            ErrorCode.OFFSET_OUT_OF_RANGE,
            f"{self.topic_partition}: offset {offset} is not within {self.log_start_offset} to {self.log_end_offset}",
        )

    def offset_for_timestamp(self, timestamp_ms: int) -> FoundOffset | None:
        """The first record with this timestamp or a later one."""
        while True:
            try:
                return timestamps.first_at_or_after(
                    self._segments.all, timestamp_ms, self.log_start_offset, self._epochs
                )
            except FileNotFoundError:
                continue  # a segment was just dropped, and is in `_segments` no more

    def latest_timestamp(self) -> FoundOffset | None:
        """The first record that has the greatest timestamp of all."""
        while True:
            try:
                return timestamps.with_greatest(self._segments.all, self._epochs)
            except FileNotFoundError:
                continue  # as above

    def end_offset_for_epoch(self, leader_epoch: int) -> tuple[int, int]:
        """The greatest epoch up to this one and where it ended; (-1, -1) if that is not known."""
        return self._epochs.end_offset(leader_epoch, self.log_end_offset)

    def epoch_for_offset(self, offset: int) -> int:
        """The leader epoch in which `offset` was written; -1 if that is not known."""
        return self._epochs.epoch_for_offset(offset)

    # Flushing

    def flush(self) -> None:
        """Have all that is in the log now on the device; appends may go on meanwhile."""
        with self._flush_lock:
            with self._lock:
                end_offset = self.log_end_offset
                segments = self._segments.all
                segments[-1].repair()
            if end_offset == 0:
                return  # never written to: nothing can be lost, and a broker has many such logs to close
            # Before the recovery point moves: batches below it are not looked at for epochs after a crash.
            self._epochs.sync()
            # From the segment that was the last one then: if it has been finished since, its indexes are due.
            first = max(place_of(segments, self.recovery_point - 1), 0)
            for segment in segments[first:]:
                try:
                    segment.sync(with_indexes=segment is not segments[-1])
                except FileNotFoundError:
                    continue  # retention took it
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

    def close(self) -> None:
        """Flush, and leave the files so that the next start need not read the log."""
        with self._lock:
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
            self._segments.retire()

    # Shortening

    def delete_records_before(self, offset: int) -> int:
        """Move the log's start up to `offset`, and drop the segments that end before it; returns the start.

        OFFSET_OUT_OF_RANGE beyond the log's end; an offset below the start changes nothing.
        """
        with self._lock:
            if offset > self.log_end_offset:
                raise self._out_of_range(offset)
            if offset > self.log_start_offset:
                self._advance_start(offset)
                self._drop_from_front(self._segments.count_below(offset))
            return self.log_start_offset

    def delete_old_segments(self, now_ms: int, *, high_watermark: int | None = None) -> int:
        """Drop segments by `retention.ms`, `retention.bytes` and the log's start; returns how many.

        Segments that reach past the high watermark stay. When all are too old, an empty one takes their place.
        """
        with self._lock:
            limit = self.log_end_offset if high_watermark is None else min(high_watermark, self.log_end_offset)
            count = max(
                self._segments.count_below(self.log_start_offset),
                deletable_segments(self._segments.all, self.config, now_ms, self.log_end_offset, limit),
            )
            if not count:
                return 0
            if count == len(self._segments.all):
                self._roll(now_ms)
            self._drop_from_front(count)
            return count

    def _advance_start(self, offset: int) -> None:
        self.log_start_offset = offset
        self._epochs.truncate_from_start(offset)

    def _drop_from_front(self, count: int) -> None:
        if count:
            self._segments.drop_front(count, self.config)
            if self._segments.all[0].base_offset > self.log_start_offset:
                self._advance_start(self._segments.all[0].base_offset)

    def truncate_to(self, offset: int) -> None:
        """Drop every batch that reaches `offset` or beyond; the log then ends at `offset`.

        Below the first segment the log begins anew at `offset`.
        """
        with self._flush_lock, self._lock:
            if offset >= self.log_end_offset:
                return
            count = place_of(self._segments.all, offset) + 1
            if not count:
                self._segments.restart_at(offset, self.config)
            else:
                self._segments.drop_back(count, self.config)
                self._segments.active.truncate(offset)
            self.log_end_offset = offset
            self.log_start_offset = min(self.log_start_offset, offset)
            self.recovery_point = min(self.recovery_point, offset)
            self._epochs.truncate_from_end(offset)
            load_producers(self._segments.all, self._snapshots, self._producers, offset)
