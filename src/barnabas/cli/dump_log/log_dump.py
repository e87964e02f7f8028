"""A file's entries, one after the other: which reader it takes is told by its name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from barnabas.cli.dump_log.control_records import read_control_record
from barnabas.cli.dump_log.decoders import RecordDecoder
from barnabas.cli.dump_log.entries import BatchEntry, Entry, Note, RecordEntry
from barnabas.cli.dump_log.findings import Findings, note
from barnabas.cli.dump_log.index_files import IndexChecks, dump_offset_index, dump_time_index
from barnabas.cli.dump_log.log_file import MAX_POSITION, StoredBatch, absolute_path, open_log
from barnabas.cli.dump_log.state_files import read_snapshot, read_transaction_index
from barnabas.cli.failures import ToolFailure
from barnabas.protocol.records import InvalidBatch, Record

BOOTSTRAP_SNAPSHOT: Final = "bootstrap.checkpoint"
_BASE_OFFSET: Final = re.compile(r"[+-]?[0-9]+")
_SNAPSHOT_NAME: Final = re.compile(r"([0-9]{20})-([0-9]{10}).*\.checkpoint")


class UnknownFile(Exception):
    """A suffix that no file of a log has."""


@dataclass(frozen=True, slots=True)
class LogView:
    """What to show of a log."""

    deep: bool = False
    decoder: RecordDecoder | None = None
    """How to print keys and values; None to leave them out."""
    show_record_metadata: bool = True
    max_bytes: int = MAX_POSITION


def dump_file(path: str, view: LogView, checks: IndexChecks, findings: Findings) -> Iterator[Entry]:
    """The entries of one file.

    Raises UnknownFile, CorruptSnapshot, and ToolFailure where reading must end; all that came before it is sound.
    """
    _, dot, suffix = os.path.basename(path).rpartition(".")
    if not dot:
        raise ToolFailure(f"--files {path}: a name ending in .log, .index, .timeindex, .snapshot … was expected")
    match suffix:
        case "log":
            base_offset = base_offset_of(path)
            yield Note(f"Log starting offset: {base_offset}", {"startOffset": base_offset})
            yield from dump_log(path, view, findings)
        case "checkpoint":
            yield _snapshot_note(path)
            yield from dump_log(path, view, findings)
        case "index":
            yield from dump_offset_index(path, base_offset_of(path), checks, findings)
        case "timeindex":
            yield from dump_time_index(path, base_offset_of(path), checks, findings)
        case "snapshot":
            yield from read_snapshot(path)
        case "txnindex":
            base_offset_of(path)
            yield from read_transaction_index(path)
        case _:
            raise UnknownFile(path)


def base_offset_of(path: str) -> int:
    """The number that a segment's files begin with."""
    text = os.path.basename(path).split(".", maxsplit=1)[0]
    if not _BASE_OFFSET.fullmatch(text):
        raise ToolFailure(
            f"--files {path}: a name that begins with an offset was expected, such as 00000000000000000000.log"
        )
    return int(text)


def _snapshot_note(path: str) -> Note:
    name = os.path.basename(path)
    if name == BOOTSTRAP_SNAPSHOT:
        return Note("KRaft bootstrap snapshot", {"isBootstrapSnapshot": True})
    match = _SNAPSHOT_NAME.fullmatch(name)
    if match is None:
        raise ToolFailure(
            f"--files {path}: a name with an end offset and an epoch was expected, such as "
            "00000000000000000111-0000000001.checkpoint"
        )
    offset, epoch = int(match[1]), int(match[2])
    return Note(f"Snapshot end offset: {offset}, epoch: {epoch}", {"endOffset": offset, "epoch": epoch})


def dump_log(path: str, view: LogView, findings: Findings) -> Iterator[Entry]:
    """Batches, their records if the view is deep, and how much at the end is no batch."""
    with open_log(path) as log:
        valid_bytes, last_offset = 0, -1
        for batch in log.batches(0, view.max_bytes):
            yield BatchEntry(batch)
            if view.deep:
                for record in batch.records():
                    if last_offset not in (-1, record.offset - 1):
                        note(findings.gaps, absolute_path(path), last_offset, record.offset)
                    last_offset = record.offset
                    yield _record_entry(batch, record, view)
            valid_bytes += batch.size_bytes
        left_over = log.size_bytes - valid_bytes
        if left_over > 0 and view.max_bytes == MAX_POSITION:
            name = os.path.basename(path)
            yield Note(f"Found {left_over} invalid bytes at the end of {name}", {"invalidBytes": left_over})


def _record_entry(batch: StoredBatch, record: Record, view: LogView) -> RecordEntry:
    control = content = None
    if batch.header.is_control:
        if view.show_record_metadata:
            try:
                control = read_control_record(record)
            except InvalidBatch as error:
                raise batch.failure(str(error)) from None
    elif view.decoder is not None:
        content = view.decoder.decode(record)
    return RecordEntry(batch.header, record, view.show_record_metadata, control, content)
