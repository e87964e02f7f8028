"""IncrementalAlterConfigs: set (0), delete (1), append to (2) or subtract from (3) single settings (KIP-339)."""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class AlterableConfig:
    """A change to one setting."""

    name: str
    config_operation: Int8 = 0
    value: str | None = ""


@struct
class AlterConfigsResource:
    """A resource and the changes to it."""

    resource_type: Int8
    resource_name: str
    configs: list[AlterableConfig] = field(default_factory=list)


@struct
class IncrementalAlterConfigsRequest:
    """Changes to single settings of resources."""

    resources: list[AlterConfigsResource] = field(default_factory=list)
    validate_only: bool = False


@struct
class AlterConfigsResourceResponse:
    """The outcome for one resource."""

    error_code: Int16 = 0
    error_message: str | None = None
    resource_type: Int8
    resource_name: str


@struct
class IncrementalAlterConfigsResponse:
    """The outcome per resource."""

    throttle_time_ms: Int32 = 0
    responses: list[AlterConfigsResourceResponse] = field(default_factory=list)


INCREMENTAL_ALTER_CONFIGS: Final = Api(
    44, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, versions="0-1", flexible="1+"
)
