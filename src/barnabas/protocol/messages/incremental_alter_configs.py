"""incremental_alter_configs"""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class AlterableConfig:
    """AlterableConfig."""

    name: str
    config_operation: Int8 = 0
    value: str | None = ""


@struct
class AlterConfigsResource:
    """AlterConfigsResource."""

    resource_type: Int8
    resource_name: str
    configs: list[AlterableConfig] = field(default_factory=list)


@struct
class IncrementalAlterConfigsRequest:
    """IncrementalAlterConfigsRequest."""

    resources: list[AlterConfigsResource] = field(default_factory=list)
    validate_only: bool = False


@struct
class AlterConfigsResourceResponse:
    """AlterConfigsResourceResponse."""

    error_code: Int16 = 0
    error_message: str | None = ""
    resource_type: Int8
    resource_name: str


@struct
class IncrementalAlterConfigsResponse:
    """IncrementalAlterConfigsResponse."""

    throttle_time_ms: Int32 = 0
    responses: list[AlterConfigsResourceResponse] = field(default_factory=list)


INCREMENTAL_ALTER_CONFIGS: Final = Api(
    44, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, versions="0-1", flexible="1+"
)
