"""Records as values: as they come out of a batch, and as they go into one."""

from typing import NamedTuple, TypeAlias

# Header keys are UTF-8; bytes of a key that are not survive as surrogate escapes.
RecordHeaders: TypeAlias = tuple[tuple[str, bytes | None], ...]


class Record(NamedTuple):
    """A record at its place in the log."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: RecordHeaders


class NewRecord(NamedTuple):
    """A record that has no offset yet."""

    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: RecordHeaders = ()
