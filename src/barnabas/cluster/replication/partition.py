"""The leader's side of one partition: append, read, and wake-ups.

Invariant: `log_start_offset <= high_watermark <= log_end_offset`; consumers never see past the high watermark.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from barnabas.cluster.replication.group_commit import GroupCommit
from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition
from barnabas.foundation.watermark import Watermark
from barnabas.storage import (
    NEVER,
    AbortedTransaction,
    AppendInfo,
    AppendOrigin,
    CheckedBatch,
    LogSlice,
    PartitionLog,
    check_batch,
)

ANY_LEADER_EPOCH: Final = -1
"""A client that does not know the leader epoch sends this, and is not fenced (KIP-320)."""


@dataclass(slots=True)
class PartitionRead:
    """What a fetch may see of a partition, all offsets taken at the same moment."""

    high_watermark: int
    last_stable_offset: int
    log_start_offset: int
    records: LogSlice | None
    aborted: Sequence[AbortedTransaction] = ()
    """For a reader of committed records: what it must not see of them."""
    diverging: tuple[int, int] | None = None
    """The reader holds what this log does not: where the epoch that both know ended here (KIP-320)."""


class Listener(Protocol):
    """Who wants to know when a partition has something to tell."""

    def bytes_arrived(self, count: int) -> bool:
        """So many bytes became visible; False to hear no more of it."""

    def changed(self) -> None:
        """Something else that readers are told has moved, such as the log's start."""

    def wake(self) -> None:
        """The partition is going, or the broker is: look again now."""


