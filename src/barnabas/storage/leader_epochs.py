"""`leader-epoch-checkpoint`: at which offset each leader began to write (KIP-101).

Text: a line `0` (version), a line with the number of entries, then `epoch offset` per line. Epochs and offsets both
only grow from line to line. A follower that comes back asks for the end of its last epoch and cuts what its leader
never had.
"""

from bisect import bisect_right
from operator import attrgetter
from typing import Final, NamedTuple

from barnabas.storage.checkpoints import CorruptCheckpoint, parse_checkpoint, render_checkpoint
from barnabas.storage.filesystem import FileSystem, read_file, replace_file

LEADER_EPOCH_FILE: Final = "leader-epoch-checkpoint"
UNDEFINED_EPOCH: Final = -1
UNDEFINED_OFFSET: Final = -1
_EPOCH = attrgetter("leader_epoch")
_START = attrgetter("start_offset")


class EpochEntry(NamedTuple):
    """A leader epoch and the first offset that was written in it."""

    leader_epoch: int
    start_offset: int


class LeaderEpochs:
    """The epochs of one log, kept in memory and rewritten whole at each change."""

    __slots__ = ("_entries", "_filesystem", "_is_synced", "_path", "latest_epoch", "written_epoch")

    def __init__(self, filesystem: FileSystem, path: str) -> None:
        self._filesystem = filesystem
        self._path = path
        self._entries: tuple[EpochEntry, ...] = ()
        self._is_synced = True
        self.latest_epoch = UNDEFINED_EPOCH
        self.written_epoch = UNDEFINED_EPOCH
        """The newest epoch that the file knows."""

    @property
    def entries(self) -> tuple[EpochEntry, ...]:
        return self._entries

    def load(self) -> None:
        """Read the file; CorruptCheckpoint if it is no list of growing epochs."""
        entries: list[EpochEntry] = []
        for line in parse_checkpoint(read_file(self._filesystem, self._path), self._path):
            try:
                epoch, offset = line.split()
                entry = EpochEntry(int(epoch), int(offset))
            except ValueError:
                raise CorruptCheckpoint(f"{self._path}: {line!r} is not `epoch offset`") from None
            if entries and (entry.leader_epoch <= entries[-1].leader_epoch or entry.start_offset < entries[-1][1]):
                raise CorruptCheckpoint(f"{self._path}: epoch {entry.leader_epoch} is out of order")
            entries.append(entry)
        self._set(entries)
        self.written_epoch = self.latest_epoch

    def assign(self, leader_epoch: int, start_offset: int) -> None:
        """Note that `leader_epoch` begins at `start_offset`; epochs that are not newer change nothing.

        Earlier epochs that would begin there too wrote nothing and are dropped.
        """
        self.announce(leader_epoch, start_offset)
        if self.written_epoch != self.latest_epoch:
            self.write()

    def announce(self, leader_epoch: int, start_offset: int) -> None:
        """The same for a leader that has written nothing yet: the file learns of it with its first batch.

        A crash before that loses nothing, for the next leader begins at the same offset with a newer epoch; and a
        broker that starts with thousands of partitions need not rewrite a file in each of them.
        """
        if leader_epoch > self.latest_epoch:
            kept = [entry for entry in self._entries if entry.start_offset < start_offset]
            self._set([*kept, EpochEntry(leader_epoch, start_offset)])

    def end_offset(self, leader_epoch: int, log_end_offset: int) -> tuple[int, int]:
        """Kafka's OffsetForLeaderEpoch: the greatest known epoch up to this one, and where it ended.

        (-1, -1) for an epoch that is newer than all known ones, or when none is known.
        """
        if leader_epoch < 0 or leader_epoch > self.latest_epoch:
            return UNDEFINED_EPOCH, UNDEFINED_OFFSET
        if leader_epoch == self.latest_epoch:
            return leader_epoch, log_end_offset
        place = bisect_right(self._entries, leader_epoch, key=_EPOCH)
        end_offset = self._entries[place].start_offset
        return (self._entries[place - 1].leader_epoch if place else leader_epoch), end_offset

    def epoch_for_offset(self, offset: int) -> int:
        """The epoch in which `offset` was written; -1 if that is not known."""
        place = bisect_right(self._entries, offset, key=_START)
        return self._entries[place - 1].leader_epoch if place else UNDEFINED_EPOCH

    def truncate_from_end(self, end_offset: int) -> None:
        """Forget epochs that begin at or past the new end of the log."""
        kept = [entry for entry in self._entries if entry.start_offset < end_offset]
        if len(kept) < len(self._entries):
            self._set(kept)
            self.write()

    def truncate_from_start(self, start_offset: int) -> None:
        """Forget epochs that ended before the new start of the log; the one that spans it begins there now."""
        place = bisect_right(self._entries, start_offset, key=_START) - 1
        if place < 0 or (place == 0 and self._entries[0].start_offset == start_offset):
            return
        first = EpochEntry(self._entries[place].leader_epoch, start_offset)
        self._set([first, *self._entries[place + 1 :]])
        self.write()

    def write(self) -> None:
        """Rewrite the file; `sync` makes it outlive a power failure."""
        lines = [f"{entry.leader_epoch} {entry.start_offset}" for entry in self._entries]
        replace_file(self._filesystem, self._path, render_checkpoint(lines), durable=False)
        self._is_synced = False
        self.written_epoch = self.latest_epoch

    def sync(self) -> None:
        """Have the file on the device; the epochs may change meanwhile."""
        if not self._is_synced:
            self._is_synced = True  # before looking at the file: a change from here on is for the next time
            try:
                self._filesystem.open(self._path).sync()
            except OSError:
                self._is_synced = False
                raise

    def clear(self) -> None:
        """Forget all epochs, to be assigned anew."""
        self._set([])
        self.written_epoch = UNDEFINED_EPOCH

    def _set(self, entries: list[EpochEntry]) -> None:
        self._entries = tuple(entries)
        self.latest_epoch = entries[-1].leader_epoch if entries else UNDEFINED_EPOCH
