"""DescribeConfigs: the configuration of topics and brokers, with where each value comes from."""

from typing import Final

from barnabas.protocol.wire import Api, Int8, Int16, Int32, field, struct


@struct
class DescribeConfigsResource:
    """A resource; null keys ask for all of its settings."""

    resource_type: Int8
    resource_name: str
    configuration_keys: list[str] | None = field(default_factory=list)


@struct
class DescribeConfigsRequest:
    """The resources asked about."""

    resources: list[DescribeConfigsResource] = field(default_factory=list)
    include_synonyms: bool = False
    include_documentation: bool = field(default=False, versions="3+")


@struct
class DescribeConfigsSynonym:
    """Another place that could set the value, in order of precedence."""

    name: str
    value: str | None = ""
    source: Int8 = 0


@struct
class DescribeConfigsResourceResult:
    """One setting, and where its value comes from."""

    name: str
    value: str | None = ""
    read_only: bool = False
    config_source: Int8 = -1
    is_sensitive: bool = False
    synonyms: list[DescribeConfigsSynonym] = field(default_factory=list)
    config_type: Int8 = field(default=0, versions="3+", ignorable=True)
    documentation: str | None = field(default="", versions="3+", ignorable=True)


@struct
class DescribeConfigsResult:
    """The settings of one resource."""

    error_code: Int16 = 0
    error_message: str | None = None
    resource_type: Int8
    resource_name: str
    configs: list[DescribeConfigsResourceResult] = field(default_factory=list)


@struct
class DescribeConfigsResponse:
    """The settings of the resources."""

    throttle_time_ms: Int32 = 0
    results: list[DescribeConfigsResult] = field(default_factory=list)


DESCRIBE_CONFIGS: Final = Api(32, DescribeConfigsRequest, DescribeConfigsResponse, versions="1-4", flexible="4+")
