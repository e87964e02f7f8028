"""`flush.messages`: an acknowledgement that waits for the device, and shares the wait.

While one flush is under way in a thread, appends go on and gather; the next flush is for all of them. What is not
flushed yet is neither acknowledged nor shown to readers, and all of it follows in order. Without `flush.messages` none
of this runs.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from barnabas.foundation.errors import KafkaError
from barnabas.storage import NEVER, PartitionLog

Show = Callable[[int, int], None]
"""Let readers see the log up to an offset; so many bytes are new to them."""


class GroupCommit:
    """The flushes of one log; on the event loop."""

    __slots__ = ("_log", "_show", "_stop", "_task", "_unseen_bytes")

    def __init__(self, log: PartitionLog, show: Show, stop: Callable[[KafkaError], None]) -> None:
        """`stop` is told when the device refuses."""
        self._log: Final = log
        self._show: Final = show
        self._stop: Final = stop
        self._task: asyncio.Task[None] | None = None
        self._unseen_bytes = 0

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The flushing that is under way; it ends by itself."""
        return self._task

    def takes(self, size_bytes: int) -> bool:
        """Whether what was just appended has to wait for a flush, which then begins."""
        log = self._log
        if self._task is None:
            if not self._is_due():
                return False
            self._task = asyncio.get_running_loop().create_task(self._flush(), name=f"flush-{log.topic_partition}")
        self._unseen_bytes += size_bytes
        return True

    def _is_due(self) -> bool:
        flush_messages = self._log.config.flush_messages
        return flush_messages != NEVER and self._log.log_end_offset - self._log.recovery_point >= flush_messages

    async def _flush(self) -> None:
        try:
            while self._is_due():
                end_offset = self._log.log_end_offset
                flushed_bytes, self._unseen_bytes = self._unseen_bytes, 0
                await asyncio.to_thread(self._log.flush)
                self._show(end_offset, flushed_bytes)
        except KafkaError as error:
            self._task = None
            self._stop(error)
            return
        # Less than `flush.messages` came meanwhile: that need not wait.
        self._task = None
        unseen_bytes, self._unseen_bytes = self._unseen_bytes, 0
        self._show(self._log.log_end_offset, unseen_bytes)
