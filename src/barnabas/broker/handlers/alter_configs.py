"""AlterConfigs: replace everything that is set on a resource; older clients' way to change configuration.

Behaviour
    What the request does not name is no longer set. Otherwise as IncrementalAlterConfigs.
Versions
    v2 flexible
"""

from collections.abc import Callable
from dataclasses import dataclass

from barnabas.broker.context import RequestContext
from barnabas.broker.handlers.incremental_alter_configs import ConfigStore, alter_each, check_resource
from barnabas.cluster.metadata import ConfigResource
from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.config.alter import Change, Operation, changed, check_changes
from barnabas.protocol.messages.alter_configs import (
    AlterConfigsRequest,
    AlterConfigsResource,
    AlterConfigsResourceResponse,
    AlterConfigsResponse,
)


@dataclass(frozen=True, slots=True)
class AlterConfigs:
    settings: Callable[[], BrokerSettings]
    """The broker's settings at this moment."""
    store: ConfigStore

    async def __call__(self, request: AlterConfigsRequest, context: RequestContext) -> AlterConfigsResponse:
        async def replace(resource: AlterConfigsResource) -> None:
            await self._replace(resource, validate_only=request.validate_only)

        return AlterConfigsResponse(
            responses=[
                AlterConfigsResourceResponse(
                    error_code=code,
                    error_message=message,
                    resource_type=resource.resource_type,
                    resource_name=resource.resource_name,
                )
                for resource, code, message in await alter_each(request.resources, replace)
            ]
        )

    async def _replace(self, resource: AlterConfigsResource, *, validate_only: bool) -> None:
        changes = [Change(config.name, Operation.SET, config.value) for config in resource.configs]
        check_changes(changes)
        kind = check_resource(resource.resource_type, resource.resource_name, changes, self.settings())
        if kind is None:
            return
        await self.store.alter_config(
            ConfigResource(kind, resource.resource_name),
            lambda _values: changed(kind, {}, changes),
            validate_only=validate_only,
        )
