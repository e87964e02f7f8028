"""What a group reads of the topics that there are: names resolved to IDs and partition counts, and a hash of it all.

When the hash changes, somebody created, grew or deleted a topic that the group reads, and partitions have to be
distributed anew. Kafka's own hash is of another kind (XXH3, KIP-1101): a group taken over from Kafka sees one change
that is none.
"""

import hashlib
from collections.abc import Iterable, Mapping
from uuid import UUID

from barnabas.coordinators.groups.consumer.assignors import Subscriber
from barnabas.coordinators.groups.consumer.group import Topics
from barnabas.coordinators.groups.consumer.member import ConsumerMember, Partitions

Patterns = Mapping[str, frozenset[str]]


def topics_of(member: ConsumerMember, patterns: Patterns) -> frozenset[str]:
    """The names of all topics that a member asks for, there or not."""
    if not member.subscribed_topic_regex:
        return member.subscribed_topic_names
    return member.subscribed_topic_names | patterns.get(member.subscribed_topic_regex, frozenset())


def metadata_hash(members: Iterable[ConsumerMember], patterns: Patterns, topics: Topics) -> int:
    """A hash of the topics that anybody reads, as they are now; 0 when there is none."""
    names: set[str] = set()
    for member in members:
        names |= topics_of(member, patterns)
    known = sorted(name for name in names if name in topics)
    if not known:
        return 0
    digest = hashlib.blake2b(digest_size=8)
    for name in known:
        topic = topics[name]
        digest.update(f"{topic.topic_id} {name} {len(topic.partitions)}\n".encode())
    return int.from_bytes(digest.digest(), "big", signed=True)


def subscribers(
    members: Iterable[ConsumerMember], target: Mapping[str, Partitions], patterns: Patterns, topics: Topics
) -> tuple[dict[str, Subscriber], dict[UUID, int]]:
    """The members as assignors see them, with what they shall own so far; and the sizes of the topics they read."""
    resolved: dict[frozenset[str], frozenset[UUID]] = {}
    partition_counts: dict[UUID, int] = {}
    found = {}
    for member in members:
        names = topics_of(member, patterns)
        if names not in resolved:
            known = [topics[name] for name in names if name in topics]
            resolved[names] = frozenset(topic.topic_id for topic in known)
            partition_counts.update((topic.topic_id, len(topic.partitions)) for topic in known)
        previous = target.get(member.member_id, {})
        found[member.member_id] = Subscriber(resolved[names], previous, member.instance_id)
    return found, partition_counts
