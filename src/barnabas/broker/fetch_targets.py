"""What one reader reads: its partitions, which of them must be looked at, and the long poll that waits for them.

A reader of five thousand partitions, of which one is written to, should cost what a reader of that one costs. So a
partition with nothing to tell falls asleep: it is not looked at again until its log tells it of an append or of any
other change. Invariant: every target is due, or it listens to its partition.
"""

import asyncio
import itertools
import uuid
from collections.abc import Iterable
from operator import attrgetter
from typing import Final, NamedTuple

from barnabas.cluster.replication import Partition
from barnabas.protocol.messages.fetch import FetchPartition

_PLACE: Final = attrgetter("place")


class TopicKey(NamedTuple):
    """How the client names the topic: by name up to version 12, by ID since."""

    name: str
    topic_id: uuid.UUID


class FetchWait:
    """A long poll: fires when enough bytes have arrived in any of its partitions."""

    __slots__ = ("_bytes_missing", "_future")

    def __init__(self, bytes_missing: int) -> None:
        self._bytes_missing = bytes_missing
        self._future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def bytes_arrived(self, count: int) -> None:
        self._bytes_missing -= count
        if self._bytes_missing <= 0:
            self.wake()

    def wake(self) -> None:
        """End the wait whatever has arrived: the partition moved, or the broker is going down."""
        if not self._future.done():
            self._future.set_result(None)

    async def wait_until(self, deadline_s: float) -> None:
        """Until enough has arrived, or the loop's clock shows this."""
        timer = asyncio.get_running_loop().call_at(deadline_s, self.wake)
        try:
            await self._future
        finally:
            timer.cancel()


class FetchTarget:
    """One partition to read, and what its client was last told about it."""

    __slots__ = (
        "_listens_to",
        "_watch",
        "current_leader_epoch",
        "fetch_offset",
        "last_fetched_epoch",
        "max_bytes",
        "partition",
        "place",
        "told_high_watermark",
        "told_log_start_offset",
        "topic",
    )

    def __init__(self, watch: "FetchWatch", topic: TopicKey, wanted: FetchPartition) -> None:
        self.topic = topic
        self.partition = wanted.partition
        self.told_high_watermark = -1
        self.told_log_start_offset = -1
        self.place = watch.next_place()
        self._watch = watch
        self._listens_to: Partition | None = None
        self.update(wanted)

    def update(self, wanted: FetchPartition) -> None:
        self.fetch_offset = wanted.fetch_offset
        self.max_bytes = wanted.partition_max_bytes
        self.current_leader_epoch = wanted.current_leader_epoch
        self.last_fetched_epoch = wanted.last_fetched_epoch
        self._watch.due[self] = None

    def sleep(self, partition: Partition) -> None:
        """Not to be looked at again until the partition has something to tell."""
        self.listen(partition)
        del self._watch.due[self]

    def listen(self, partition: Partition) -> None:
        if self._listens_to is not partition:
            self.stop_listening()
            self._listens_to = partition
            partition.add_listener(self)

    def stop_listening(self) -> None:
        if self._listens_to is not None:
            self._listens_to.remove_listener(self)
            self._listens_to = None

    # What the partition calls.

    def bytes_arrived(self, count: int) -> bool:
        """Whether the next append is of interest too: only a long poll counts bytes, the rest is known to be due."""
        watch = self._watch
        watch.due[self] = None
        watch.has_arrivals = True
        if watch.waits:
            for wait in watch.waits:
                wait.bytes_arrived(count)
            return True
        self._listens_to = None
        return False

    def changed(self) -> None:
        self._watch.due[self] = None

    def wake(self) -> None:
        watch = self._watch
        watch.due[self] = None
        watch.has_arrivals = True
        for wait in watch.waits:
            wait.wake()


class FetchWatch:
    """The partitions of one reader that are due, and its long polls."""

    __slots__ = ("_places", "due", "has_arrivals", "waits")

    def __init__(self) -> None:
        self._places = itertools.count()
        self.due: dict[FetchTarget, None] = {}
        self.has_arrivals = False
        """Whether there was an append since the last look; one that comes before the long poll runs must end it too."""
        self.waits: list[FetchWait] = []

    def next_place(self) -> int:
        return next(self._places)

    def in_order(self) -> list[FetchTarget]:
        """What is due, as it is to be read: in the order of the client's list, but for `move_last`."""
        return sorted(self.due, key=_PLACE)

    def move_last(self, target: FetchTarget) -> None:
        """Who got records goes to the end of the queue, so that nobody starves behind a busy partition."""
        target.place = self.next_place()


def targets_of(
    watch: FetchWatch, wanted: Iterable[tuple[TopicKey, FetchPartition]]
) -> dict[tuple[TopicKey, int], FetchTarget]:
    """Targets for what a request names."""
    return {(topic, partition.partition): FetchTarget(watch, topic, partition) for topic, partition in wanted}
