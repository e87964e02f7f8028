"""Whatever members of consumer groups do, no partition is ever with two of them, and in the end all are with one.

Members join, leave, fall silent, reply late or with an old epoch, and give partitions back when they feel like it;
topics are created, grow and go. The members believe what they are told, so what they own is checked against each other
and not only inside the coordinator. The assignors are asked for themselves as well.
"""

import asyncio
import uuid

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from barnabas.coordinators.groups.consumer.assignors import Subscriber, Subscribers, assign_range, assign_uniform
from barnabas.coordinators.groups.consumer.group import ConsumerGroup, ConsumerGroupState
from barnabas.coordinators.groups.consumer.member import Partitions
from unit.coordinators.consumer_group_world import GROUP, ConsumerWorld, Reader

TOPICS = [uuid.UUID(int=number) for number in range(1, 5)]
MEMBERS = 4
members = st.integers(0, MEMBERS - 1)


# -- assignors

counts = st.dictionaries(st.sampled_from(TOPICS), st.integers(0, 9), max_size=4)
topic_sets = st.frozensets(st.sampled_from(TOPICS))
names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True)


def owned(assigned: dict[str, Partitions]) -> list[tuple[uuid.UUID, int]]:
    return sorted(
        (topic, index) for partitions in assigned.values() for topic, indexes in partitions.items() for index in indexes
    )


def size(partitions: Partitions) -> int:
    return sum(len(indexes) for indexes in partitions.values())


def expected(subscribers: Subscribers, partition_counts: dict[uuid.UUID, int]) -> list[tuple[uuid.UUID, int]]:
    read = {topic for subscriber in subscribers.values() for topic in subscriber.topics}
    return sorted(
        (topic, index) for topic, count in partition_counts.items() if topic in read for index in range(count)
    )


@given(names=names, topics=topic_sets, partition_counts=counts)
def test_same_subscriptions_are_balanced_within_one(
    names: list[str], topics: frozenset[uuid.UUID], partition_counts: dict[uuid.UUID, int]
) -> None:
    subscribers = {name: Subscriber(topics) for name in names}
    assigned = assign_uniform(subscribers, partition_counts)
    assert owned(assigned) == expected(subscribers, partition_counts)
    sizes = [size(partitions) for partitions in assigned.values()]
    assert max(sizes) - min(sizes) <= 1
    assert assign_uniform({name: Subscriber(topics, assigned[name]) for name in names}, partition_counts) == assigned


@given(names=names, leaving=st.integers(0, 7), topics=topic_sets, partition_counts=counts)
def test_uniform_moves_only_what_it_must(
    names: list[str], leaving: int, topics: frozenset[uuid.UUID], partition_counts: dict[uuid.UUID, int]
) -> None:
    """When a member leaves, everybody else keeps what they have; when it comes back, it gets its share and no more."""
    before = assign_uniform({name: Subscriber(topics) for name in names}, partition_counts)
    left = {name: Subscriber(topics, before[name]) for name in names if name != names[leaving % len(names)]}
    after = assign_uniform(left, partition_counts)
    for name in left:
        for topic, indexes in before[name].items():
            assert indexes <= after[name].get(topic, frozenset())
    back = {name: Subscriber(topics, after.get(name, {})) for name in names}
    again = assign_uniform(back, partition_counts)
    moved = sum(size(after[name]) for name in left) - sum(
        len(indexes & again[name].get(topic, frozenset())) for name in left for topic, indexes in after[name].items()
    )
    if left:
        assert moved == size(again[names[leaving % len(names)]])


@given(subscriptions=st.dictionaries(st.sampled_from("abcdef"), topic_sets, min_size=1), partition_counts=counts)
def test_different_subscriptions_are_complete_and_can_not_be_evened_out(
    subscriptions: dict[str, frozenset[uuid.UUID]], partition_counts: dict[uuid.UUID, int]
) -> None:
    subscribers = {name: Subscriber(topics) for name, topics in subscriptions.items()}
    for assign in (assign_uniform, assign_range):
        assigned = assign(subscribers, partition_counts)
        assert owned(assigned) == expected(subscribers, partition_counts)
        assert all(partitions.keys() <= subscriptions[name] for name, partitions in assigned.items())
    uniform = assign_uniform(subscribers, partition_counts)
    for rich, partitions in uniform.items():
        for poor, topics in subscriptions.items():
            if partitions.keys() & topics:
                assert size(uniform[rich]) - size(uniform[poor]) <= 1


@given(names=names, topics=topic_sets, partition_counts=counts)
def test_ranges_are_neighbours_and_meet_across_topics(
    names: list[str], topics: frozenset[uuid.UUID], partition_counts: dict[uuid.UUID, int]
) -> None:
    assigned = assign_range({name: Subscriber(topics) for name in names}, partition_counts)
    for partitions in assigned.values():
        for topic, indexes in partitions.items():
            assert max(indexes) - min(indexes) == len(indexes) - 1
            for other, others in partitions.items():
                if partition_counts[topic] == partition_counts[other]:
                    assert indexes == others


