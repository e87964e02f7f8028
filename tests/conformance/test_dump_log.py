"""Apache Kafka's own DumpLogSegments reads our data directories, and finds nothing to complain about."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.records import Compression, NewRecord, TimestampType, build_batch
from barnabas.storage import LogConfig, LogDirectory, PartitionLog, SystemFileSystem
from conformance.kafka_jars import JarsUnavailable, class_path
from programs import cannot_run, require_program

NOW_MS = 1_700_000_000_000
BATCHES = 120
COMPLAINTS = re.compile(r"mismatch|out of order|non-consecutive|does not|isvalid: false|corrupt|error", re.IGNORECASE)

pytestmark = [pytest.mark.jvm, pytest.mark.timeout(300)]


def dump(*files: Path, checks: tuple[str, ...] = ("--deep-iteration", "--print-data-log")) -> str:
    """What DumpLogSegments prints with these checks switched on."""
    java = require_program("java")
    try:
        jars = class_path("4.1.1")
    except JarsUnavailable as error:
        cannot_run(str(error))
    command = [java, "-Xmx256m", "-cp", jars, "kafka.tools.DumpLogSegments", *checks]
    command += ["--files", ",".join(str(file) for file in files)]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    return run.stdout


def open_directory(path: Path) -> LogDirectory:
    return LogDirectory.open(
        str(path),
        defaults=LogConfig(segment_bytes=6000, index_interval_bytes=1024),
        filesystem=SystemFileSystem(),
        clock=ManualClock(NOW_MS),
    )


def write_log(log: PartitionLog) -> None:
    """Batches of every compression, of one idempotent producer and of none, over several segments and epochs."""
    sequence = 0
    for number in range(BATCHES):
        records = [
            NewRecord(b"key", f"value {number}.{place}".encode() * 5, NOW_MS + number, (("header", b"x"),))
            for place in range(1 + number % 4)
        ]
        compression = Compression(number % len(Compression))
        if number % 2:
            batch = build_batch(
                records, compression=compression, producer_id=42, producer_epoch=3, base_sequence=sequence
            )
            sequence += len(records)
        else:
            batch = build_batch(records, compression=compression)
        log.append_as_leader(memoryview(batch), leader_epoch=number // 50, now_ms=NOW_MS + number)


def close(directory: LogDirectory) -> None:
    directory.close()


def crash_and_recover(directory: LogDirectory) -> None:
    directory.release()
    open_directory(Path(directory.path)).close()


@pytest.mark.parametrize("finish", [close, crash_and_recover])
def test_kafka_reads_our_segments_indexes_and_snapshots(tmp_path: Path, finish: Callable[[LogDirectory], None]) -> None:
    directory = open_directory(tmp_path)
    log = directory.create_log(TopicPartition("orders", 0), uuid.uuid4())
    write_log(log)
    end_offset = log.log_end_offset
    finish(directory)

    folder = tmp_path / "orders-0"
    segments = sorted(folder.glob("*.log"))
    assert len(segments) > 2
    files = sorted(file for suffix in ("log", "index", "timeindex", "snapshot") for file in folder.glob(f"*.{suffix}"))
    output = dump(*files)

    complaints = [line for line in output.splitlines() if COMPLAINTS.search(line)]
    assert complaints == []
    batches = re.findall(r"^baseOffset: (\d+) lastOffset: (\d+) .*isvalid: true$", output, re.MULTILINE)
    next_offset = 0
    for base_offset, last_offset in batches:
        assert int(base_offset) == next_offset
        next_offset = int(last_offset) + 1
    assert (len(batches), next_offset) == (BATCHES, end_offset)
    assert output.count("payload: value ") == end_offset
    assert len(re.findall(r"^offset: \d+ position: \d+", output, re.MULTILINE)) > 8
    assert len(re.findall(r"^timestamp: \d+ offset: \d+", output, re.MULTILINE)) > 8
    assert re.search(r"producerId: 42 producerEpoch: 3 .*lastSequence: \d+", output)
    assert (folder / "leader-epoch-checkpoint").read_text().splitlines()[:2] == ["0", "3"]


def test_kafka_accepts_the_checksum_of_a_batch_that_we_stamped(tmp_path: Path) -> None:
    directory = open_directory(tmp_path)
    config = LogConfig(message_timestamp_type=TimestampType.LOG_APPEND)
    log = directory.create_log(TopicPartition("stamped", 0), uuid.uuid4(), config)
    write_log(log)
    directory.close()
    output = dump(*sorted((tmp_path / "stamped-0").glob("*.log")))
    assert output.count("isvalid: true") == BATCHES
    assert output.count("LogAppendTime") >= BATCHES
