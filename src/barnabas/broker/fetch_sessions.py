"""Fetch sessions: a client names its partitions once, then only what changed (KIP-227).

A session remembers the client's partitions and what it was last told of each; an incremental response holds only
partitions with records, news or an error. Sessions live in a cache with a fixed number of slots; when it is full a
new session takes the place of the one unused for longest, if that was unused for `min_eviction_ms` (Kafka: 2 minutes),
and otherwise the client goes on without a session.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from barnabas.broker.fetch_targets import FetchTarget, FetchWatch, TopicKey, targets_of
from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic

NO_SESSION: Final = 0
INITIAL_EPOCH: Final = 0
FINAL_EPOCH: Final = -1
_MAX_EPOCH: Final = 2**31 - 1
FIRST_VERSION_WITH_TOPIC_IDS: Final = 13


class FetchSession:
    """The partitions of one client."""

    __slots__ = ("epoch", "last_used_ms", "session_id", "targets", "uses_topic_ids", "watch")

    def __init__(self, session_id: int, *, uses_topic_ids: bool) -> None:
        self.session_id = session_id
        self.epoch = 1
        self.uses_topic_ids = uses_topic_ids
        self.watch = FetchWatch()
        self.targets: dict[tuple[TopicKey, int], FetchTarget] = {}
        self.last_used_ms = 0.0

    def update(self, request: FetchRequest) -> None:
        for topic, wanted in _partitions(request.topics):
            target = self.targets.get((topic, wanted.partition))
            if target is None:
                self.targets[topic, wanted.partition] = FetchTarget(self.watch, topic, wanted)
            else:
                target.update(wanted)
        for forgotten in request.forgotten_topics_data:
            key = TopicKey(forgotten.topic, forgotten.topic_id)
            for partition in forgotten.partitions:
                target = self.targets.pop((key, partition), None)
                if target is not None:
                    target.stop_listening()
                    self.watch.due.pop(target, None)

    def close(self) -> None:
        for target in self.targets.values():
            target.stop_listening()


@dataclass(slots=True)
class FetchPlan:
    """What one request reads, and how much of the outcome its response tells."""

    watch: FetchWatch
    targets: Mapping[tuple[TopicKey, int], FetchTarget]
    session: FetchSession | None = None
    tells_everything: bool = True

    @property
    def session_id(self) -> int:
        return NO_SESSION if self.session is None else self.session.session_id

    def close(self) -> None:
        """The request is answered: without a session nobody will ask for its targets again."""
        if self.session is None:
            for target in self.targets.values():
                target.stop_listening()


class FetchSessions:
    """The cache of sessions of a broker."""

    def __init__(
        self, clock: Clock, new_id: Callable[[], int], *, slots: int = 1000, min_eviction_ms: int = 120_000
    ) -> None:
        """`new_id` draws a session ID from 1 to 2^31-1."""
        self._clock = clock
        self._new_id = new_id
        self._slots = slots
        self._min_eviction_ms = min_eviction_ms
        self._sessions: OrderedDict[int, FetchSession] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def plan(self, request: FetchRequest, version: int) -> FetchPlan:
        """What to read for this request.

        Raises KafkaError FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH or FETCH_SESSION_TOPIC_ID_ERROR.
        """
        if version < 7:
            return _plan_without_session(request)
        epoch, session_id = request.session_epoch, request.session_id
        if epoch == FINAL_EPOCH:
            self._remove(session_id)
            return _plan_without_session(request)
        uses_topic_ids = version >= FIRST_VERSION_WITH_TOPIC_IDS
        if epoch == INITIAL_EPOCH:
            self._remove(session_id)
            session = self._create(request, uses_topic_ids=uses_topic_ids)
            if session is None:
                return _plan_without_session(request)
            return FetchPlan(session.watch, session.targets, session)
        return self._continue(request, uses_topic_ids=uses_topic_ids)

    def _create(self, request: FetchRequest, *, uses_topic_ids: bool) -> FetchSession | None:
        now_ms = self._clock.monotonic_ms()
        if len(self._sessions) >= self._slots:
            oldest = next(iter(self._sessions.values()), None)
            if oldest is None or now_ms - oldest.last_used_ms < self._min_eviction_ms:
                return None
            self._remove(oldest.session_id)
        session_id = self._new_id()
        while session_id in self._sessions:
            session_id = self._new_id()
        session = FetchSession(session_id, uses_topic_ids=uses_topic_ids)
        session.update(request)
        session.last_used_ms = now_ms
        self._sessions[session_id] = session
        return session

    def _continue(self, request: FetchRequest, *, uses_topic_ids: bool) -> FetchPlan:
        session = self._sessions.get(request.session_id)
        if session is None:
            raise KafkaError(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
        if session.epoch != request.session_epoch:
            raise KafkaError(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
        if session.uses_topic_ids != uses_topic_ids:
            raise KafkaError(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
        session.epoch = 1 if session.epoch == _MAX_EPOCH else session.epoch + 1
        session.last_used_ms = self._clock.monotonic_ms()
        self._sessions.move_to_end(session.session_id)
        if request.topics or request.forgotten_topics_data:
            session.update(request)
        return FetchPlan(session.watch, session.targets, session, tells_everything=False)

    def _remove(self, session_id: int) -> None:
        session = self._sessions.pop(session_id, None)
        if session is not None:
            session.close()


def _partitions(topics: list[FetchTopic]) -> Iterator[tuple[TopicKey, FetchPartition]]:
    for topic in topics:
        key = TopicKey(topic.topic, topic.topic_id)
        for partition in topic.partitions:
            yield key, partition


def _plan_without_session(request: FetchRequest) -> FetchPlan:
    watch = FetchWatch()
    return FetchPlan(watch, targets_of(watch, _partitions(request.topics)))
