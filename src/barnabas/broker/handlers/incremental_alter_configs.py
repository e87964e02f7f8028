"""IncrementalAlterConfigs: set, delete, append to or subtract from single options (KIP-339).

Behaviour
    Each resource succeeds or fails alone and as a whole. A broker is changed by asking that broker; the empty name
    stands for all brokers. Read-only options, unknown ones and bad values are refused in Kafka's words.
Versions
    v1 flexible
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from barnabas.broker.context import RequestContext
from barnabas.cluster.controller import ConfigEdit, fault_of_name
from barnabas.cluster.metadata import ConfigKind, ConfigResource
from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.config.alter import Change, ResourceType, changed, check_changes
from barnabas.foundation.errors import ErrorCode, KafkaError
from barnabas.protocol.messages.incremental_alter_configs import (
    AlterConfigsResource,
    AlterConfigsResourceResponse,
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
)


class ConfigStore(Protocol):
    """Where configuration is kept; the controller is one."""

    async def alter_config(self, resource: ConfigResource, edit: ConfigEdit, *, validate_only: bool = False) -> None:
        """Replace what is set on a resource by what `edit` makes of it, nothing coming in between.

        Raises what `edit` raises, and KafkaError where the result can't be set or the topic does not exist.
        """


@dataclass(frozen=True, slots=True)
class IncrementalAlterConfigs:
    settings: Callable[[], BrokerSettings]
    """The broker's settings at this moment."""
    store: ConfigStore

    async def __call__(
        self, request: IncrementalAlterConfigsRequest, context: RequestContext
    ) -> IncrementalAlterConfigsResponse:
        async def alter(resource: AlterConfigsResource) -> None:
            await self._alter(resource, validate_only=request.validate_only)

        return IncrementalAlterConfigsResponse(
            responses=[
                AlterConfigsResourceResponse(
                    error_code=code,
                    error_message=message,
                    resource_type=resource.resource_type,
                    resource_name=resource.resource_name,
                )
                for resource, code, message in await alter_each(request.resources, alter)
            ]
        )

    async def _alter(self, resource: AlterConfigsResource, *, validate_only: bool) -> None:
        changes = [Change(config.name, config.config_operation, config.value) for config in resource.configs]
        check_changes(changes)
        kind = check_resource(resource.resource_type, resource.resource_name, changes, self.settings())
        if kind is None:
            return
        await self.store.alter_config(
            ConfigResource(kind, resource.resource_name),
            lambda values: changed(kind, values, changes),
            validate_only=validate_only,
        )


class NamedResource(Protocol):
    """A resource as either request names it."""

    resource_type: int
    resource_name: str


ResourceT = TypeVar("ResourceT", bound=NamedResource)


async def alter_each(
    resources: Sequence[ResourceT], alter: Callable[[ResourceT], Awaitable[None]]
) -> list[tuple[ResourceT, ErrorCode, str | None]]:
    """Alter every resource that is named once; what came of each."""
    times = Counter((resource.resource_type, resource.resource_name) for resource in resources)
    answers: list[tuple[ResourceT, ErrorCode, str | None]] = []
    for resource in resources:
        try:
            if times[resource.resource_type, resource.resource_name] > 1:
                raise KafkaError(ErrorCode.INVALID_REQUEST, "Each resource must appear at most once.")
            await alter(resource)
            answers.append((resource, ErrorCode.NONE, None))
        except KafkaError as error:
            answers.append((resource, error.code, error.message))
    return answers


def check_resource(
    resource_type: int, name: str, changes: Sequence[Change], settings: BrokerSettings
) -> ConfigKind | None:
    """Whether these changes may be asked of this broker; None where there is nothing to store them for.

    Raises KafkaError.
    """
    match resource_type:
        case ResourceType.TOPIC:
            if not name:
                raise KafkaError(ErrorCode.INVALID_REQUEST, "Default topic resources are not allowed.")
            fault = fault_of_name(name)
            if fault is not None:
                raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {fault}")
        case ResourceType.BROKER:
            if name:
                _require_own_id(name, settings)
        case ResourceType.BROKER_LOGGER:
            _require_own_id(name, settings)
            if changes:
                raise KafkaError(ErrorCode.INVALID_CONFIG, f"Logger {changes[0].name} does not exist!")
            return None
        case ResourceType.CLIENT_METRICS:
            if not name:
                raise KafkaError(ErrorCode.INVALID_REQUEST, "Subscription name can't be empty")
        case ResourceType.GROUP:
            if not name:
                raise KafkaError(ErrorCode.INVALID_REQUEST, "Default group resources are not allowed.")
        case _:
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unknown resource type {resource_type}")
    return ConfigKind(resource_type)


def _require_own_id(name: str, settings: BrokerSettings) -> None:
    """A broker is changed by a request to that broker."""
    try:
        broker_id = int(name)
    except ValueError:
        text = f"Node id must be an integer, but it is: {name}"
        raise KafkaError(ErrorCode.INVALID_REQUEST, text) from None
    if broker_id != settings.node_id:
        text = f"Unexpected broker id, expected {settings.node_id}, but received {name}"
        raise KafkaError(ErrorCode.INVALID_REQUEST, text)
