"""ListConfigResources: the resources that have configuration of their own (KIP-1142).

Version 0 knows client metrics subscriptions only; version 1 asks for `resource_types`.
"""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class ListConfigResourcesRequest:
    """Types of resources asked about; none means all."""

    resource_types: list[Int8] = field(default_factory=list, versions="1+")


@struct
class ConfigResource:
    """A resource by name and type."""

    resource_name: str
    resource_type: Int8 = field(default=16, versions="1+", ignorable=True)


@struct
class ListConfigResourcesResponse:
    """The resources found."""

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
    config_resources: list[ConfigResource] = field(default_factory=list)


LIST_CONFIG_RESOURCES: Final = Api(
    74, ListConfigResourcesRequest, ListConfigResourcesResponse, versions="0-1", flexible="0+"
)
