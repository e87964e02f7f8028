"""Cleaned segments take the place of the old ones whatever happens in between: crashes, cuts, deletions, open files."""

import errno
import os
import random

import pytest

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.records import Compression, read_header
from barnabas.storage import FileSystem, LogDirectory, PartitionLog
from barnabas.storage.compaction.cleaner import LogCleaner
from barnabas.storage.compaction.job import CleanedGroup, CleaningDone, CleaningFailed, CleaningJob, Report
from barnabas.storage.compaction.runners import ThreadRunner
from barnabas.storage.segment import LOG_SUFFIX
from barnabas.storage.transaction_index import AbortedTransaction, render_aborted_transactions
from barnabas.testing.memory_filesystem import MemoryFileSystem, SimulatedCrash
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, append, open_directory, records_of
from unit.storage.compaction.cleaning import SMALL, clean, cleaner_for, content_of, keyed, pairs_of, roll, write

FOLDER = "/data/orders-0"
Pairs = list[tuple[int, str, str | None]]


def filled(filesystem: FileSystem, clock: ManualClock) -> tuple[LogDirectory, PartitionLog]:
    """Segments of all kinds: full, small enough to be grouped, compressed, with tombstones, with aborted entries."""
    directory = open_directory(filesystem, SMALL, clock)
    log = directory.create_log(ORDERS, TOPIC_ID)
    for number in range(12):
        codec = Compression.LZ4 if number % 3 else Compression.NONE
        batch = keyed(
            (f"k{number % 4}", f"{number}"), (f"other{number % 5}", None if number % 4 else "x"), compression=codec
        )
        append(log, batch)
        append(log, keyed((f"p{number % 2}", "y"), producer=(7, 0, number)))
        if number in (2, 3, 7):
            roll(log)
    index = filesystem.open(f"{FOLDER}/{log.segment_base_offsets[1]:020d}.txnindex")
    index.append(render_aborted_transactions([AbortedTransaction(99, 1, 2, 3)]))
    index.sync()
    roll(log)
    log.flush()
    directory.checkpoint()
    return directory, log


def left(log: PartitionLog) -> Pairs:
    return pairs_of(records_of(content_of(log)))


def expected() -> tuple[Pairs, Pairs]:
    """The records before a compaction, and after it."""
    filesystem, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    _, log = filled(filesystem, clock)
    before = left(log)
    assert clean(log, filesystem, clock)
    return before, left(log)


def check(survivor: MemoryFileSystem, before: Pairs, after: Pairs, crash_at: object) -> None:
    """The log is whole, has lost nothing that counts, and the next cleaning brings it where it should be."""
    clock = ManualClock(NOW_MS)
    directory = open_directory(survivor, SMALL, clock)
    log = directory.logs[ORDERS]
    found = left(log)
    assert set(after) <= set(found) <= set(before), crash_at
    assert found == sorted(found), crash_at
    assert log.log_end_offset == before[-1][0] + 1, crash_at
    assert log.producers[0].last_sequence == 11, crash_at
    names = [entry.name for entry in survivor.list(FOLDER)]
    assert not [name for name in names if name.endswith((".cleaned", ".swap", ".deleted"))], crash_at
    assert not log.damage
    write(log, [("k0", "12")])
    roll(log)
    assert clean(log, survivor, clock)
    assert left(log)[-1] == (before[-1][0] + 1, "k0", "12")
    assert set(left(log)) - {left(log)[-1]} == {pair for pair in after if pair[1] != "k0"}, crash_at
    directory.release()


def operations(filesystem: MemoryFileSystem, log: PartitionLog, clock: ManualClock) -> range:
    begin = filesystem.operations
    assert clean(log, filesystem, clock)
    return range(begin, filesystem.operations)


@pytest.mark.parametrize("power_failure", [False, True])
def test_a_crash_at_any_operation_of_a_compaction_loses_nothing(power_failure: bool) -> None:
    before, after = expected()
    probe, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    _, log = filled(probe, clock)
    for crash_at in operations(probe, log, clock):
        filesystem = MemoryFileSystem()
        _, log = filled(filesystem, clock)
        filesystem.crash_at = crash_at
        with pytest.raises(SimulatedCrash):
            clean(log, filesystem, clock)
        check(filesystem.after_crash(random.Random(crash_at) if power_failure else None), before, after, crash_at)


