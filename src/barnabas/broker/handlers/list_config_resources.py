"""ListConfigResources: what has a configuration (KIP-1142).

Behaviour
    Topics and brokers are listed whether anything is set on them or not; groups and subscriptions only where it is.
    An unknown type fails the request with UNSUPPORTED_VERSION.
Versions
    v0 only subscriptions to clients' metrics; v1 the types asked for, none meaning all
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from barnabas.broker.context import RequestContext
from barnabas.cluster.metadata import ClusterImage, MetadataCache
from barnabas.foundation.config.alter import ResourceType
from barnabas.foundation.errors import ErrorCode
from barnabas.protocol.messages.list_config_resources import (
    ConfigResource,
    ListConfigResourcesRequest,
    ListConfigResourcesResponse,
)

_ALL: Final = (
    ResourceType.GROUP,
    ResourceType.CLIENT_METRICS,
    ResourceType.BROKER_LOGGER,
    ResourceType.BROKER,
    ResourceType.TOPIC,
)


@dataclass(frozen=True, slots=True)
class ListConfigResources:
    cache: MetadataCache

    async def __call__(
        self, request: ListConfigResourcesRequest, context: RequestContext
    ) -> ListConfigResourcesResponse:
        asked: Iterable[int] = dict.fromkeys(request.resource_types) or _ALL
        if context.api_version == 0:
            asked = (ResourceType.CLIENT_METRICS,)
        if not set(asked) <= set(_ALL):
            return ListConfigResourcesResponse(error_code=ErrorCode.UNSUPPORTED_VERSION)
        image = self.cache.image
        return ListConfigResourcesResponse(
            config_resources=[
                ConfigResource(resource_name=name, resource_type=resource_type)
                for resource_type in asked
                for name in _names(image, resource_type)
            ]
        )


def _names(image: ClusterImage, resource_type: int) -> list[str]:
    match resource_type:
        case ResourceType.TOPIC:
            return list(image.topics)
        case ResourceType.BROKER | ResourceType.BROKER_LOGGER:
            return [str(broker_id) for broker_id in image.brokers]
        case _:
            return [
                resource.name for resource, values in image.configs.items() if resource.kind == resource_type and values
            ]
