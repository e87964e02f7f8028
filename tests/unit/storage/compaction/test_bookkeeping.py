"""The cleaner's checkpoint, its throttle, what goes through the pipe, and the order in which logs get their turn."""

import dataclasses
import json
import uuid

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.records import InvalidBatch
from barnabas.storage import PartitionLog
from barnabas.storage.compaction.batch_filter import LastOfProducer
from barnabas.storage.compaction.clean_offsets import CleanOffsets
from barnabas.storage.compaction.grouping import SegmentFacts
from barnabas.storage.compaction.job import (
    CleanedGroup,
    CleaningDone,
    CleaningError,
    CleaningJob,
    CleaningLimits,
    CleaningStatistics,
    DamagedLog,
    Progress,
    Report,
    failure_of,
    report_from_plain,
    report_to_plain,
)
from barnabas.storage.compaction.runners import ThreadRunner
from barnabas.storage.compaction.throttle import Throttle
from barnabas.storage.transaction_index import AbortedTransaction
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import NOW_MS, open_directory, records_of
from unit.storage.compaction.cleaning import SMALL, cleaner_for, content_of, pairs_of, roll, write

ORDERS = TopicPartition("orders", 0)
ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def on_disk(content: bytes | None = None) -> MemoryFileSystem:
    filesystem = MemoryFileSystem()
    filesystem.make_directory("/data")
    if content is not None:
        filesystem.open("/data/cleaner-offset-checkpoint").append(content)
    return filesystem


def test_the_checkpoint_is_kafkas() -> None:
    filesystem = on_disk()
    offsets = CleanOffsets(filesystem, "/data")
    assert offsets.get(ORDERS, ONE) is None
    offsets.set(ORDERS, ONE, 17)
    assert filesystem.open("/data/cleaner-offset-checkpoint").read_at(0, 100) == b"0\n1\norders 0 17\n"
    assert CleanOffsets(filesystem, "/data").get(ORDERS, ONE) == 17


def test_a_new_topic_does_not_inherit_the_offset_of_a_deleted_one() -> None:
    offsets = CleanOffsets(on_disk(), "/data")
    offsets.set(ORDERS, ONE, 17)
    assert offsets.get(ORDERS, OTHER) is None
    offsets.keep_only([])
    assert offsets.get(ORDERS, ONE) is None


def test_a_damaged_checkpoint_costs_a_cleaning_from_the_start() -> None:
    assert CleanOffsets(on_disk(b"0\n5\norders 0 17\n"), "/data").get(ORDERS, ONE) is None


def test_the_throttle_waits_for_what_was_used_too_early() -> None:
    now, waited = [0.0], []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    throttle = Throttle(1000.0, lambda: now[0], pause)
    throttle.used(500)
    throttle.used(250)
    assert waited == [0.5, 0.25]
    now[0] += 10
    throttle.used(100)  # what was saved up in ten seconds is forgotten
    throttle.used(500)
    assert waited == [0.5, 0.25, 0.5]


def unexpected(seconds: float) -> None:
    raise AssertionError(f"waits {seconds} s")


def test_without_a_limit_nothing_waits() -> None:
    throttle = Throttle(float("inf"), lambda: 0.0, unexpected)
    throttle.used(10**12)


def test_a_job_goes_through_json() -> None:
    job = CleaningJob(
        directory="/data/orders-0",
        segments=(SegmentFacts(0, 100, 8, 12), SegmentFacts(10, 50, 0, 0)),
        first_dirty_offset=3,
        first_uncleanable_offset=20,
        producers={7: LastOfProducer(4, 1), 8: LastOfProducer(-1, 0)},
        aborted_transactions=(AbortedTransaction(7, 1, 2, 3),),
        now_ms=NOW_MS,
        delete_retention_ms=1,
        segment_bytes=2,
        segment_index_bytes=3,
        index_interval_bytes=4,
        limits=CleaningLimits(max_bytes_per_second=float("inf")),
    )
    assert CleaningJob.from_plain(json.loads(json.dumps(job.to_plain()))) == job


