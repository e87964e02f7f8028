"""What a disk's refusal means: the whole log directory goes offline (KIP-112).

After a failed write or fsync nobody knows what the device holds, and Linux forgets which pages it could not write; so
Kafka serves nothing from such a directory until the broker is started again and its logs are recovered. Whatever
touches a log's files turns `OSError` into KAFKA_STORAGE_ERROR and tells the directory.
"""

import errno
import functools
import logging
from collections.abc import Callable
from typing import Concatenate, Final, NamedTuple, NoReturn, ParamSpec, Protocol, TypeVar

from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.records import InvalidBatch
from barnabas.storage.filesystem import Buffer

OnDiskError = Callable[[OSError], None]
"""Told of every error, in whichever thread it happened; returns at once."""
_logger = logging.getLogger(__name__)

_NOT_THE_DISK: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM))
"""The process ran out of something: the request fails, the directory is as well as before."""

P = ParamSpec("P")
R = TypeVar("R")


def is_of_the_disk(error: OSError) -> bool:
    """Whether the error speaks of the directory's disk rather than of this process."""
    return error.errno not in _NOT_THE_DISK


class ReportsDiskErrors(Protocol):
    """Something that lives on a disk."""

    def storage_error(self, error: OSError) -> KafkaError:
        """Tell the log directory of the error; what comes back answers whoever asked."""


L = TypeVar("L", bound=ReportsDiskErrors)


def reports_disk_errors(method: Callable[Concatenate[L, P], R]) -> Callable[Concatenate[L, P], R]:
    """Raise KafkaError KAFKA_STORAGE_ERROR where the method raised OSError, and tell the log directory."""

    @functools.wraps(method)
    def reporting(self: L, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except OSError as error:
            raise self.storage_error(error) from error

    return reporting  # type: ignore[return-value]  # mypy takes `self` for a keyword of what `wraps` makes


class LostFile:
    """Takes the place of an open file when its directory is offline, so that nothing more reaches the disk."""

    __slots__ = ("_error",)

    def __init__(self, error: OSError) -> None:
        self._error = error

    @property
    def descriptor(self) -> int:
        return -1

    def append(self, buffer: Buffer) -> int:
        self._refuse()

    def read_at(self, position: int, count: int) -> bytes:
        self._refuse()

    def read_cached(self, position: int, count: int) -> bytes:
        self._refuse()

    def is_cached(self, position: int, count: int) -> bool:
        return True

    def size(self) -> int:
        self._refuse()

    def truncate(self, size_bytes: int) -> None:
        self._refuse()

    def sync(self) -> None:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise OSError(self._error.errno, self._error.strerror or str(self._error))


class Damage(NamedTuple):
    """A batch that is not what was written, and where it stands."""

    segment_file: str
    offset: int
    """The first offset that can't be read any more, or the one that somebody wanted to read."""
    reason: str
    """What is wrong, with the position in the file."""


class DamagedSegment(InvalidBatch):
    """A damaged batch, and the segment that it was met in."""

    def __init__(self, segment_file: str, error: InvalidBatch) -> None:
        super().__init__(error.message)
        self.segment_file = segment_file


class OnDisk:
    """What every log shares: how it tells of errors and damage."""

    def __init__(self, topic_partition: TopicPartition, on_disk_error: OnDiskError | None) -> None:
        self.topic_partition = topic_partition
        self.damage: tuple[Damage, ...] = ()
        """Batches that were found damaged; none in a sound log. Forgotten at the next start unless found again."""
        self._on_disk_error = on_disk_error
        self._is_deleted = False

    def storage_error(self, error: OSError) -> KafkaError:
        """Tell the log directory, which goes offline; what comes back answers whoever asked."""
        # Of a deleted log the files have gone, or are about to: no fault of the disk.
        if self._on_disk_error is not None and not self._is_deleted:
            self._on_disk_error(error)
        return KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.topic_partition}: {error}")

    def damaged(self, segment_file: str, offset: int, error: InvalidBatch) -> InvalidBatch:
        """Mark the log and say so, once for each place; what comes back answers whoever read there."""
        found = Damage(segment_file, offset, error.message)
        if all((known.segment_file, known.reason) != (found.segment_file, found.reason) for known in self.damage):
            self.damage = (*self.damage, found)
            where = f"{segment_file} (looking for offset {offset})" if offset >= 0 else segment_file
            _logger.error("%s is damaged in %s: %s", self.topic_partition, where, error.message)
        return error
