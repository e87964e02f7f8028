"""list_config_resources"""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class ListConfigResourcesRequest:
    """ListConfigResourcesRequest."""

    resource_types: list[Int8] = field(default_factory=list, versions="1+")


@struct
class ConfigResource:
    """ConfigResource."""

    resource_name: str
    resource_type: Int8 = field(default=16, versions="1+", ignorable=True)


@struct
class ListConfigResourcesResponse:
    """ListConfigResourcesResponse."""

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
    config_resources: list[ConfigResource] = field(default_factory=list)


LIST_CONFIG_RESOURCES: Final = Api(
    74, ListConfigResourcesRequest, ListConfigResourcesResponse, versions="0-1", flexible="0+"
)