def test_reports_go_through_json() -> None:
    damaged = failure_of(DamagedLog(5, 9, InvalidBatch("CRC")))
    refused = failure_of(OSError(28, "No space left on device", "/data/x"))
    other = failure_of(ValueError("what"))
    reports: list[Report] = [
        Progress(),
        CleanedGroup((0, 10), 99),
        CleaningDone(20, CleaningStatistics(bytes_read=5)),
        damaged,
        refused,
        other,
    ]
    for report in reports:
        assert report_from_plain(json.loads(json.dumps(report_to_plain(report)))) == report
    assert isinstance(damaged.error(), InvalidBatch)
    assert (damaged.damaged_segment, damaged.damaged_offset) == (5, 9)
    error = refused.error()
    assert isinstance(error, OSError)
    assert (error.errno, error.filename) == (28, "/data/x")
    assert isinstance(other.error(), CleaningError)


def topics(*dirty_bytes: int) -> tuple[MemoryFileSystem, ManualClock, list[PartitionLog]]:
    """A log for each number, with so many records to compact."""
    filesystem, clock = MemoryFileSystem(), ManualClock(NOW_MS)
    directory = open_directory(filesystem, SMALL, clock)
    logs = []
    for number, count in enumerate(dirty_bytes):
        log = directory.create_log(TopicPartition("topic", number), uuid.UUID(int=number + 1))
        write(log, [("clean", "x" * 40)])
        roll(log)
        assert cleaner_for([log], filesystem, clock).clean_dirtiest(ThreadRunner(filesystem))
        write(log, [(f"k{place}", "1") for place in range(count)])
        roll(log)
        logs.append(log)
    return filesystem, clock, logs


def test_the_dirtiest_log_comes_first() -> None:
    filesystem, clock, logs = topics(1, 5, 3)
    cleaner = cleaner_for(logs, filesystem, clock)
    runner = ThreadRunner(filesystem)
    order: list[str] = []
    while cleaner.clean_dirtiest(runner):
        content = filesystem.open("/data/cleaner-offset-checkpoint").read_at(0, 1000).decode()
        order += {line for line in content.splitlines()[2:] if not line.endswith(" 1")} - set(order)
    assert order == ["topic 1 6", "topic 2 4", "topic 0 2"]
    assert cleaner.metrics["max-dirty-percent"] == 0
    assert cleaner.metrics["cleaner-recopy-percent"] == 100


def test_a_log_that_is_not_compacted_is_left_alone() -> None:
    filesystem, clock, logs = topics(5)
    logs[0].config = type(SMALL)(compact=False)
    assert not cleaner_for(logs, filesystem, clock).clean_dirtiest(ThreadRunner(filesystem))


def test_what_is_written_behind_a_cut_is_dirty_again() -> None:
    filesystem, clock, logs = topics(5)
    log = logs[0]
    cleaner = cleaner_for(logs, filesystem, clock)
    assert cleaner.clean_dirtiest(ThreadRunner(filesystem))
    log.truncate_to(2)
    cleaner.note_cut(log)
    write(log, [("k1", "2"), ("k1", "3"), ("k1", "4"), ("k1", "5"), ("k1", "6")])
    roll(log)
    assert filesystem.open("/data/cleaner-offset-checkpoint").read_at(0, 100) == b"0\n1\ntopic 0 2\n"
    assert cleaner.clean_dirtiest(ThreadRunner(filesystem))
    assert pairs_of(records_of(content_of(log)))[-2:] == [(1, "k0", "1"), (6, "k1", "6")]


def test_a_compacted_log_is_deleted_only_below_its_start() -> None:
    _, _, logs = topics(5)
    log = logs[0]
    assert log.delete_old_segments(NOW_MS + 10**12) == 0
    log.delete_records_before(1)
    assert log.segment_base_offsets[0] == 1


def test_a_log_that_is_compacted_and_deleted_loses_what_is_old() -> None:
    _, _, logs = topics(5)
    log = logs[0]
    log.config = dataclasses.replace(SMALL, delete=True, retention_ms=1000)
    assert log.delete_old_segments(NOW_MS + 1000) == 0
    assert log.delete_old_segments(NOW_MS + 1001) > 0
    assert log.log_start_offset == log.log_end_offset
