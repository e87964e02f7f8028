"""A partition as a client of one listener may see it: only through brokers that it can reach."""

from dataclasses import dataclass

from barnabas.cluster.metadata import NO_LEADER, ClusterImage, PartitionImage
from barnabas.foundation.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class PartitionView:
    """What Metadata and DescribeTopicPartitions tell of a partition."""

    error: ErrorCode
    leader: int
    offline_replicas: list[int]


def view_partition(image: ClusterImage, partition: PartitionImage, listener_name: str) -> PartitionView:
    """The partition over that listener; a leader that can't be reached is told as none."""
    offline = offline_replicas(image, partition, listener_name)
    leader = image.brokers.get(partition.leader)
    if leader is None:
        return PartitionView(ErrorCode.LEADER_NOT_AVAILABLE, NO_LEADER, offline)
    if leader.endpoint(listener_name) is None:
        return PartitionView(ErrorCode.LISTENER_NOT_FOUND, NO_LEADER, offline)
    return PartitionView(ErrorCode.NONE, partition.leader, offline)


def offline_replicas(image: ClusterImage, partition: PartitionImage, listener_name: str) -> list[int]:
    """Those of the replicas that have lost their disk, or whose broker is not there for clients of the listener."""
    offline = []
    for broker_id in partition.replicas:
        broker = image.brokers.get(broker_id)
        if broker is None or broker_id in partition.offline_replicas or broker.endpoint(listener_name) is None:
            offline.append(broker_id)
    return offline