def test_a_crash_while_a_start_finishes_a_swap_loses_nothing_either() -> None:
    before, after = expected()
    probe, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    _, log = filled(probe, clock)
    tried = 0
    for crash_at in operations(probe, log, clock)[::3]:
        filesystem = MemoryFileSystem()
        _, log = filled(filesystem, clock)
        filesystem.crash_at = crash_at
        with pytest.raises(SimulatedCrash):
            clean(log, filesystem, clock)
        survivor = filesystem.after_crash()
        if not any(entry.name.endswith(".swap") for entry in survivor.list(FOLDER)):
            continue
        for second in range(40):
            again = survivor.after_crash()
            again.crash_at = second
            try:
                open_directory(again, SMALL, clock).release()
            except SimulatedCrash:
                check(again.after_crash(), before, after, (crash_at, second))
                tried += 1
                continue
            break
    assert tried > 30


def test_the_index_of_aborted_transactions_goes_with_its_transactions() -> None:
    filesystem, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    _, log = filled(filesystem, clock)
    assert clean(log, filesystem, clock)
    assert not [entry.name for entry in filesystem.list(FOLDER) if entry.name.endswith(".txnindex")]


def test_a_slice_that_is_being_sent_stays_good() -> None:
    filesystem, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    directory, log = filled(filesystem, clock)
    piece = log.read(0, 10_000, below_offset=log.log_end_offset)
    assert piece is not None
    before = piece.read()
    assert clean(log, filesystem, clock)
    clock.advance_ms(SMALL.file_delete_delay_ms)
    directory.remove_deleted()
    assert piece.read() == before
    assert not [entry.name for entry in filesystem.list(FOLDER) if entry.name.endswith(".deleted")]


class Meddling(ThreadRunner):
    """Does something to the log when the first group is ready to be swapped."""

    def __init__(self, filesystem: FileSystem, log: PartitionLog, meddle: str) -> None:
        super().__init__(filesystem)
        self.log = log
        self.meddle = meddle

    def run(self, job: CleaningJob, segments, report):  # type: ignore[no-untyped-def]
        def meddling(told: Report) -> None:
            if isinstance(told, CleanedGroup) and self.meddle:
                meddle, self.meddle = self.meddle, ""
                if meddle == "truncate":
                    self.log.truncate_to(5)
                elif meddle == "retire":
                    self.log.retire()
                elif meddle == "append":
                    write(self.log, [("new", "1"), ("k0", "newer")])
                elif meddle == "delete records":
                    self.log.delete_records_before(self.log.log_end_offset)
                else:
                    assert self.log.delete_old_segments(NOW_MS + 10**12) == 0
            report(told)

        outcome: CleaningDone | CleaningFailed = super().run(job, segments, meddling)
        return outcome


def meddled(meddle: str) -> tuple[MemoryFileSystem, PartitionLog, LogCleaner, bool]:
    filesystem, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    _, log = filled(filesystem, clock)
    cleaner = cleaner_for([log], filesystem, clock)
    return filesystem, log, cleaner, cleaner.clean_dirtiest(Meddling(filesystem, log, meddle))


@pytest.mark.parametrize("meddle", ["truncate", "retire"])
def test_a_log_that_was_cut_or_deleted_meanwhile_is_left_alone(meddle: str) -> None:
    filesystem, log, cleaner, was_cleaned = meddled(meddle)
    assert not was_cleaned
    assert cleaner.uncleanable == []
    assert not log.rewriting.is_running
    names = [entry.name for entry in filesystem.list(FOLDER)]
    assert not [name for name in names if name.endswith((".cleaned", ".swap"))]
    assert "cleaner-offset-checkpoint" not in [entry.name for entry in filesystem.list("/data")]
    if meddle == "truncate":
        assert left(log) == expected()[0][:5]


def test_appends_go_on_meanwhile() -> None:
    _, log, _, was_cleaned = meddled("append")
    assert was_cleaned
    after = expected()[1]
    assert left(log)[:-2] == after
    assert [key for _, key, _ in left(log)[-2:]] == ["new", "k0"]


