"""Who shall own which partition: the assignors `uniform` and `range`.

Pure functions from subscriptions and the previous target to the next. `uniform` gives everybody as many partitions as
everybody else, give or take one where all subscribe to the same topics, and moves no more than it has to; `range` gives
each member neighbouring partitions of every topic, so that partitions of equal number of several topics meet. Racks are
not looked at: there is nothing to choose from while every partition has one replica. Source: KIP-848.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from barnabas.coordinators.groups.consumer.member import Partitions


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A member as an assignor sees it."""

    topics: frozenset[UUID]
    previous: Partitions = field(default_factory=dict)
    instance_id: str | None = None


Subscribers = Mapping[str, Subscriber]
"""Subscribers by member ID."""
PartitionCounts = Mapping[UUID, int]
Assignor = Callable[[Subscribers, PartitionCounts], dict[str, Partitions]]


def assign_range(subscribers: Subscribers, partition_counts: PartitionCounts) -> dict[str, Partitions]:
    """Cut every topic into runs of equal length, the first ones longer by one where it does not divide evenly."""
    assigned: dict[str, dict[UUID, frozenset[int]]] = {member_id: {} for member_id in subscribers}
    for topic_id, member_ids in _readers(subscribers, partition_counts).items():
        member_ids.sort(key=lambda member_id: _range_order(member_id, subscribers[member_id]))
        length, longer = divmod(partition_counts[topic_id], len(member_ids))
        start = 0
        for place, member_id in enumerate(member_ids):
            end = start + length + (place < longer)
            if end > start:
                assigned[member_id][topic_id] = frozenset(range(start, end))
            start = end
    return dict(assigned)


def _range_order(member_id: str, subscriber: Subscriber) -> tuple[bool, str]:
    """Static members first: their places do not depend on IDs that change when they restart."""
    if subscriber.instance_id is not None:
        return (False, subscriber.instance_id)
    return (True, member_id)


def assign_uniform(subscribers: Subscribers, partition_counts: PartitionCounts) -> dict[str, Partitions]:
    """Keep what fits, hand out the rest to those who have least, then even out."""
    readers = _readers(subscribers, partition_counts)
    owned = _kept(subscribers, partition_counts)
    if len({frozenset(subscriber.topics & readers.keys()) for subscriber in subscribers.values()}) <= 1:
        _trim(owned, sum(partition_counts[topic_id] for topic_id in readers))
    _hand_out(owned, readers, partition_counts)
    _even_out(owned, readers)
    return {member_id: _by_topic(partitions) for member_id, partitions in owned.items()}


ASSIGNORS: Final[Mapping[str, Assignor]] = {"uniform": assign_uniform, "range": assign_range}

_Owned = dict[str, dict[tuple[UUID, int], None]]
"""Partitions by member, in an order that does not depend on hashes of text."""


def _readers(subscribers: Subscribers, partition_counts: PartitionCounts) -> dict[UUID, list[str]]:
    """The members that read each topic, in order of IDs, so that equal questions get equal answers."""
    readers: defaultdict[UUID, list[str]] = defaultdict(list)
    for member_id in sorted(subscribers):
        for topic_id in subscribers[member_id].topics:
            if partition_counts.get(topic_id):
                readers[topic_id].append(member_id)
    return {topic_id: readers[topic_id] for topic_id in sorted(readers)}


def _kept(subscribers: Subscribers, partition_counts: PartitionCounts) -> _Owned:
    owned: _Owned = {}
    taken: set[tuple[UUID, int]] = set()
    for member_id in sorted(subscribers):
        subscriber = subscribers[member_id]
        kept: dict[tuple[UUID, int], None] = {}
        for topic_id in sorted(subscriber.previous):
            if topic_id in subscriber.topics:
                for index in sorted(subscriber.previous[topic_id]):
                    if index < partition_counts.get(topic_id, 0) and (topic_id, index) not in taken:
                        kept[topic_id, index] = None
        taken.update(kept)
        owned[member_id] = kept
    return owned


def _trim(owned: _Owned, total: int) -> None:
    """Take from each what is over its share; as many as the division leaves over may keep one more."""
    share, longer = divmod(total, len(owned)) if owned else (0, 0)
    for partitions in sorted(owned.values(), key=len, reverse=True):
        allowed = share
        if longer and len(partitions) > share:
            allowed, longer = share + 1, longer - 1
        while len(partitions) > allowed:
            partitions.popitem()


def _hand_out(owned: _Owned, readers: Mapping[UUID, list[str]], partition_counts: PartitionCounts) -> None:
    """Give every partition without owner to the reader with fewest; topics with few readers first."""
    taken = {partition for partitions in owned.values() for partition in partitions}
    by_readers: defaultdict[tuple[str, ...], list[tuple[UUID, int]]] = defaultdict(list)
    for topic_id, member_ids in sorted(readers.items(), key=lambda item: len(item[1])):
        for index in range(partition_counts[topic_id]):
            if (topic_id, index) not in taken:
                by_readers[tuple(member_ids)].append((topic_id, index))
    for group_of_readers, partitions in by_readers.items():
        heap = [(len(owned[member_id]), member_id) for member_id in group_of_readers]
        heapq.heapify(heap)
        for partition in partitions:
            count, member_id = heap[0]
            owned[member_id][partition] = None
            heapq.heapreplace(heap, (count + 1, member_id))


def _even_out(owned: _Owned, readers: Mapping[UUID, list[str]]) -> None:
    """Move partitions to readers that have at least two fewer, until there is none such."""
    moved = True
    while moved:
        moved = False
        for member_ids in {tuple(ids): None for ids in readers.values()}:
            topic_ids = {topic_id for topic_id, ids in readers.items() if tuple(ids) == member_ids}
            moved = _even_out_among(owned, member_ids, topic_ids) or moved


def _even_out_among(owned: _Owned, member_ids: tuple[str, ...], topic_ids: set[UUID]) -> bool:
    """Even out the topics that exactly these members read; whether anything moved."""
    movable = {
        member_id: [partition for partition in owned[member_id] if partition[0] in topic_ids]
        for member_id in member_ids
    }
    poorest = [(len(owned[member_id]), member_id) for member_id in member_ids]
    richest = [(-len(owned[member_id]), member_id) for member_id in member_ids if movable[member_id]]
    heapq.heapify(poorest)
    heapq.heapify(richest)
    moved = False
    while richest:
        fewest, poor = poorest[0]
        if fewest != len(owned[poor]):
            heapq.heapreplace(poorest, (len(owned[poor]), poor))
            continue
        most, rich = richest[0]
        if -most != len(owned[rich]):
            heapq.heapreplace(richest, (-len(owned[rich]), rich))
            continue
        if -most - fewest < 2:
            break
        partition = movable[rich].pop()
        del owned[rich][partition]
        owned[poor][partition] = None
        movable[poor].append(partition)
        if not movable[rich]:
            heapq.heappop(richest)
        if len(movable[poor]) == 1:
            heapq.heappush(richest, (-len(owned[poor]), poor))
        moved = True
    return moved


def _by_topic(partitions: Mapping[tuple[UUID, int], None]) -> Partitions:
    found: defaultdict[UUID, set[int]] = defaultdict(set)
    for topic_id, index in partitions:
        found[topic_id].add(index)
    return {topic_id: frozenset(indexes) for topic_id, indexes in found.items()}
