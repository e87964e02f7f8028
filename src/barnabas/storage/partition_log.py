"""One partition's log: appended at its end, read anywhere, shortened at either side.

Invariant: offsets only grow; `log_start_offset <= log_end_offset`; every batch below `log_end_offset` is whole in its
segment's file. A batch is stored as it was sent, with base offset, leader epoch and (for LogAppendTime) timestamp set.

Threads: `append_as_leader` and `read` run on the event loop. `flush`, `truncate_to`, `delete_records_before`,
`delete_old_segments` and `close` may run in a thread meanwhile: what changes the log does so under one lock, which is
never held while the device is waited for, and readers look at a tuple of segments that is replaced, never changed.
"""

from collections.abc import Callable
from typing import Final

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import InvalidBatch, TimestampType, stamp_batch
from barnabas.storage import timestamps
from barnabas.storage.disk_errors import DamagedSegment, reports_disk_errors
from barnabas.storage.log_files import LogFiles
from barnabas.storage.log_slice import LogSlice
from barnabas.storage.page_cache import NotInPageCache
from barnabas.storage.recovery import load_producers
from barnabas.storage.retention import deletable_segments
from barnabas.storage.segment import LOG_SUFFIX, Segment, file_name
from barnabas.storage.segments import place_of
from barnabas.storage.timestamps import FoundOffset
from barnabas.storage.validation import AppendInfo, AppendOrigin, CheckedBatch, check_batch

NO_TIMESTAMP: Final = -1
FRESH_BYTES: Final = 64 * 1024 * 1024
"""What was appended last is taken to be in the page cache still."""


class PartitionLog(LogFiles):
    """The log of one partition on one disk."""

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
        Raises KafkaError with the code that answers the producer; KAFKA_STORAGE_ERROR if the disk refuses. The log is
        then as it was. `flush.messages` is the caller's to see to, off the event loop.
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
                if leader_epoch != self._epochs.written_epoch:
                    self._epochs.assign(leader_epoch, base_offset)
                segment.append(batches, base_offset, last_offset, max_timestamp_ms, now_ms=now_ms)
            except OSError as error:
                raise self.storage_error(error) from error
            self.log_end_offset = last_offset + 1
            if has_producer:
                self._producers.note(header, base_offset, max_timestamp_ms)
        return AppendInfo(base_offset, last_offset, log_append_time_ms, False, len(batches))

    @reports_disk_errors
    def assign_leader_epoch(self, leader_epoch: int) -> None:
        """Note that a new leader begins at the log's end, before it has written anything."""
        with self._lock:
            self._epochs.announce(leader_epoch, self.log_end_offset)

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
        except FileNotFoundError as error:
            # Retention or a truncation has just taken the segment; it took it out of `_segments` before.
            if not self._has_replaced(segments):
                raise self.storage_error(error) from error
            return self.read(offset, max_bytes, below_offset=below_offset, at_least_one=at_least_one, may_wait=may_wait)
        except InvalidBatch as error:
            raise self.damaged(file_name(segment.base_offset, LOG_SUFFIX), offset, error) from error
        except OSError as error:
            raise self.storage_error(error) from error
        return None

    def _out_of_range(self, offset: int) -> KafkaError:
        return KafkaError(
            ErrorCode.OFFSET_OUT_OF_RANGE,
            f"{self.topic_partition}: offset {offset} is not within {self.log_start_offset} to {self.log_end_offset}",
        )

    def offset_for_timestamp(self, timestamp_ms: int) -> FoundOffset | None:
        """The first record with this timestamp or a later one."""
        return self._search(
            lambda segments: timestamps.first_at_or_after(segments, timestamp_ms, self.log_start_offset, self._epochs)
        )

    def latest_timestamp(self) -> FoundOffset | None:
        """The first record that has the greatest timestamp of all."""
        return self._search(lambda segments: timestamps.with_greatest(segments, self._epochs))

    @reports_disk_errors
    def _search(self, look: Callable[[tuple[Segment, ...]], FoundOffset | None]) -> FoundOffset | None:
        while True:
            segments = self._segments.all
            try:
                return look(segments)
            except DamagedSegment as error:
                raise self.damaged(error.segment_file, -1, error) from error
            except FileNotFoundError:
                if not self._has_replaced(segments):
                    raise

    def _has_replaced(self, segments: tuple[Segment, ...]) -> bool:
        """Whether other segments have taken the place of some of these; waits for whoever is about to do that."""
        with self._lock:
            return self._segments.all is not segments

    def end_offset_for_epoch(self, leader_epoch: int) -> tuple[int, int]:
        """The greatest epoch up to this one and where it ended; (-1, -1) if that is not known."""
        return self._epochs.end_offset(leader_epoch, self.log_end_offset)

    def epoch_for_offset(self, offset: int) -> int:
        """The leader epoch in which `offset` was written; -1 if that is not known."""
        return self._epochs.epoch_for_offset(offset)

    # Shortening

    @reports_disk_errors
    def delete_records_before(self, offset: int) -> int:
        """Move the log's start up to `offset`, and drop the segments that end before it; returns the start.

        While the log is compacted they stay; retention drops them when it is done.
        OFFSET_OUT_OF_RANGE beyond the log's end; an offset below the start changes nothing.
        """
        with self._lock:
            if offset > self.log_end_offset:
                raise self._out_of_range(offset)
            if offset > self.log_start_offset:
                self._advance_start(offset)
                self._drop_from_front(self._segments.count_below(offset))
            return self.log_start_offset

    @reports_disk_errors
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
            if not count or self.rewriting.is_running:
                return 0
            if count == len(self._segments.all):
                self._roll(now_ms)
            self._drop_from_front(count)
            return count

    def _advance_start(self, offset: int) -> None:
        self.log_start_offset = offset
        self._epochs.truncate_from_start(offset)

    def _drop_from_front(self, count: int) -> None:
        if count and not self.rewriting.is_running:
            self._segments.drop_front(count, self.config)
            if self._segments.all[0].base_offset > self.log_start_offset:
                self._advance_start(self._segments.all[0].base_offset)

    @reports_disk_errors
    def truncate_to(self, offset: int) -> None:
        """Drop every batch that reaches `offset` or beyond; the log then ends at `offset`.

        Below the first segment the log begins anew at `offset`. The recovery point may have gone back: write the
        directory's checkpoint before anything is appended.
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
            self._is_cut_on_device = False
            self.rewriting.log_was_cut(offset)
            self._epochs.truncate_from_end(offset)
            found = load_producers(self._segments.all, self._snapshots, self._producers, offset)
            self._aborted.settle(self._segments.all, found=found, log_end_offset=offset)
