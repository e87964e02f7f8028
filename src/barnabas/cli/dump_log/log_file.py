"""The batches of a `.log` or `.checkpoint` file, in its own order, up to where it stops making sense.

A reader of damaged files: it believes a length only as far as the file goes. What is cut off at the end is no error,
only not a batch; a length that no batch can have is one. The rules are those of Kafka's FileLogInputStream.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from barnabas.cli.failures import ToolFailure
from barnabas.protocol.records import (
    BATCH_HEADER_BYTES,
    LOG_OVERHEAD_BYTES,
    BatchHeader,
    InvalidBatch,
    Record,
    read_records,
)
from barnabas.protocol.records.header import HEADER, MAGIC, batch_crc

# Base offset, length, leader epoch or CRC, magic: as much as tells a batch's format.
_PROLOGUE: Final = struct.Struct(">qiib")
MIN_LENGTH: Final = 14
"""Bytes that the smallest message of any format counts after its length."""
MAX_POSITION: Final = 2**31 - 1


class DamagedLog(ToolFailure):
    """The file can't be read on from here; what was printed so far stands."""


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch at its place in a file."""

    path: str
    position: int
    header: BatchHeader
    data: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def compression_name(self) -> str:
        """DamagedLog for a number that stands for no codec."""
        try:
            return self.header.compression.name.lower()
        except InvalidBatch as error:
            raise self.failure(str(error)) from None

    def is_valid(self) -> bool:
        """Whether the CRC is that of the bytes."""
        if len(self.data) < BATCH_HEADER_BYTES:
            return False
        return batch_crc(self.data, 0, len(self.data)) == self.header.crc

    def records(self) -> list[Record]:
        """DamagedLog if they can't be read."""
        try:
            return read_records(self.data)
        except InvalidBatch as error:
            raise self.failure(str(error)) from None

    def failure(self, reason: str) -> DamagedLog:
        return DamagedLog(f"{self.path}: the batch at position {self.position} can't be read: {reason}")


class LogFile:
    """An open file of batches, or a part of one."""

    def __init__(self, path: str, file: BinaryIO, size_bytes: int) -> None:
        self.path = path
        self.size_bytes = size_bytes
        self._file = file

    def batches(self, position: int = 0, max_bytes: int = MAX_POSITION) -> Iterator[StoredBatch]:
        """The whole batches between `position` and `max_bytes` further; raises DamagedLog."""
        end = min(self.size_bytes, position + max_bytes)
        while position < end - _PROLOGUE.size:
            prologue = self._read(position, _PROLOGUE.size)
            if len(prologue) < _PROLOGUE.size:
                return
            _, length, _, magic = _PROLOGUE.unpack(prologue)
            if length < MIN_LENGTH:
                raise DamagedLog(
                    f"Found record size {length} smaller than minimum record overhead ({MIN_LENGTH}) in file "
                    f"{self.path}, at position {position}."
                )
            if position > end - LOG_OVERHEAD_BYTES - length:
                return
            yield self._batch(position, LOG_OVERHEAD_BYTES + length, magic)
            position += LOG_OVERHEAD_BYTES + length

    def _batch(self, position: int, size_bytes: int, magic: int) -> StoredBatch:
        if magic < MAGIC:
            raise DamagedLog(
                f"{self.path}: the batch at position {position} has message format {magic}; only {MAGIC} is read here"
            )
        # A batch that says it is smaller than a header has its fields where they would be all the same.
        data = self._read(position, max(size_bytes, BATCH_HEADER_BYTES))
        if len(data) < BATCH_HEADER_BYTES:
            raise DamagedLog(f"{self.path}: the file ends inside the batch header at position {position}")
        return StoredBatch(self.path, position, BatchHeader(*HEADER.unpack_from(data)), data[:size_bytes])

    def _read(self, position: int, count: int) -> bytes:
        self._file.seek(position)
        return self._file.read(count)


@contextmanager
def open_log(path: str) -> Iterator[LogFile]:
    """ToolFailure if the file can't be opened."""
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (the failure to open is told apart from those inside)
    except OSError as error:
        raise cannot_read(path, error) from None
    with file:
        yield LogFile(path, file, file.seek(0, 2))


def read_whole(path: str) -> bytes:
    """The content of a small file; ToolFailure if it can't be had."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise cannot_read(path, error) from None


def cannot_read(path: str, error: OSError) -> ToolFailure:
    return ToolFailure(f"{path}: a readable file was expected: {error.strerror or error}")


__all__ = ["DamagedLog", "LogFile", "StoredBatch", "cannot_read", "open_log", "read_whole"]


def absolute_path(path: str) -> str:
    """As Java makes it: where we are, and the path as it was given."""
    return path if Path(path).is_absolute() else f"{Path.cwd()}{os.sep}{path}"
