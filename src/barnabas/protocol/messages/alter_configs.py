"""alter_configs"""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class AlterableConfig:
    """AlterableConfig."""

    name: str
    value: str | None = ""


@struct
class AlterConfigsResource:
    """AlterConfigsResource."""

    resource_type: Int8
    resource_name: str
    configs: list[AlterableConfig] = field(default_factory=list)


@struct
class AlterConfigsRequest:
    """AlterConfigsRequest."""

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
class AlterConfigsResponse:
    """AlterConfigsResponse."""

    throttle_time_ms: Int32 = 0
    responses: list[AlterConfigsResourceResponse] = field(default_factory=list)


ALTER_CONFIGS: Final = Api(33, AlterConfigsRequest, AlterConfigsResponse, versions="0-2", flexible="2+")
