"""What a decision asks the outside world to do.

Decisions are synchronous and pure: they look at the state, the request and the time, change the soft state that no
record keeps (who waits, who was heard of), and return an `Outcome`. The shard carries it out in this order: timers are
set, replies are sent, records are appended; only once these are stored does the caller get its response.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from barnabas.foundation.errors import ErrorCode

ResponseT = TypeVar("ResponseT")
ResponseT_co = TypeVar("ResponseT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class CoordinatorRecord:
    """A key and a value of an internal topic; without a value it deletes the key (a tombstone)."""

    key: bytes
    value: bytes | None


class Event:
    """Something that a decision wants to be told of later: a timer that ran out, or records that were stored."""

    __slots__ = ()

    decided_in_turn: ClassVar[bool] = False
    """Whether its decision has to wait until all records before it are stored and applied."""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Deliver `event` after `after_ms`, unless `key` is set anew or cancelled before."""

    key: Hashable
    after_ms: int
    event: Event


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Forget the timer of this key, if there is one."""

    key: Hashable


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request that was parked under `ticket`."""

    ticket: int
    response: object


@dataclass(frozen=True, slots=True)
class Outcome(Generic[ResponseT_co]):
    """Everything that follows from one decision.

    `response` is None when the caller has to wait for a `Reply` to its ticket. `afterwards` is handed back to the
    state machine once the records are stored, or with the error for which they were not.
    """

    response: ResponseT_co | None = None
    records: tuple[CoordinatorRecord, ...] = ()
    timers: tuple[SetTimer | CancelTimer, ...] = ()
    replies: tuple[Reply, ...] = ()
    afterwards: Event | None = None


@dataclass(slots=True)
class Effects:
    """Collects, while one decision calls the next, what will be its `Outcome`."""

    records: list[CoordinatorRecord] = field(default_factory=list)
    timers: list[SetTimer | CancelTimer] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    afterwards: Event | None = None

    def reply(self, ticket: int, response: object) -> None:
        self.replies.append(Reply(ticket, response))

    def set_timer(self, key: Hashable, after_ms: int, event: Event) -> None:
        self.timers.append(SetTimer(key, after_ms, event))

    def cancel_timer(self, key: Hashable) -> None:
        self.timers.append(CancelTimer(key))

    def append(self, *records: CoordinatorRecord, afterwards: Event | None = None) -> None:
        """Store `records`; one decision can be told of one storing only."""
        assert afterwards is None or self.afterwards is None, "two decisions of one outcome wait for its records"
        self.records.extend(records)
        self.afterwards = afterwards or self.afterwards

    def outcome(self, response: ResponseT | None = None) -> Outcome[ResponseT]:
        return Outcome(response, tuple(self.records), tuple(self.timers), tuple(self.replies), self.afterwards)


def error_of_failed_append(code: ErrorCode) -> ErrorCode:
    """What a client of a coordinator is told when the internal topic could not take the records.

    Clients know what to do about an unavailable or moved coordinator; the causes below concern a topic they
    never asked for.
    """
    match code:
        case (
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            | ErrorCode.NOT_ENOUGH_REPLICAS
            | ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND
            | ErrorCode.REQUEST_TIMED_OUT
        ):
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        case ErrorCode.NOT_LEADER_OR_FOLLOWER | ErrorCode.KAFKA_STORAGE_ERROR | ErrorCode.FENCED_LEADER_EPOCH:
            return ErrorCode.NOT_COORDINATOR
        case ErrorCode.MESSAGE_TOO_LARGE | ErrorCode.RECORD_LIST_TOO_LARGE | ErrorCode.INVALID_FETCH_SIZE:
            return ErrorCode.UNKNOWN_SERVER_ERROR
        case _:
            return code
