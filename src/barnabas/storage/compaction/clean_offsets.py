"""`cleaner-offset-checkpoint`, one in each log directory: up to which offset each log is clean, in Kafka's format."""

import logging
import os
import uuid
from collections.abc import Iterable
from typing import Final, NamedTuple

from barnabas.foundation.identifiers import ZERO_UUID, TopicPartition
from barnabas.storage.checkpoints import CorruptCheckpoint, parse_offsets, render_offsets
from barnabas.storage.filesystem import FileSystem, read_file, replace_file

CLEANER_OFFSET_FILE: Final = "cleaner-offset-checkpoint"
_logger = logging.getLogger(__name__)


class _Clean(NamedTuple):
    offset: int
    topic_id: uuid.UUID
    """All zeros if the entry was read from the file, which does not know it."""


class CleanOffsets:
    """The checkpoint of one log directory, kept in memory, written at each change."""

    def __init__(self, filesystem: FileSystem, directory: str) -> None:
        self._filesystem = filesystem
        self._path = os.path.join(directory, CLEANER_OFFSET_FILE)
        self._entries = {name: _Clean(offset, ZERO_UUID) for name, offset in self._read(directory).items()}

    def get(self, name: TopicPartition, topic_id: uuid.UUID) -> int | None:
        """Up to where a log is clean; None where nothing is known, as of a new topic with the name of a deleted one."""
        entry = self._entries.get(name)
        if entry is None or entry.topic_id not in (ZERO_UUID, topic_id):
            return None
        return entry.offset

    def set(self, name: TopicPartition, topic_id: uuid.UUID, offset: int) -> None:
        """Note that a log is clean up to `offset`, which may be less than before; raises OSError."""
        if self._entries.get(name) != _Clean(offset, topic_id):
            self._entries[name] = _Clean(offset, topic_id)
            self._write()

    def keep_only(self, names: Iterable[TopicPartition]) -> None:
        """Forget logs that are not there any more; raises OSError."""
        kept = set(names)
        gone = [name for name in self._entries if name not in kept]
        for name in gone:
            del self._entries[name]
        if gone:
            self._write()

    def _read(self, directory: str) -> dict[TopicPartition, int]:
        if all(entry.name != CLEANER_OFFSET_FILE for entry in self._filesystem.list(directory)):
            return {}
        try:
            content = read_file(self._filesystem, self._path)
            return parse_offsets(content, self._path) if content else {}  # Kafka makes the file before it has an entry
        except CorruptCheckpoint as error:
            _logger.warning("Cleaning all compacted logs from their start: %s", error)
            return {}

    def _write(self) -> None:
        offsets = {name: entry.offset for name, entry in self._entries.items()}
        replace_file(self._filesystem, self._path, render_offsets(offsets))
