"""How much of a log a start reads, counted at the file system: nothing, or what lies past the recovery point."""

import pytest

from barnabas.storage import LogConfig, LogDirectory, Progress, Recovery
from barnabas.storage.filesystem import replace_file
from barnabas.testing.failing_disks import FailingDisks
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, all_values, append, batch, open_directory, sequenced

VALUE = b"x" * 1000
BATCH_BYTES = len(batch(VALUE))
CONFIG = LogConfig(segment_bytes=300 * BATCH_BYTES)
LOG = "/data/orders-0/00000000000000000000.log"


def written(disks: FailingDisks, count: int, *, flushed: int) -> LogDirectory:
    directory = open_directory(disks, CONFIG)
    log = directory.create_log(ORDERS, TOPIC_ID)
    for number in range(count):
        append(log, batch(VALUE, timestamp_ms=NOW_MS + number))
        if number + 1 == flushed:
            log.flush(for_restart=True)
            directory.checkpoint()
    return directory


def log_bytes_read(disks: FailingDisks) -> int:
    return sum(count for path, count in disks.bytes_read.items() if path.endswith(".log"))


def test_a_clean_start_reads_no_log() -> None:
    disks = FailingDisks()
    written(disks, 1000, flushed=0).close()
    disks.bytes_read.clear()
    directory = open_directory(disks, CONFIG)
    # The way from the last index entry to the end, nothing of the 1 MB before.
    assert log_bytes_read(disks) <= CONFIG.index_interval_bytes + 2 * BATCH_BYTES
    assert log_bytes_read(disks) < 7_000
    assert directory.logs[ORDERS].log_end_offset == 1000


@pytest.mark.parametrize("flushed", [100, 280, 290])
def test_a_start_after_a_crash_reads_what_lies_past_the_recovery_point(flushed: int) -> None:
    disks = FailingDisks()
    written(disks, 300, flushed=flushed).release()
    disks.bytes_read.clear()
    directory = open_directory(disks, CONFIG)
    unflushed = (300 - flushed) * BATCH_BYTES
    assert unflushed <= log_bytes_read(disks) <= unflushed + CONFIG.index_interval_bytes + 16_384
    log = directory.logs[ORDERS]
    assert all_values(log) == [VALUE] * 300
    for offset in (0, 99, 100, flushed, 299):
        found = log.offset_for_timestamp(NOW_MS + offset)
        assert found is not None
        assert found.offset == offset


def test_segments_before_the_recovery_point_are_not_opened() -> None:
    disks = FailingDisks()
    written(disks, 1000, flushed=950).release()
    disks.bytes_read.clear()
    directory = open_directory(disks, CONFIG)
    assert LOG not in disks.bytes_read
    assert log_bytes_read(disks) <= 50 * BATCH_BYTES + CONFIG.index_interval_bytes + 16_384
    assert directory.logs[ORDERS].log_end_offset == 1000


@pytest.mark.parametrize("suffix", [".index", ".timeindex"])
def test_an_index_that_was_not_written_to_its_end_costs_a_whole_reading(suffix: str) -> None:
    disks = FailingDisks()
    written(disks, 300, flushed=280).release()
    replace_file(disks, LOG.removesuffix(".log") + suffix, bytes(24))
    disks.bytes_read.clear()
    directory = open_directory(disks, CONFIG)
    assert log_bytes_read(disks) >= 300 * BATCH_BYTES
    assert all_values(directory.logs[ORDERS]) == [VALUE] * 300


def test_producers_are_remembered_without_reading_what_was_flushed() -> None:
    disks = FailingDisks()
    directory = open_directory(disks)
    log = directory.create_log(ORDERS, TOPIC_ID)
    for sequence in range(0, 600, 2):
        append(log, sequenced(sequence, 2))
        if sequence in (200, 400):
            log.flush(for_restart=True)
            directory.checkpoint()
    names = {entry.name for entry in disks.list("/data/orders-0") if entry.name.endswith(".snapshot")}
    assert names == {f"{402:020d}.snapshot"}  # of two flushes the later one
    directory.release()
    log = open_directory(disks).logs[ORDERS]
    (producer,) = log.producers
    assert producer.last_sequence == 599
    assert append(log, sequenced(598, 2)).is_duplicate


class Counted(Progress):
    def __init__(self) -> None:
        self.logs = self.bytes = self.logs_seen = self.bytes_seen = 0

    def add(self, logs: int, size_bytes: int) -> None:
        self.logs += logs
        self.bytes += size_bytes

    def bytes_done(self, size_bytes: int) -> None:
        self.bytes_seen += size_bytes

    def log_done(self) -> None:
        self.logs_seen += 1


@pytest.mark.parametrize("threads", [1, 3])
def test_the_progress_adds_up(threads: int) -> None:
    disks = FailingDisks()
    directory = written(disks, 1000, flushed=700)
    for partition in range(1, 8):
        append(directory.create_log(ORDERS._replace(partition=partition), TOPIC_ID), batch(VALUE))
    directory.release()
    progress = Counted()
    directory = LogDirectory.take("/data", defaults=CONFIG, filesystem=disks, clock=directory._clock)
    directory.load(None, Recovery(threads, progress))
    assert (progress.logs, progress.logs_seen) == (8, 8)
    assert progress.bytes == progress.bytes_seen == (1000 - 600 + 7) * BATCH_BYTES
    assert len(directory.logs) == 8
