"""Who does a cleaning: a process of its own, or the thread that asks for it.

Opening records is Python's work, and a thread would hold the interpreter's lock while the event loop wants it; so the
broker's cleaner threads only wait for a child process. Where none can be started the thread does the work itself.

The child is started when it is needed and ended when it has nothing to do. It reads jobs from its standard input and
ends when that closes, so it does not outlive a broker that was killed.
"""

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from barnabas.storage.compaction.job import (
    CleaningDone,
    CleaningError,
    CleaningFailed,
    CleaningJob,
    Report,
    failure_of,
    report_from_plain,
)
from barnabas.storage.compaction.rewrite import Rewrite
from barnabas.storage.filesystem import File, FileSystem
from barnabas.storage.segment import Segment

IDLE_SECONDS: Final = 60.0
WORKER_MODULE: Final = "barnabas.storage.compaction.worker"
_logger = logging.getLogger(__name__)


class CleaningRunner(Protocol):
    """Does cleanings, one at a time."""

    def run(
        self, job: CleaningJob, segments: Sequence[Segment], report: Callable[[Report], None]
    ) -> CleaningDone | CleaningFailed:
        """Do the job; `report` is told of progress and groups, and raises what shall end the work early."""

    def rest(self) -> None:
        """There is nothing to do just now."""

    def stop(self) -> None:
        """Told by another thread: a cleaning that runs shall end, and no other shall begin."""

    def close(self) -> None:
        """Let go of everything."""


class ThreadRunner:
    """Does the work right here."""

    def __init__(self, filesystem: FileSystem) -> None:
        self._filesystem = filesystem

    def run(
        self, job: CleaningJob, segments: Sequence[Segment], report: Callable[[Report], None]
    ) -> CleaningDone | CleaningFailed:
        by_base = {segment.base_offset: segment for segment in segments}

        def open_segment(base_offset: int) -> File:
            return by_base[base_offset].file

        aborted: list[BaseException] = []

        def report_or_stop(told: Report) -> None:
            try:
                report(told)
            except BaseException as error:
                aborted.append(error)
                raise

        try:
            return Rewrite(job, self._filesystem, open_segment, report_or_stop).run()
        except Exception as error:
            if aborted:
                raise
            return failure_of(error)

    def rest(self) -> None:
        """Nothing is held between two jobs."""

    def stop(self) -> None:
        """The work ends through `report`."""

    def close(self) -> None:
        """Nothing is held."""


class ProcessRunner:
    """Hands the work to a child process of low priority."""

    def __init__(self, fallback: CleaningRunner, *, command: Sequence[str] | None = None) -> None:
        self._fallback = fallback
        # -P: a file of the working directory must not take the place of a module.
        self._command = command or (sys.executable, "-P", "-m", WORKER_MODULE)
        self._process: subprocess.Popen[bytes] | None = None
        self._last_used = 0.0
        self._is_stopped = False
        self._has_failed = False
        self._changing = threading.Lock()

    @property
    def process_id(self) -> int | None:
        """Of the child, while there is one."""
        process = self._process
        return None if process is None else process.pid

    def run(
        self, job: CleaningJob, segments: Sequence[Segment], report: Callable[[Report], None]
    ) -> CleaningDone | CleaningFailed:
        process = self._ready_process()
        if process is None:
            return self._fallback.run(job, segments, report)
        try:
            _tell(process, job.to_plain())
            while (told := _hear(process)) is not None:
                if isinstance(told, CleaningDone | CleaningFailed):
                    self._last_used = time.monotonic()
                    return told
                report(told)
        except BaseException:
            self.close()  # in the middle of a job: kill it
            raise
        self.close()
        raise CleaningError(f"the cleaner's process ended with code {process.returncode}")

    def rest(self) -> None:
        if self._process is not None and time.monotonic() - self._last_used > IDLE_SECONDS:
            self.close()

    def stop(self) -> None:
        with self._changing:
            self._is_stopped = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Kill the child: what it was writing is removed with the next cleaning of that log, or the next start."""
        with self._changing:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # a job that it has not taken any more
                        pipe.close()

    def _ready_process(self) -> subprocess.Popen[bytes] | None:
        """The child, started if there is none; None where it can't be."""
        with self._changing:
            if self._is_stopped:
                raise CleaningError("the cleaner is stopped")
            if self._process is not None and self._process.poll() is None:
                return self._process
            if self._has_failed:
                return None
            try:
                self._process = process = _start(self._command)
            except OSError as error:
                self._give_up(error.strerror or str(error))
                return None
        if process.stdout is not None and process.stdout.readline().strip() == b"ready":
            return process
        self.close()
        if self._is_stopped:
            raise CleaningError("the cleaner is stopped")
        self._give_up(f"it ended with code {process.returncode}")
        return None

    def _give_up(self, reason: str) -> None:
        self._has_failed = True
        _logger.warning("Compacting in a thread, since the cleaner's process can't be started: %s", reason)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    package_root = str(Path(__file__).resolve().parents[3])
    search_path = os.pathsep.join(filter(None, (package_root, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": search_path},
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),  # Windows; elsewhere the child is nice
    )


def _tell(process: subprocess.Popen[bytes], plain: dict[str, Any]) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(plain).encode() + b"\n")
        process.stdin.flush()
    except OSError as error:  # not the disk's
        raise CleaningError(f"the cleaner's process takes no job: {error.strerror}") from error


def _hear(process: subprocess.Popen[bytes]) -> Report | None:
    """What the child says next; None when it is gone."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.endswith(b"\n"):
        process.wait()
        return None
    return report_from_plain(json.loads(line))
