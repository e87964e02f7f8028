"""Appending and reading go on while other threads flush, shorten and clear away."""

import threading
from pathlib import Path

from barnabas.foundation.clock import ManualClock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.storage import LogConfig, PartitionLog, SystemFileSystem
from unit.storage.batches import NOW_MS, ORDERS, TOPIC_ID, append, batch, open_directory, records_of

BATCHES = 1500
CONFIG = LogConfig(segment_bytes=2000, index_interval_bytes=200, file_delete_delay_ms=0, retention_bytes=20_000)


def read_somewhere(log: PartitionLog, offset: int) -> None:
    """What is read is whole, in order, and what was written; only the log's start may have overtaken us."""
    try:
        piece = log.read(offset, 1000, below_offset=log.log_end_offset)
    except KafkaError as error:
        if error.code is not ErrorCode.OFFSET_OUT_OF_RANGE or offset >= log.log_start_offset:
            raise
        return
    assert piece is not None
    records = records_of(piece.read())
    assert records[0].offset == offset
    assert all(record.value == str(record.offset).encode() for record in records)


def test_other_threads_do_not_disturb_appends_and_reads(tmp_path: Path) -> None:
    directory = open_directory(SystemFileSystem(), CONFIG, ManualClock(NOW_MS), path=str(tmp_path))
    log = directory.create_log(ORDERS, TOPIC_ID)
    is_over = threading.Event()
    failures: list[BaseException] = []

    def maintain() -> None:
        try:
            while not is_over.is_set():
                directory.flush_due()
                log.delete_old_segments(NOW_MS)
                directory.checkpoint()
                directory.remove_deleted()
                log.latest_timestamp()
                log.offset_for_timestamp(NOW_MS + log.log_start_offset)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=maintain, name=f"maintenance-{number}") for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(BATCHES):
            append(log, batch(str(number).encode(), timestamp_ms=NOW_MS + number))
            read_somewhere(log, number)
            read_somewhere(log, max(log.log_start_offset, number - 150))
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert log.log_end_offset == BATCHES
    assert log.log_start_offset > 0
    assert log.size_bytes < 30_000
    directory.close()
    reopened = open_directory(SystemFileSystem(), CONFIG, path=str(tmp_path)).logs[ORDERS]
    assert (reopened.log_start_offset, reopened.log_end_offset) == (log.log_start_offset, BATCHES)
