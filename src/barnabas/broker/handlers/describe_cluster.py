"""DescribeCluster: the cluster's ID, its controller and its brokers (KIP-700).

Versions
    v1  the client may ask a controller for the controllers (KIP-919); we are a broker and say so
    v2  fenced brokers on demand (KIP-1073); a broker that is registered here is never fenced
"""

from dataclasses import dataclass
from typing import Final

from barnabas.broker.context import RequestContext
from barnabas.broker.handlers.authorized_operations import CLUSTER_OPERATIONS, NOT_ASKED
from barnabas.cluster.metadata import MetadataCache
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.describe_cluster import (
    DescribeClusterBroker,
    DescribeClusterRequest,
    DescribeClusterResponse,
)

BROKERS: Final = 1
CONTROLLERS: Final = 2


@dataclass(frozen=True, slots=True)
class DescribeCluster:
    cache: MetadataCache

    async def __call__(self, request: DescribeClusterRequest, context: RequestContext) -> DescribeClusterResponse:
        if request.endpoint_type == CONTROLLERS:
            text = "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"
            return _refuse(ErrorCode.MISMATCHED_ENDPOINT_TYPE, text)
        if request.endpoint_type != BROKERS:
            text = f"Unsupported endpoint type {request.endpoint_type}"
            return _refuse(ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, text)
        image = self.cache.image
        brokers = []
        for broker in image.brokers.values():
            endpoint = broker.endpoint(context.listener_name)
            if endpoint is not None:
                entry = DescribeClusterBroker(
                    broker_id=broker.broker_id, host=endpoint.host, port=endpoint.port, rack=broker.rack
                )
                brokers.append(entry)
        return DescribeClusterResponse(
            cluster_id=image.cluster_id,
            controller_id=image.controller_id,
            brokers=brokers,
            cluster_authorized_operations=(
                CLUSTER_OPERATIONS if request.include_cluster_authorized_operations else NOT_ASKED
            ),
        )


def _refuse(code: ErrorCode, text: str) -> DescribeClusterResponse:
    return DescribeClusterResponse(
        error_code=code, error_message=text, cluster_id="", controller_id=-1, cluster_authorized_operations=NOT_ASKED
    )
