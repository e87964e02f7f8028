"""One log's cleaning as plain data, fit for a pipe to another process: the job, what comes back, and what went wrong.

Everything a cleaning needs to know is looked up before it starts; the process that does it opens nothing but the
segments' files, for reading, and the `.cleaned` files that it makes.
"""

import errno
from dataclasses import asdict, dataclass
from typing import Any, Final

from barnabas.protocol.records import InvalidBatch
from barnabas.storage.compaction.batch_filter import LastOfProducer
from barnabas.storage.compaction.grouping import SegmentFacts
from barnabas.storage.transaction_index import AbortedTransaction

CLEANED_SUFFIX: Final = ".cleaned"
SWAP_SUFFIX: Final = ".swap"
UNLIMITED_BYTES_PER_SECOND: Final = float("inf")


@dataclass(frozen=True, slots=True)
class CleaningLimits:
    """What a cleaning may take, from `log.cleaner.*`: memory and the disk's time, of one cleaner thread."""

    map_bytes: int = 128 * 1024 * 1024
    map_load_factor: float = 0.9
    buffer_bytes: int = 256 * 1024
    max_bytes_per_second: float = UNLIMITED_BYTES_PER_SECOND


@dataclass(frozen=True, slots=True)
class CleaningJob:
    """What to clean: `segments` are those below `first_uncleanable_offset`, in order."""

    directory: str
    segments: tuple[SegmentFacts, ...]
    first_dirty_offset: int
    first_uncleanable_offset: int
    producers: dict[int, LastOfProducer]
    aborted_transactions: tuple[AbortedTransaction, ...]
    now_ms: int
    delete_retention_ms: int
    segment_bytes: int
    segment_index_bytes: int
    index_interval_bytes: int
    limits: CleaningLimits

    def to_plain(self) -> dict[str, Any]:
        """For JSON; nothing but numbers, strings, lists and dictionaries."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "CleaningJob":
        values = dict(plain)
        values["segments"] = tuple(SegmentFacts(**segment) for segment in plain["segments"])
        values["producers"] = {int(key): LastOfProducer(*last) for key, last in plain["producers"].items()}
        values["aborted_transactions"] = tuple(AbortedTransaction(*entry) for entry in plain["aborted_transactions"])
        values["limits"] = CleaningLimits(**plain["limits"])
        return cls(**values)


@dataclass(slots=True)
class CleaningStatistics:
    """What one cleaning read and wrote; times in seconds."""

    map_bytes_read: int = 0
    map_records_read: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    records_read: int = 0
    records_written: int = 0
    keyless_records: int = 0
    map_utilization: float = 0.0
    map_seconds: float = 0.0
    total_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CleanedGroup:
    """A group's segments are written anew under the base offset of the first, in `.cleaned` files on the device."""

    base_offsets: tuple[int, ...]
    """Of the segments that it replaces."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign of life, a few times per second."""


@dataclass(frozen=True, slots=True)
class CleaningDone:
    """All groups are written; the log is clean up to `end_offset`."""

    end_offset: int
    statistics: CleaningStatistics


@dataclass(frozen=True, slots=True)
class CleaningFailed:
    """Why it ended before; `errno` where the disk refused, `damage` where a batch is not what was written."""

    text: str
    errno: int | None = None
    path: str | None = None
    damaged_segment: int | None = None
    damaged_offset: int = -1

    def error(self) -> Exception:
        """As it was raised where it happened."""
        if self.damaged_segment is not None:
            return InvalidBatch(self.text)
        if self.errno is not None:
            return OSError(self.errno, self.text, self.path)
        return CleaningError(self.text)


class CleaningError(Exception):
    """A cleaning that can't go on, for a reason that is neither the disk's nor a damaged batch."""


class DamagedLog(Exception):
    """A batch that is not what was written; says where."""

    def __init__(self, base_offset: int, offset: int, error: InvalidBatch) -> None:
        super().__init__(str(error))
        self.base_offset = base_offset
        self.offset = offset


Report = Progress | CleanedGroup | CleaningDone | CleaningFailed
_KINDS: Final[dict[str, type]] = {
    "progress": Progress,
    "group": CleanedGroup,
    "done": CleaningDone,
    "failed": CleaningFailed,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


def report_to_plain(report: Report) -> dict[str, Any]:
    return {"kind": _NAMES[type(report)], **asdict(report)}


def report_from_plain(plain: dict[str, Any]) -> Report:
    values = dict(plain)
    kind = values.pop("kind")
    match kind:
        case "group":
            return CleanedGroup(tuple(values["base_offsets"]), values["size_bytes"])
        case "done":
            return CleaningDone(values["end_offset"], CleaningStatistics(**values["statistics"]))
        case "failed":
            return CleaningFailed(**values)
        case _:
            return Progress()


def failure_of(error: Exception) -> CleaningFailed:
    """What an error in the middle of a cleaning is told as."""
    if isinstance(error, DamagedLog):
        return CleaningFailed(str(error), damaged_segment=error.base_offset, damaged_offset=error.offset)
    if isinstance(error, OSError):
        return CleaningFailed(error.strerror or str(error), error.errno or errno.EIO, error.filename)
    return CleaningFailed(f"{type(error).__name__}: {error}")
