"""What a broker does from time to time: checkpoints, retention. One owned task; the work itself is done in a thread."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from barnabas.foundation.errors import KafkaError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Work that blocks for a moment, and how often it is due."""

    name: str
    every_ms: int
    work: Callable[[], None]
    first_after_ms: int | None = None
    """When it is due for the first time, if not after the usual time."""
    then: Callable[[], None] | None = None
    """What remains to be done on the event loop."""


class Housekeeping:
    """Runs chores in turn; a chore that fails is reported and tried again when it is due."""

    def __init__(self, chores: tuple[Chore, ...]) -> None:
        self._chores = chores
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> Self:
        self._tasks = [asyncio.create_task(self._repeat(chore), name=chore.name) for chore in self._chores]
        return self

    async def stop(self) -> None:
        """End after the chore that is being done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, chore: Chore) -> None:
        due_ms = chore.every_ms if chore.first_after_ms is None else chore.first_after_ms
        while True:
            await asyncio.sleep(due_ms / 1000)
            due_ms = chore.every_ms
            # Shielded: a thread can't be cancelled, and its files must not be closed below it.
            running = asyncio.ensure_future(asyncio.to_thread(chore.work))
            try:
                await asyncio.shield(running)
                if chore.then is not None:
                    chore.then()
            except asyncio.CancelledError:
                await asyncio.wait((running,))
                raise
            except (KafkaError, OSError):
                log.exception("%s failed", chore.name)
