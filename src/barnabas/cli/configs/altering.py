"""`kafka-configs --alter`: settings set and removed one by one (KIP-339)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from barnabas.cli.configs.command import BROKERS, GROUPS, TOPICS
from barnabas.cli.configs.describing import settings_of
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.librdkafka import native_admin

if TYPE_CHECKING:
    from barnabas.cli.configs.command import ConfigsOptions
    from barnabas.cli.connection import Cluster


def alter(cluster: Cluster, options: ConfigsOptions) -> None:
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

    kind, name = options.entity_types()[0], options.entity_names()[0]
    if not name:
        raise InvalidUsage(
            "the defaults for all brokers can't be altered with this client library; name a broker with --entity-name"
        )
    if kind == BROKERS and int(name) not in cluster.node_ids():
        # Only that broker could answer; the client library would wait for it until the request times out.
        alive = ", ".join(map(str, sorted(cluster.node_ids())))
        raise InvalidUsage(f"broker {name} is not running; a broker's ID was expected, of: {alive}")
    to_add, to_delete = options.to_add(), options.to_delete()
    with native_admin(cluster.settings, cluster.timeout_seconds) as admin:
        present = {config.name for config in settings_of(cluster, admin, kind, name, describe_all=False)}
    missing = [config for config in to_delete if config not in present]
    if missing:
        raise InvalidUsage(f"Invalid config(s): {','.join(missing)}")
    operations = [
        *(ConfigEntry(config, value, incremental_operation=AlterConfigOpType.SET) for config, value in to_add.items()),
        *(ConfigEntry(config, None, incremental_operation=AlterConfigOpType.DELETE) for config in to_delete),
    ]
    resource_type = {TOPICS: ResourceType.TOPIC, BROKERS: ResourceType.BROKER, GROUPS: ResourceType.GROUP}[kind]
    resource = ConfigResource(resource_type, name, incremental_configs=operations)
    cluster.wait_all(cluster.admin.incremental_alter_configs([resource], request_timeout=cluster.timeout_seconds))
    print(f"Completed updating config for {kind[:-1]} {name}.")
