"""Which brokers hold which partition.

Invariant: a partition's replicas are distinct registered brokers; the first is its preferred leader.
Source: Kafka's round robin without racks: leaders go round the brokers, and with every round the followers are
shifted by one more, so that the partitions of a lost broker spread over all others. The texts are Apache Kafka 4.1's.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from barnabas.foundation.errors import ErrorCode, KafkaError

Replicas = tuple[int, ...]


class Placement(NamedTuple):
    """Where a round robin starts; drawn at random so that single-partition topics spread too."""

    first_broker: int
    follower_shift: int


def assign_replicas(
    brokers: Collection[int], partition_count: int, replication_factor: int, start: Placement, first_partition: int = 0
) -> list[Replicas]:
    """Replicas for `partition_count` partitions, the first of which has the number `first_partition`."""
    if not 0 < replication_factor <= len(brokers):
        raise KafkaError(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"Unable to replicate the partition {replication_factor} time(s): The target replication factor of "
            f"{replication_factor} cannot be reached because only {len(brokers)} broker(s) are registered.",
        )
    ring = sorted(brokers)
    return [
        _replicas(ring, partition, replication_factor, start)
        for partition in range(first_partition, first_partition + partition_count)
    ]


def _replicas(ring: Sequence[int], partition: int, replication_factor: int, start: Placement) -> Replicas:
    count = len(ring)
    leader = (partition + start.first_broker) % count
    shift = start.follower_shift + partition // count
    followers = (
        (leader + 1 + (shift + place) % (count - 1)) % count if count > 1 else leader
        for place in range(replication_factor - 1)
    )
    return (ring[leader], *(ring[follower] for follower in followers))


def check_manual_assignment(brokers: Collection[int], replicas: Sequence[int]) -> Replicas:
    """One partition's replicas as somebody wrote them down; raises INVALID_REPLICA_ASSIGNMENT."""
    if not replicas:
        raise _invalid("The manual partition assignment includes an empty replica list.")
    for broker in sorted(replicas):
        if broker not in brokers:
            text = f"The manual partition assignment includes broker {broker}, but no such broker is registered."
            raise _invalid(text)
    for broker in sorted(set(replicas)):
        if list(replicas).count(broker) > 1:
            raise _invalid(f"The manual partition assignment includes the broker {broker} more than once.")
    return tuple(replicas)


def check_manual_assignments(
    brokers: Collection[int], assignments: Sequence[tuple[int, Sequence[int]]]
) -> list[Replicas]:
    """A new topic's replicas as somebody wrote them down, by partition; raises INVALID_REPLICA_ASSIGNMENT."""
    by_partition: dict[int, Sequence[int]] = {}
    for partition, replicas in assignments:
        if partition in by_partition:
            raise _invalid(f"Found multiple manual partition assignments for partition {partition}")
        by_partition[partition] = replicas
    checked = {
        partition: check_manual_assignment(brokers, replicas) for partition, replicas in sorted(by_partition.items())
    }
    return _in_order(checked)


def _in_order(by_partition: Mapping[int, Replicas]) -> list[Replicas]:
    lengths = {len(replicas) for replicas in by_partition.values()}
    if sorted(by_partition) != list(range(len(by_partition))):
        raise _invalid("partitions should be a consecutive 0-based integer sequence")
    if len(lengths) > 1:
        first = len(by_partition[0])
        other = next(len(replicas) for replicas in by_partition.values() if len(replicas) != first)
        text = (
            f"The manual partition assignment includes a partition with {other} replica(s), but this is not "
            f"consistent with previous partitions, which have {first} replica(s)."
        )
        raise _invalid(text)
    return [by_partition[partition] for partition in range(len(by_partition))]


def _invalid(text: str) -> KafkaError:
    return KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, text)
