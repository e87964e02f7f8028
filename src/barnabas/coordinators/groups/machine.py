"""The state machine of one partition's groups, as the shard drives it."""

from collections.abc import Callable, Mapping

from barnabas.coordinators.groups.consumer.group import Topics
from barnabas.coordinators.groups.consumer.leave import consumer_revocation_expired, consumer_session_expired
from barnabas.coordinators.groups.deadlines import (
    groups_loaded,
    initial_delay_ended,
    join_deadline,
    session_expired,
    sync_deadline,
)
from barnabas.coordinators.groups.deletion import expire_offsets, groups_deleted
from barnabas.coordinators.groups.events import (
    AssignmentStored,
    ConsumerRevocationExpired,
    ConsumerSessionExpired,
    ExpireOffsets,
    GroupsDeleted,
    InitialDelayEnded,
    JoinDeadline,
    SessionExpired,
    StaticMemberStored,
    SyncDeadline,
)
from barnabas.coordinators.groups.join import static_member_stored
from barnabas.coordinators.groups.partition_state import GroupsState
from barnabas.coordinators.groups.settings import GroupSettings
from barnabas.coordinators.groups.sync import assignment_stored
from barnabas.coordinators.runtime.outcome import CoordinatorRecord, Event, Outcome
from barnabas.foundation.errors import ErrorCode


class GroupsMachine:
    """Routes records and events to the decisions about them."""

    __slots__ = ("state",)

    def __init__(
        self,
        settings: GroupSettings,
        topics: Callable[[], Topics] = dict,
        group_config: Callable[[str], Mapping[str, str]] = lambda _: {},
    ) -> None:
        self.state = GroupsState(settings, topics=topics, group_config=group_config)

    def replay(self, record: CoordinatorRecord) -> None:
        self.state.replay(record)

    def apply(self, record: CoordinatorRecord) -> None:
        self.state.apply(record)

    def loaded(self, now_ms: int) -> Outcome[None]:
        return groups_loaded(self.state, now_ms)

    def timer_fired(self, event: Event, now_ms: int) -> Outcome[None]:
        match event:
            case SessionExpired():
                return session_expired(self.state, event, now_ms)
            case InitialDelayEnded():
                return initial_delay_ended(self.state, event, now_ms)
            case JoinDeadline():
                return join_deadline(self.state, event, now_ms)
            case SyncDeadline():
                return sync_deadline(self.state, event, now_ms)
            case ConsumerSessionExpired():
                return consumer_session_expired(self.state, event)
            case ConsumerRevocationExpired():
                return consumer_revocation_expired(self.state, event)
            case ExpireOffsets():
                return expire_offsets(self.state, now_ms)
            case _:
                raise AssertionError(f"no timer of groups: {event}")

    def records_stored(self, event: Event, error: ErrorCode | None, now_ms: int) -> Outcome[None]:
        match event:
            case AssignmentStored():
                return assignment_stored(self.state, event, error, now_ms)
            case StaticMemberStored():
                return static_member_stored(self.state, event, error)
            case GroupsDeleted():
                return groups_deleted(self.state, event, error, now_ms)
            case _:
                raise AssertionError(f"no groups wait for records with {event}")
