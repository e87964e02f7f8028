"""What a shard asks of the state machine that it runs."""

from typing import Protocol

from barnabas.coordinators.runtime.outcome import CoordinatorRecord, Event, Outcome
from barnabas.foundation.errors import ErrorCode


class StateMachine(Protocol):
    """A coordinator's state in one partition. All methods are synchronous and free of I/O."""

    def replay(self, record: CoordinatorRecord) -> None:
        """Take in a record from the log while loading."""

    def apply(self, record: CoordinatorRecord) -> None:
        """Take in a record of one's own that is stored now."""

    def loaded(self, now_ms: int) -> Outcome[None]:
        """All records were replayed; requests come next."""

    def timer_fired(self, event: Event, now_ms: int) -> Outcome[None]:
        """A timer that an outcome had set ran out."""

    def records_stored(self, event: Event, error: ErrorCode | None, now_ms: int) -> Outcome[None]:
        """The records of the outcome with this `afterwards` are stored and applied, or failed with `error`."""
