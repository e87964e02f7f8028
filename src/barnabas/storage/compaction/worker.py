"""The process that compacts: a job per line on its standard input, reports per line on its standard output, in JSON.

It ends when its input closes, in the middle of a job too: then whoever asked is gone. It gives way to everybody else
on the machine. Signals that ask a whole group of processes to stop are for the broker, which ends this one.
"""

import json
import os
import queue
import signal
import sys
import threading
from typing import Any

from barnabas.storage.compaction.job import CleaningJob, Report, failure_of, report_to_plain
from barnabas.storage.compaction.rewrite import Rewrite
from barnabas.storage.filesystem import File
from barnabas.storage.segment import LOG_SUFFIX, file_name
from barnabas.storage.system_filesystem import SystemFileSystem, open_for_reading


def main() -> None:
    _be_nice()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), name="listen", daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        job = CleaningJob.from_plain(jobs.get())
        try:
            report: Report = _rewrite(job)
        except Exception as error:
            report = failure_of(error)
        _tell(report)


def _rewrite(job: CleaningJob) -> Report:
    def open_segment(base_offset: int) -> File:
        return open_for_reading(os.path.join(job.directory, file_name(base_offset, LOG_SUFFIX)))

    return Rewrite(job, SystemFileSystem(), open_segment, _tell).run()


def _tell(report: Report) -> None:
    try:
        sys.stdout.write(json.dumps(report_to_plain(report)) + "\n")
        sys.stdout.flush()
    except OSError:
        os._exit(0)  # nobody listens


def _listen(jobs: "queue.SimpleQueue[dict[str, Any]]") -> None:
    for line in sys.stdin:
        jobs.put(json.loads(line))
    os._exit(0)


def _be_nice() -> None:
    if hasattr(os, "nice"):
        os.nice(10)


if __name__ == "__main__":
    main()
