"""Epochs by offset and ends by epoch (KIP-101)."""

from barnabas.storage.filesystem import read_file
from barnabas.storage.leader_epochs import EpochEntry, LeaderEpochs
from barnabas.testing.memory_filesystem import MemoryFileSystem


def epochs_of(*entries: tuple[int, int]) -> tuple[LeaderEpochs, MemoryFileSystem]:
    filesystem = MemoryFileSystem()
    filesystem.make_directory("/log")
    epochs = LeaderEpochs(filesystem, "/log/leader-epoch-checkpoint")
    for leader_epoch, start_offset in entries:
        epochs.assign(leader_epoch, start_offset)
    return epochs, filesystem


def test_nothing_is_known_without_entries() -> None:
    epochs, _ = epochs_of()
    assert epochs.latest_epoch == -1
    assert epochs.end_offset(0, 10) == (-1, -1)
    assert epochs.epoch_for_offset(0) == -1


def test_an_epoch_ends_where_the_next_one_begins() -> None:
    epochs, _ = epochs_of((2, 0), (5, 10), (6, 30))
    assert epochs.end_offset(-1, 40) == (-1, -1)
    assert epochs.end_offset(1, 40) == (1, 0)
    assert epochs.end_offset(2, 40) == (2, 10)
    assert epochs.end_offset(4, 40) == (2, 10)
    assert epochs.end_offset(5, 40) == (5, 30)
    assert epochs.end_offset(6, 40) == (6, 40)
    assert epochs.end_offset(7, 40) == (-1, -1)


def test_epochs_that_wrote_nothing_are_dropped_and_old_ones_ignored() -> None:
    epochs, filesystem = epochs_of((1, 0), (2, 7), (3, 7), (2, 9), (3, 12))
    assert epochs.entries == (EpochEntry(1, 0), EpochEntry(3, 7))
    assert read_file(filesystem, "/log/leader-epoch-checkpoint") == b"0\n2\n1 0\n3 7\n"


def test_truncation_from_both_sides() -> None:
    epochs, filesystem = epochs_of((1, 0), (2, 10), (3, 20), (4, 30))
    epochs.truncate_from_end(30)
    assert epochs.latest_epoch == 3
    epochs.truncate_from_start(15)
    assert list(epochs.entries) == [EpochEntry(2, 15), EpochEntry(3, 20)]
    epochs.truncate_from_start(20)
    assert list(epochs.entries) == [EpochEntry(3, 20)]
    again = LeaderEpochs(filesystem, "/log/leader-epoch-checkpoint")
    again.load()
    assert again.entries == epochs.entries
    epochs.truncate_from_end(20)
    assert not epochs.entries
    assert epochs.latest_epoch == -1
