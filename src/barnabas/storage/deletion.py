"""Files that nobody should see any more, removed later and off the event loop.

Kafka renames first (`.deleted` behind a segment's files, `.<id>-delete` behind a log's directory) and removes after
`file.delete.delay.ms`. A crash in between loses nothing: the next start finds the suffixes and removes what has them.
"""

import os
import threading
from typing import Final

from barnabas.storage.filesystem import FileSystem
from barnabas.storage.segment import DELETED_SUFFIX

LOG_DELETE_SUFFIX: Final = "-delete"


class DeletionQueue:
    """Paths and when to remove them; `remove_due` may run in another thread than the rest."""

    def __init__(self, filesystem: FileSystem) -> None:
        self._filesystem = filesystem
        self._lock = threading.Lock()
        self._pending: list[tuple[int, str, bool]] = []

    def __len__(self) -> int:
        return len(self._pending)

    def mark_file(self, path: str, due_ms: int) -> None:
        """Rename a file out of sight and remove it when `due_ms` has come; a file that is not there is done."""
        marked = path + DELETED_SUFFIX
        try:
            self._filesystem.rename(path, marked)
        except FileNotFoundError:
            return
        except PermissionError:
            marked = path  # Windows renames no open file: it goes once the last slice of it is sent
        self._add(due_ms, marked, is_directory=False)

    def add_file(self, path: str, due_ms: int) -> None:
        """Remove a file that has its `.deleted` name already; it need not be there."""
        self._add(due_ms, path, is_directory=False)

    def add_directory(self, path: str, due_ms: int) -> None:
        """Remove a directory, which has its `-delete` name already, with all its files."""
        self._add(due_ms, path, is_directory=True)

    def remove_due(self, now_ms: int) -> int:
        """Remove what is due; returns how many paths. What Windows still holds open is tried again the next time."""
        with self._lock:
            due = [item for item in self._pending if item[0] <= now_ms]
            self._pending = [item for item in self._pending if item[0] > now_ms]
        removed = 0
        for item in due:
            try:
                self._remove(item[1], is_directory=item[2])
                removed += 1
            except FileNotFoundError:
                pass
            except PermissionError:
                self._add(*item[:2], is_directory=item[2])
        return removed

    def _add(self, due_ms: int, path: str, *, is_directory: bool) -> None:
        with self._lock:
            self._pending.append((due_ms, path, is_directory))

    def _remove(self, path: str, *, is_directory: bool) -> None:
        if not is_directory:
            self._filesystem.remove(path)
            return
        for entry in self._filesystem.list(path):
            self._filesystem.remove(os.path.join(path, entry.name))
        self._filesystem.remove_directory(path)
