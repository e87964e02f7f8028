"""AlterConfigs: replace all overrides of a resource; the older way, superseded by IncrementalAlterConfigs."""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class AlterableConfig:
    """A setting; a null value deletes it."""

    name: str
    value: str | None = ""


@struct
class AlterConfigsResource:
    """A resource and all overrides that it shall have."""

    resource_type: Int8
    resource_name: str
    configs: list[AlterableConfig] = field(default_factory=list)


@struct
class AlterConfigsRequest:
    """The complete overrides of resources."""

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
class AlterConfigsResponse:
    """The outcome per resource."""

    throttle_time_ms: Int32 = 0
    responses: list[AlterConfigsResourceResponse] = field(default_factory=list)


ALTER_CONFIGS: Final = Api(33, AlterConfigsRequest, AlterConfigsResponse, versions="0-2", flexible="2+")
