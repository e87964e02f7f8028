"""Who leads a partition when the controller starts.

Pure. A leader that is alive stays, with its epoch, unless the broker asks to be elected anew because it was not
stopped cleanly: then what its log lost must be told from what it will write, which is what a leader epoch is for
(KIP-101, KIP-320).
"""

from collections.abc import Collection
from dataclasses import replace

from barnabas.cluster.coordination import Operation
from barnabas.cluster.coordination.znodes import PARTITION_STATE, PartitionState
from barnabas.cluster.metadata import NO_LEADER, ClusterImage, PartitionImage, TopicImage
from barnabas.foundation.identifiers import TopicPartition


def elect(partition: PartitionImage, live: Collection[int], anew: Collection[int] = ()) -> PartitionImage:
    """The partition under its right leader: the first live replica that is in sync. `anew`: brokers that restart."""
    if partition.partition_epoch < 0:  # its maker has not written a state yet
        return partition
    if partition.leader in live and partition.leader not in anew:
        return partition
    leader = next((broker for broker in partition.replicas if broker in live and broker in partition.isr), NO_LEADER)
    if leader == partition.leader and leader not in anew:
        return partition
    return replace(
        partition,
        leader=leader,
        leader_epoch=partition.leader_epoch + 1,
        partition_epoch=partition.partition_epoch + 1,
    )


def elect_all(image: ClusterImage, anew: Collection[int] = ()) -> tuple[list[Operation], ClusterImage]:
    """The writes, and the image after them."""
    operations: list[Operation] = []
    topics = dict(image.topics)
    for topic in image.topics.values():
        partitions = tuple(elect(partition, image.brokers, anew) for partition in topic.partitions)
        operations += _writes(topic, partitions, image.controller_epoch)
        if partitions != topic.partitions:
            topics[topic.name] = replace(topic, partitions=partitions)
    return operations, replace(image, topics=topics)


def without_replicas(
    image: ClusterImage, broker_id: int, lost: Collection[TopicPartition]
) -> tuple[list[Operation], ClusterImage]:
    """The writes, and the image, after a broker has lost these partitions with a disk: somebody else leads, or nobody.

    As in Kafka the in-sync set stays as it is: whoever is in it alone may lead again once its disk is well.
    """
    live = image.brokers.keys() - {broker_id}
    operations: list[Operation] = []
    topics = dict(image.topics)
    for name in {topic for topic, _ in lost} & image.topics.keys():
        topic = image.topics[name]
        partitions = tuple(
            replace(elect(partition, live), offline_replicas=(*partition.offline_replicas, broker_id))
            if (name, index) in lost and broker_id not in partition.offline_replicas
            else partition
            for index, partition in enumerate(topic.partitions)
        )
        operations += _writes(topic, partitions, image.controller_epoch)
        topics[name] = replace(topic, partitions=partitions)
    return operations, replace(image, topics=topics)


def _writes(topic: TopicImage, partitions: tuple[PartitionImage, ...], controller_epoch: int) -> list[Operation]:
    return [
        PARTITION_STATE.set(
            PartitionState(elected.leader, elected.leader_epoch, elected.isr, controller_epoch),
            before.partition_epoch,
            topic=topic.name,
            partition=index,
        )
        for index, (before, elected) in enumerate(zip(topic.partitions, partitions, strict=True))
        if elected.partition_epoch != before.partition_epoch
    ]