# -- reconciliation


class GroupsOfConsumers(RuleBasedStateMachine):
    """Random lives of a group."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = ConsumerWorld()
        self.world.create("t1", 3)
        self.readers = [Reader(self.world, f"m{number}") for number in range(MEMBERS)]
        for number in (0, 1):
            self.readers[number].instance_id = f"i{number}"
        self.run(self.world.start())

    def run(self, work: object) -> object:
        return self.loop.run_until_complete(work)  # type: ignore[arg-type]

    def teardown(self) -> None:
        try:
            self.run(self.come_to_rest())
        finally:
            self.run(self.world.coordinator.close())
            self.loop.close()

    @rule(member=members, topic=st.sampled_from(("t1", "t2")))
    def joins(self, member: int, topic: str) -> None:
        reader = self.readers[member]
        if reader.epoch <= 0:
            reader.topics = [topic]
            self.run(reader.join())

    @rule(member=members)
    def beats(self, member: int) -> None:
        if self.readers[member].epoch > 0:
            self.run(self.readers[member].beat())

    @rule(member=members)
    def beats_but_the_answer_is_lost(self, member: int) -> None:
        if self.readers[member].epoch > 0:
            self.run(self.readers[member].beat_unheard())

    @rule(member=members)
    def gives_back(self, member: int) -> None:
        self.readers[member].give_back()

    @rule(member=members)
    def leaves(self, member: int) -> None:
        if self.readers[member].epoch > 0:
            self.run(self.readers[member].leave())

    @rule(member=members, topic=st.sampled_from(("t1", "t2", "t1|t2")))
    def subscribes_to_a_pattern(self, member: int, topic: str) -> None:
        if self.readers[member].epoch > 0:
            self.run(self.readers[member].beat(subscribed_topic_names=[], subscribed_topic_regex=topic))

    @rule(topic=st.sampled_from(("t1", "t2")), partitions=st.integers(1, 6))
    def topic_grows(self, topic: str, partitions: int) -> None:
        self.world.create(topic, max(partitions, self.world.partition_count(topic)))

    @rule()
    def topic_goes(self) -> None:
        self.world.delete("t2")

    @rule(seconds=st.sampled_from((1, 20, 50)))
    def time_passes(self, seconds: int) -> None:
        self.run(self.pass_time(seconds))

    @rule()
    def storing_fails(self) -> None:
        self.world.fail_next()

    @rule()
    def coordinator_crashes(self) -> None:
        self.world.sink.failures.clear()
        self.run(self.world.crash_and_restart())

    async def pass_time(self, seconds: int) -> None:
        await self.world.advance(seconds * 1_000, stride_ms=5_000)
        for reader in self.readers:
            if not self.knows(reader):
                reader.is_fenced()

    def knows(self, reader: Reader) -> bool:
        group = self.world.consumer_group
        return group is not None and reader.member_id in group.members

    async def come_to_rest(self) -> None:
        """Everybody beats until nothing changes; then all that is read is with exactly one."""
        self.world.sink.failures.clear()
        for _ in range(20):
            for reader in self.readers:
                if reader.epoch > 0:
                    reader.give_back()
                    await reader.beat()
        group = self.world.consumer_group
        there = [reader for reader in self.readers if reader.epoch > 0]
        if group is None or not there or len(group.members) != len(there):
            return
        assert group.state is ConsumerGroupState.STABLE
        read = {topic for topic in self.world.topics if group.is_subscribed_to(topic)}
        everything = sorted(
            (self.world.topics[topic].topic_id, index)
            for topic in read
            for index in range(self.world.partition_count(topic))
        )
        assert sorted(partition for reader in there for partition in reader.owned) == everything

    @invariant()
    def no_partition_is_with_two(self) -> None:
        believed = [partition for reader in self.readers for partition in reader.owned if self.knows(reader)]
        assert len(believed) == len(set(believed))

    @invariant()
    def the_log_says_the_same(self) -> None:
        replayed = self.world.replayed().consumer_groups.get(GROUP)
        assert _durable(replayed) == _durable(self.world.consumer_group)


def _durable(group: ConsumerGroup | None) -> object:
    if group is None:
        return None
    owners = {topic: held for topic, held in group.owners.items() if held}
    target = {member: partitions for member, partitions in group.target.items() if partitions}
    epochs = (group.group_epoch, group.metadata_hash, group.target_epoch)
    return (epochs, group.members, group.static_members, target, group.patterns, owners)


TestGroupsOfConsumers = GroupsOfConsumers.TestCase
TestGroupsOfConsumers.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