def test_retention_waits_for_a_compaction() -> None:
    _, log, _, was_cleaned = meddled("retention")
    assert was_cleaned
    assert left(log) == expected()[1]


def test_records_may_be_deleted_meanwhile() -> None:
    _, log, _, was_cleaned = meddled("delete records")
    assert was_cleaned
    assert log.log_start_offset == log.log_end_offset
    assert log.segment_base_offsets[0] == 0
    assert log.delete_old_segments(NOW_MS) > 0
    assert log.segment_base_offsets == [log.log_end_offset]


class HeldOpen(MemoryFileSystem):
    """As Windows: a log that somebody reads can't be renamed."""

    def __init__(self) -> None:
        super().__init__()
        self.held = ""

    def rename(self, source: str, target: str) -> None:
        if source == self.held:
            raise PermissionError(13, "in use", source)
        super().rename(source, target)


def test_a_log_file_that_is_held_open_puts_the_swap_off() -> None:
    filesystem, clock = HeldOpen(), ManualClock(NOW_MS)
    _, log = filled(filesystem, clock)
    before, after = expected()
    filesystem.held = f"{FOLDER}/{log.segment_base_offsets[1]:020d}{LOG_SUFFIX}"
    assert not clean(log, filesystem, clock)
    assert set(after) < set(left(log)) < set(before)  # other groups were swapped
    assert not [entry for entry in filesystem.list(FOLDER) if entry.name.endswith((".cleaned", ".swap"))]
    filesystem.held = ""
    assert clean(log, filesystem, clock)
    assert left(log) == after


def test_a_damaged_batch_is_named_and_the_log_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    filesystem, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    _, log = filled(filesystem, clock)
    other = open_directory(filesystem, SMALL, clock, path="/other").create_log(ORDERS, TOPIC_ID)
    path = f"{FOLDER}/{log.segment_base_offsets[1]:020d}.log"
    node = filesystem._files[path]
    node.content[-1] ^= 1
    damaged_offset = read_header(bytes(node.content)).base_offset
    assert damaged_offset == log.segment_base_offsets[1]
    write(other, [("a", "1"), ("a", "2")])
    roll(other)
    cleaner = cleaner_for([log, other], filesystem, clock)
    assert not cleaner.clean_dirtiest(ThreadRunner(filesystem))
    assert cleaner.uncleanable == [ORDERS]
    assert cleaner.metrics["uncleanable-partitions-count"] == 1
    assert log.damage[0].segment_file == f"{log.segment_base_offsets[1]:020d}.log"
    assert "CRC" in caplog.text
    told = caplog.text.count("is not compacted any more")
    assert told == 1


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_takes_its_directory_offline(error: int, caplog: pytest.LogCaptureFixture) -> None:
    filesystem, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    directory, log = filled(filesystem, clock)
    failures: list[LogDirectory] = []
    directory.on_failure = failures.append
    cleaner = cleaner_for([log], filesystem, clock)
    filesystem.refusals.append(error)
    assert not cleaner.clean_dirtiest(ThreadRunner(filesystem))
    assert failures == [directory]
    assert cleaner.uncleanable == [ORDERS]
    assert os.strerror(error) in caplog.text
    with pytest.raises(KafkaError) as caught:
        log.read(0, 100, below_offset=log.log_end_offset)
    assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR
    names = [entry.name for entry in filesystem.list(FOLDER)]
    assert not [name for name in names if name.endswith((".cleaned", ".swap"))]


def test_a_process_without_descriptors_does_not_blame_the_disk() -> None:
    filesystem, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    directory, log = filled(filesystem, clock)
    failures: list[LogDirectory] = []
    directory.on_failure = failures.append
    filesystem.refusals.append(errno.EMFILE)
    cleaner = cleaner_for([log], filesystem, clock)
    assert not cleaner.clean_dirtiest(ThreadRunner(filesystem))
    assert (failures, cleaner.uncleanable) == ([], [])
    assert cleaner.clean_dirtiest(ThreadRunner(filesystem))
    assert left(log) == expected()[1]
