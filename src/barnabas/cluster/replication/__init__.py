"""Partitions as replicas: who leads, how far readers may see, who waits for what.

On one broker every partition is led here and its in-sync set is this broker alone, so the high watermark follows the
log's end at once. The waiting and the epoch checks are those of a cluster.
"""

from barnabas.cluster.replication.partition import Listener, Partition, PartitionRead
from barnabas.cluster.replication.replicas import Replicas

__all__ = ["Listener", "Partition", "PartitionRead", "Replicas"]
