"""Which aborted transactions a reader is told of, and what a crash leaves of their index."""

from __future__ import annotations

from barnabas.protocol.records import (
    ControlType,
    EndTransactionMarker,
    build_end_transaction_marker,
    read_header,
)
from barnabas.storage.aborted_transactions import AbortedTransactions, is_abort
from barnabas.storage.segment import Segment, file_name
from barnabas.storage.transaction_index import (
    AbortedTransaction,
    parse_aborted_transactions,
    render_aborted_transactions,
)
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import NOW_MS, batch

FOLDER = "/log"
FIRST = AbortedTransaction(7, 10, 20, 21)
SECOND = AbortedTransaction(8, 15, 40, 41)
THIRD = AbortedTransaction(7, 120, 130, 131)


def index_path(base_offset: int) -> str:
    return f"{FOLDER}/{file_name(base_offset, '.txnindex')}"


def disk(indexes: dict[int, list[AbortedTransaction]]) -> MemoryFileSystem:
    filesystem = MemoryFileSystem()
    filesystem.make_directory(FOLDER)
    for base_offset, entries in indexes.items():
        filesystem.open(index_path(base_offset)).append(render_aborted_transactions(entries))
    return filesystem


def segments(filesystem: MemoryFileSystem, *base_offsets: int) -> tuple[Segment, ...]:
    return tuple(
        Segment(filesystem, FOLDER, base, size_bytes=0, created_ms=0, index_interval_bytes=4096)
        for base in base_offsets
    )


def entries_in(filesystem: MemoryFileSystem, base_offset: int) -> list[AbortedTransaction]:
    file = filesystem.open(index_path(base_offset))
    return parse_aborted_transactions(file.read_at(0, file.size()), "")


def test_a_reader_is_told_of_what_it_may_meet() -> None:
    filesystem = disk({0: [FIRST, SECOND], 100: [THIRD]})
    log = segments(filesystem, 0, 100)
    aborted = AbortedTransactions(filesystem, FOLDER)
    assert aborted.between(log, 0, 200) == [FIRST, SECOND]
    assert aborted.between(log, 20, 200) == [FIRST, SECOND]
    assert aborted.between(log, 21, 200) == [SECOND]
    assert aborted.between(log, 41, 200) == []
    assert aborted.between(log, 0, 15) == [FIRST]
    assert aborted.between(log, 0, 10) == []
    assert aborted.between(log, 100, 200) == [THIRD]


def test_a_transaction_that_ends_in_a_later_segment_is_told_in_the_first() -> None:
    filesystem = disk({100: [AbortedTransaction(7, 90, 130, 131)]})
    aborted = AbortedTransactions(filesystem, FOLDER)
    assert len(aborted.between(segments(filesystem, 0, 100), 95, 200)) == 1


def test_other_segments_are_asked_anew() -> None:
    filesystem = disk({0: [FIRST], 100: [THIRD]})
    aborted = AbortedTransactions(filesystem, FOLDER)
    assert aborted.between(segments(filesystem, 0), 0, 200) == [FIRST]
    assert aborted.between(segments(filesystem, 100), 100, 200) == [THIRD]


def test_a_damaged_index_is_told_and_the_others_count() -> None:
    filesystem = disk({0: [FIRST], 100: [THIRD]})
    filesystem.open(index_path(0)).append(b"x")
    aborted = AbortedTransactions(filesystem, FOLDER)
    log = segments(filesystem, 0, 100)
    assert aborted.between(log, 0, 200) == []
    assert aborted.between(log, 100, 200) == [THIRD]


def test_after_a_crash_the_index_agrees_with_the_log() -> None:
    lost_marker = AbortedTransaction(9, 50, 60, 61)
    filesystem = disk({0: [FIRST, lost_marker]})
    AbortedTransactions(filesystem, FOLDER).settle(segments(filesystem, 0), found=[FIRST, SECOND], log_end_offset=45)
    assert entries_in(filesystem, 0) == [FIRST, SECOND]


def test_an_index_that_agrees_is_not_written() -> None:
    filesystem = disk({100: [THIRD]})
    operations = filesystem.operations
    names = {file_name(100, ".txnindex")}
    AbortedTransactions(filesystem, FOLDER).settle(
        segments(filesystem, 0, 100), found=[THIRD], log_end_offset=200, names=names
    )
    assert filesystem.operations == operations


def test_an_index_that_is_missing_is_made() -> None:
    filesystem = disk({})
    AbortedTransactions(filesystem, FOLDER).settle(
        segments(filesystem, 0, 100), found=[FIRST, THIRD], log_end_offset=200, names=()
    )
    assert entries_in(filesystem, 0) == [FIRST]
    assert entries_in(filesystem, 100) == [THIRD]


def test_an_abort_is_told_from_other_control_batches() -> None:
    filesystem = disk({})
    file = filesystem.open(f"{FOLDER}/x.log")
    commit, abort = (
        build_end_transaction_marker(
            EndTransactionMarker(kind, 0), producer_id=1, producer_epoch=0, timestamp_ms=NOW_MS
        )
        for kind in (ControlType.COMMIT, ControlType.ABORT)
    )
    strange = batch(b"no marker")
    position = 0
    for content, expected in ((commit, False), (abort, True), (strange, False)):
        file.append(content)
        assert is_abort(file, position, read_header(content)) is expected
        position += len(content)