class Partition:
    """A partition that this broker leads."""

    __slots__ = (
        "_clock",
        "_commits",
        "_in_sync_replicas",
        "_listeners",
        "high_watermark",
        "leader_epoch",
        "log",
        "min_insync_replicas",
        "topic_partition",
    )

    def __init__(self, log: PartitionLog, clock: Clock, *, leader_epoch: int, min_insync_replicas: int) -> None:
        self.log = log
        self.topic_partition: TopicPartition = log.topic_partition
        self.leader_epoch = leader_epoch
        self.min_insync_replicas = min_insync_replicas
        self.high_watermark = Watermark(log.log_end_offset)
        self._in_sync_replicas = 1
        self._clock = clock
        self._listeners: set[Listener] = set()
        self._commits = GroupCommit(log, self._show, self.stop)

    @property
    def last_stable_offset(self) -> int:
        """Below it every transaction has ended; readers of committed records see no further (KIP-98)."""
        high_watermark = self.high_watermark.value
        open_since = self.log.first_open_offset
        return high_watermark if open_since is None else min(open_since, high_watermark)

    def check_leader_epoch(self, current_leader_epoch: int) -> None:
        """Fence a client that believes in another leader (KIP-320).

        Raises KafkaError FENCED_LEADER_EPOCH when the client is behind, UNKNOWN_LEADER_EPOCH when we are.
        """
        if current_leader_epoch in (ANY_LEADER_EPOCH, self.leader_epoch):
            return
        if current_leader_epoch < self.leader_epoch:
            raise KafkaError(ErrorCode.FENCED_LEADER_EPOCH)
        raise KafkaError(ErrorCode.UNKNOWN_LEADER_EPOCH)

    def append(
        self,
        batches: memoryview,
        *,
        all_in_sync: bool,
        origin: AppendOrigin = AppendOrigin.CLIENT,
        checked: CheckedBatch | None = None,
        may_take_long: bool = True,
    ) -> AppendInfo:
        """Append what a producer sent; the bytes are stamped in place and written before this returns.

        `all_in_sync` is the producer's acks=-1. Raises KafkaError: NOT_ENOUGH_REPLICAS, and what the log refuses.
        Without `may_take_long`, TakesLong where the batch has to be opened first: `check` it in a thread.
        """
        if all_in_sync and self._in_sync_replicas < self.min_insync_replicas:
            raise KafkaError(
                ErrorCode.NOT_ENOUGH_REPLICAS,
                f"The size of the current ISR Set({self._in_sync_replicas}) is insufficient to satisfy the "
                f"min.isr requirement of {self.min_insync_replicas} for partition {self.topic_partition}",
            )
        info = self.log.append_as_leader(
            batches,
            leader_epoch=self.leader_epoch,
            now_ms=self._clock.now_ms(),
            origin=origin,
            checked=checked,
            may_take_long=may_take_long,
        )
        if self.log.config.flush_messages != NEVER and self._commits.takes(info.size_bytes):
            return info
        # As in `_show`, without the call: most appends end here.
        self.high_watermark.advance_to(self.log.log_end_offset)
        if self._listeners:
            self._tell_listeners(info.size_bytes)
        return info

    @property
    def flushing(self) -> asyncio.Task[None] | None:
        """The flush that acknowledgements wait for, if one is under way (`flush.messages`)."""
        return self._commits.task

    def _show(self, end_offset: int, size_bytes: int) -> None:
        """Let readers see the log up to there, which is so many bytes more than before."""
        self.high_watermark.advance_to(end_offset)
        self._tell_listeners(size_bytes)

    def _tell_listeners(self, size_bytes: int) -> None:
        for listener in tuple(self._listeners):
            if not listener.bytes_arrived(size_bytes):
                self._listeners.discard(listener)

    def check(self, batches: bytearray) -> CheckedBatch:
        """What a log does with a producer's batch before it appends it, recompression included; for a thread."""
        now_ms = self._clock.now_ms()
        return check_batch(batches, self.log.config, self.topic_partition, now_ms=now_ms, origin=AppendOrigin.CLIENT)

    def read(
        self,
        offset: int,
        max_bytes: int,
        *,
        at_least_one: bool,
        last_fetched_epoch: int = -1,
        may_wait: bool = True,
        committed_only: bool = False,
    ) -> PartitionRead:
        """Read whole batches from the one that holds `offset`, up to the high watermark.

        With `committed_only` no further than to the last stable offset, and with the aborted transactions up to there.
        With `at_least_one` the first batch comes even if it is larger than `max_bytes`. Raises KafkaError
        OFFSET_OUT_OF_RANGE, also for a `last_fetched_epoch` that is not known here. Without `may_wait`,
        NotInPageCache where the disk would have to be asked.
        """
        log = self.log
        high_watermark = self.high_watermark.value
        stable = self.last_stable_offset
        if last_fetched_epoch >= 0:
            epoch, end_offset = log.end_offset_for_epoch(last_fetched_epoch)
            if epoch < 0:
                raise KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE)
            if epoch < last_fetched_epoch or end_offset < offset:
                diverging = (epoch, end_offset)
                return PartitionRead(high_watermark, stable, log.log_start_offset, None, diverging=diverging)
        below_offset = stable if committed_only else high_watermark
        records = log.read(offset, max_bytes, below_offset=below_offset, at_least_one=at_least_one, may_wait=may_wait)
        read = PartitionRead(high_watermark, stable, log.log_start_offset, records)
        if committed_only and records is not None:
            read.aborted = log.aborted_transactions(offset, stable)
        return read

    def delete_records_before(self, offset: int) -> int:
        """Advance the log's start (-1: to the high watermark) and return it; for a thread, as files may go.

        Raises KafkaError OFFSET_OUT_OF_RANGE beyond the high watermark.
        """
        high_watermark = self.high_watermark.value
        target = high_watermark if offset == -1 else offset
        if not 0 <= target <= high_watermark:
            raise KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE)
        if target > self.log.log_start_offset:
            self.log.delete_records_before(target)
        return self.log.log_start_offset

    @property
    def has_listeners(self) -> bool:
        return bool(self._listeners)

    def add_listener(self, listener: Listener) -> None:
        self._listeners.add(listener)

    def remove_listener(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def tell_change(self) -> None:
        """The log's start has moved (in a thread, which can't say so itself); on the event loop."""
        for listener in tuple(self._listeners):
            listener.changed()

    def stop(self, error: KafkaError) -> None:
        """No longer led here: let everyone who waits look again, and fail who waits for an acknowledgement."""
        self.high_watermark.fail(error)
        self.wake_all()

    def wake_all(self) -> None:
        """End every long poll of this partition early."""
        for listener in tuple(self._listeners):
            listener.wake()
