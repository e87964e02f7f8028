"""DescribeCluster: ID, controller and brokers of the cluster (KIP-700)."""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class DescribeClusterRequest:
    """What to tell about the cluster."""

    include_cluster_authorized_operations: bool = False
    endpoint_type: Int8 = field(default=1, versions="1+")
    include_fenced_brokers: bool = field(default=False, versions="2+")


@struct
class DescribeClusterBroker:
    """A broker."""

    broker_id: Int32
    host: str = ""
    port: Int32 = 0
    rack: str | None = None
    is_fenced: bool = field(default=False, versions="2+")


@struct
class DescribeClusterResponse:
    """The cluster."""

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
    error_message: str | None = None
    endpoint_type: Int8 = field(default=1, versions="1+")
    cluster_id: str = ""
    controller_id: Int32 = -1
    brokers: list[DescribeClusterBroker] = field(default_factory=list)
    cluster_authorized_operations: Int32 = -0x8000_0000


DESCRIBE_CLUSTER: Final = Api(60, DescribeClusterRequest, DescribeClusterResponse, versions="0-2", flexible="0+")
