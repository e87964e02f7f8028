"""The process that compacts: it does the work, gives way, and ends with whoever asked; if need be a thread works."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from barnabas.foundation.clock import ManualClock
from barnabas.storage import LogDirectory, PartitionLog, SystemFileSystem
from barnabas.storage.compaction import runners
from barnabas.storage.compaction.cleaner import CleanerSettings, LogCleaner
from barnabas.storage.compaction.job import CleaningLimits, Report
from barnabas.storage.compaction.runners import ProcessRunner, ThreadRunner
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, records_of
from unit.storage.compaction.cleaning import SMALL, cleaner_for, content_of, pairs_of, write

pytestmark = pytest.mark.timeout(60)

HOLDER = """
import sys, time
from barnabas.storage.compaction.runners import ProcessRunner, ThreadRunner
from barnabas.storage import SystemFileSystem
runner = ProcessRunner(ThreadRunner(SystemFileSystem()))
runner._ready_process()
print(runner.process_id, flush=True)
time.sleep(60)
"""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PartitionLog]:
    filesystem = SystemFileSystem()
    directory = LogDirectory.open(
        str(tmp_path / "data"), defaults=SMALL, filesystem=filesystem, clock=ManualClock(NOW_MS)
    )
    log = directory.create_log(ORDERS, TOPIC_ID)
    write(log, [(f"k{number % 7}", f"{number}") for number in range(200)])
    yield log
    directory.close()


@pytest.fixture
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner(ThreadRunner(SystemFileSystem()))
    yield runner
    runner.close()


def clean(log: PartitionLog, runner: ProcessRunner) -> bool:
    return cleaner_for([log], SystemFileSystem(), ManualClock(NOW_MS)).clean_dirtiest(runner)


def keys_left(log: PartitionLog) -> int:
    return len(pairs_of(records_of(content_of(log))))


def test_the_process_does_what_the_thread_does(log: PartitionLog, runner: ProcessRunner) -> None:
    assert clean(log, runner)
    assert runner.process_id is not None
    assert psutil.Process(runner.process_id).nice() > psutil.Process().nice()
    assert 7 <= keys_left(log) < 20
    first = runner.process_id
    write(log, [(f"k{number % 7}", f"{number}") for number in range(50)])
    assert clean(log, runner)
    assert runner.process_id == first
    runner.close()
    assert not psutil.pid_exists(first)


def test_a_process_without_work_is_ended(
    log: PartitionLog, runner: ProcessRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clean(log, runner)
    runner.rest()
    assert runner.process_id is not None
    monkeypatch.setattr(runners, "IDLE_SECONDS", -1.0)
    runner.rest()
    assert runner.process_id is None


def test_the_process_ends_when_its_broker_is_killed() -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    worker = int(holder.stdout.readline())
    assert psutil.pid_exists(worker)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    deadline = time.monotonic() + 20
    while _is_running(worker):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _is_running(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    "command", [("/nonexistent/python",), (sys.executable, "-c", "raise SystemExit(3)")], ids=["missing", "ends"]
)
def test_without_a_process_the_thread_does_the_work(
    log: PartitionLog, command: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    runner = ProcessRunner(ThreadRunner(SystemFileSystem()), command=command)
    assert clean(log, runner)
    write(log, [(f"k{number % 7}", f"{number}") for number in range(50)])
    assert clean(log, runner)
    assert caplog.text.count("Compacting in a thread") == 1


class Stopping(ProcessRunner):
    """Stopped, or its process killed, in the middle of a job."""

    def __init__(self, how: str) -> None:
        super().__init__(ThreadRunner(SystemFileSystem()))
        self.how = how

    def run(self, job, segments, report):  # type: ignore[no-untyped-def]
        def stopping(told: Report) -> None:
            report(told)
            if self.how == "stop":
                self.stop()
            else:
                assert self.process_id is not None
                psutil.Process(self.process_id).kill()

        return super().run(job, segments, stopping)


def test_a_process_that_is_killed_costs_its_log_the_cleaning(log: PartitionLog) -> None:
    before = log.log_end_offset
    runner = Stopping("kill")
    cleaner = cleaner_for(
        [log],
        SystemFileSystem(),
        ManualClock(NOW_MS),
        limits=CleaningLimits(buffer_bytes=100, max_bytes_per_second=20_000),
    )
    assert not cleaner.clean_dirtiest(runner)
    assert cleaner.uncleanable == [ORDERS]
    assert runner.process_id is None
    assert log.log_end_offset == before
    assert not list(Path(log.directory).glob("*.cleaned"))


def test_the_number_of_threads_follows_its_setting() -> None:
    settings = CleanerSettings(threads=1, backoff_ms=10)
    filesystem = SystemFileSystem()
    cleaner = LogCleaner(
        list, lambda: settings, lambda: ThreadRunner(filesystem), filesystem=filesystem, clock=ManualClock(NOW_MS)
    )
    cleaner.start()
    try:
        for threads in (3, 0, 2):
            settings = CleanerSettings(threads=threads, backoff_ms=10)
            wait_for_threads(max(threads, 1))  # the first one looks after the others
    finally:
        cleaner.close()
    wait_for_threads(0)


def wait_for_threads(count: int) -> None:
    deadline = time.monotonic() + 20
    while sum(thread.name.startswith("log-cleaner-") for thread in threading.enumerate()) != count:
        assert time.monotonic() < deadline
        time.sleep(0.01)
