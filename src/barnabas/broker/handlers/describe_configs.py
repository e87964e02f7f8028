"""DescribeConfigs: what a topic, broker, group or subscription is set to, and where each value comes from.

Behaviour
    A broker is named by its number and only describes itself; the empty name asks for what is set for all brokers.
    Without keys every option is described. Secrets have no value.
Versions
    v1 synonyms; v3 types and documentation (KIP-569)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.cluster.controller import fault_of_name
from barnabas.cluster.metadata import ConfigKind, MetadataCache
from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.config.alter import ResourceType
from barnabas.foundation.config.describe import (
    DescribedConfig,
    describe_broker,
    describe_broker_defaults,
    describe_client_metrics,
    describe_group,
    describe_topic,
)
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
)


@dataclass(frozen=True, slots=True)
class DescribeConfigs:
    settings: Callable[[], BrokerSettings]
    """The broker's settings at this moment."""
    cache: MetadataCache

    async def __call__(self, request: DescribeConfigsRequest, context: RequestContext) -> DescribeConfigsResponse:
        return DescribeConfigsResponse(results=[self._resource(resource, request) for resource in request.resources])

    def _resource(self, resource: DescribeConfigsResource, request: DescribeConfigsRequest) -> DescribeConfigsResult:
        try:
            described = self._describe(resource.resource_type, resource.resource_name)
        except KafkaError as error:
            return DescribeConfigsResult(
                error_code=error.code,
                error_message=error.message,
                resource_type=resource.resource_type,
                resource_name=resource.resource_name,
            )
        wanted = frozenset(resource.configuration_keys or ())
        return DescribeConfigsResult(
            error_message="",
            resource_type=resource.resource_type,
            resource_name=resource.resource_name,
            configs=[
                _result(config, synonyms=request.include_synonyms, documentation=request.include_documentation)
                for config in described
                if not wanted or config.name in wanted
            ],
        )

    def _describe(self, resource_type: int, name: str) -> Iterable[DescribedConfig]:
        image = self.cache.image
        settings = self.settings()
        match resource_type:
            case ResourceType.TOPIC:
                fault = fault_of_name(name)
                if fault is not None:
                    raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {fault}")
                if name not in image.topics:
                    raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
                return describe_topic(image.topic_config(name), settings)
            case ResourceType.BROKER:
                if not name:
                    return describe_broker_defaults(settings)
                _require_own_id(name, settings, " or empty string,")
                return describe_broker(settings)
            case ResourceType.BROKER_LOGGER:
                if not name:
                    raise KafkaError(ErrorCode.INVALID_REQUEST, "Broker id must not be empty")
                _require_own_id(name, settings, "")
                # Log levels can't be changed by request, so that none are listed.
                return ()
            case ResourceType.CLIENT_METRICS:
                if not name:
                    raise KafkaError(ErrorCode.INVALID_REQUEST, "Client metrics subscription name must not be empty")
                return describe_client_metrics(image.config(ConfigKind.CLIENT_METRICS, name))
            case ResourceType.GROUP:
                if not name:
                    raise KafkaError(ErrorCode.INVALID_REQUEST, "Group name must not be empty")
                return describe_group(image.config(ConfigKind.GROUP, name), settings)
            case _:
                raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unsupported resource type: {resource_type}")


def _require_own_id(name: str, settings: BrokerSettings, expected: str) -> None:
    try:
        broker_id = int(name)
    except ValueError:
        text = f"Broker id must be an integer, but it is: {name}"
        raise KafkaError(ErrorCode.INVALID_REQUEST, text) from None
    if broker_id != settings.node_id:
        text = f"Unexpected broker id, expected {settings.node_id}{expected} but received {name}"
        raise KafkaError(ErrorCode.INVALID_REQUEST, text)


def _result(config: DescribedConfig, *, synonyms: bool, documentation: bool) -> DescribeConfigsResourceResult:
    listed = config.synonyms if synonyms else ()
    return DescribeConfigsResourceResult(
        name=config.name,
        value=config.value,
        read_only=config.read_only,
        config_source=config.source,
        is_sensitive=config.is_sensitive,
        synonyms=[
            DescribeConfigsSynonym(name=synonym.name, value=synonym.value, source=synonym.source) for synonym in listed
        ],
        config_type=config.type_id,
        documentation=config.doc if documentation else None,
    )
