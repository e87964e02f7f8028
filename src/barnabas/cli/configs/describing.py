"""`kafka-configs --describe`: settings with every place their value could come from.

The defaults for all brokers are no resource that librdkafka can ask for. Each broker lists them among the synonyms of
its own settings, so they are read from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from barnabas.cli.configs.command import BROKERS, GROUPS, TOPICS
from barnabas.cli.hash_order import string_order
from barnabas.cli.librdkafka import ConfigSynonym, ConfigValue, native_admin
from barnabas.cli.output import kafka_text, print_json

if TYPE_CHECKING:
    from barnabas.cli.configs.command import ConfigsOptions
    from barnabas.cli.connection import Cluster
    from barnabas.cli.librdkafka import NativeAdmin

DYNAMIC_TOPIC: Final = 1
DYNAMIC_BROKER: Final = 2
DYNAMIC_DEFAULT_BROKER: Final = 3
DYNAMIC_GROUP: Final = 8
SOURCES: Final = {
    0: "UNKNOWN",
    DYNAMIC_TOPIC: "DYNAMIC_TOPIC_CONFIG",
    DYNAMIC_BROKER: "DYNAMIC_BROKER_CONFIG",
    DYNAMIC_DEFAULT_BROKER: "DYNAMIC_DEFAULT_BROKER_CONFIG",
    4: "STATIC_BROKER_CONFIG",
    5: "DEFAULT_CONFIG",
    6: "DYNAMIC_BROKER_LOGGER_CONFIG",
    7: "DYNAMIC_CLIENT_METRICS_CONFIG",
    DYNAMIC_GROUP: "DYNAMIC_GROUP_CONFIG",
}
# librdkafka's numbers of resource types, which for groups is not the protocol's.
RESOURCE_TYPES: Final = {TOPICS: 2, GROUPS: 3, BROKERS: 4}
DYNAMIC_SOURCES: Final = {TOPICS: DYNAMIC_TOPIC, BROKERS: DYNAMIC_BROKER, GROUPS: DYNAMIC_GROUP}


def source_name(source: int) -> str:
    return SOURCES.get(source, SOURCES[0])


def config_line(config: ConfigValue) -> str:
    synonyms = ", ".join(
        f"{source_name(synonym.source)}:{synonym.name}={kafka_text(synonym.value)}" for synonym in config.synonyms
    )
    value, sensitive = kafka_text(config.value), kafka_text(config.is_sensitive)
    return f"  {config.name}={value} sensitive={sensitive} synonyms={{{synonyms}}}"


def heading(kind: str, name: str, *, describe_all: bool) -> str:
    if not name:
        return f"Default configs for {kind} in the cluster are:"
    return f"{'All' if describe_all else 'Dynamic'} configs for {kind[:-1]} {name} are:"


def as_json(config: ConfigValue) -> dict[str, Any]:
    return {
        "name": config.name,
        "value": config.value,
        "source": source_name(config.source),
        "is_sensitive": config.is_sensitive,
        "synonyms": [
            {"source": source_name(synonym.source), "name": synonym.name, "value": synonym.value}
            for synonym in config.synonyms
        ],
    }


def broker_defaults(configs: Iterable[ConfigValue]) -> list[ConfigValue]:
    """The defaults for all brokers, out of one broker's settings."""
    defaults: dict[str, ConfigValue] = {}
    for config in configs:
        for synonym in config.synonyms:
            if synonym.source == DYNAMIC_DEFAULT_BROKER:
                only = ConfigSynonym(synonym.source, synonym.name, synonym.value)
                defaults[synonym.name] = ConfigValue(
                    synonym.name, synonym.value, synonym.source, config.is_sensitive, (only,)
                )
    return [defaults[name] for name in sorted(defaults)]


def settings_of(cluster: Cluster, admin: NativeAdmin, kind: str, name: str, *, describe_all: bool) -> list[ConfigValue]:
    """The settings of one entity by name, only dynamic ones unless all are asked for; raises CallFailed."""
    if not name:
        return broker_defaults(admin.describe_configs(RESOURCE_TYPES[BROKERS], str(next(iter(cluster.node_ids())))))
    configs = sorted(admin.describe_configs(RESOURCE_TYPES[kind], name), key=lambda config: config.name)
    return configs if describe_all else [config for config in configs if config.source == DYNAMIC_SOURCES[kind]]


def entity_names(cluster: Cluster, kind: str) -> list[str]:
    """All entities of a type, in the order in which Kafka's tool prints them."""
    if kind == TOPICS:
        return string_order(cluster.admin.list_topics(timeout=cluster.timeout_seconds).topics)
    if kind == BROKERS:
        return [*(str(node) for node in cluster.node_ids()), ""]
    return group_names(cluster)


def group_names(cluster: Cluster) -> list[str]:
    listed = cluster.wait(cluster.admin.list_consumer_groups(request_timeout=cluster.timeout_seconds))
    return [group.group_id for group in listed.valid]


def is_there(cluster: Cluster, kind: str, name: str) -> bool:
    if kind == TOPICS:
        return name in cluster.admin.list_topics(timeout=cluster.timeout_seconds).topics
    if kind == BROKERS:
        return not name or int(name) in cluster.node_ids()
    return name in group_names(cluster)


def describe(cluster: Cluster, options: ConfigsOptions) -> None:
    kind = options.entity_types()[0]
    names = options.entity_names() or entity_names(cluster, kind)
    documents: list[dict[str, Any]] = []
    with native_admin(cluster.settings, cluster.timeout_seconds) as admin:
        for name in names:
            known = not options.entity_names() or is_there(cluster, kind, name)
            # A group that is gone may have left settings; any other entity goes with all it had.
            configs = (
                settings_of(cluster, admin, kind, name, describe_all=options.all)
                if known or (kind == GROUPS and name)
                else []
            )
            if not known and not any(config.source == DYNAMIC_SOURCES[kind] for config in configs):
                if not options.json:
                    print(f"The {kind[:-1]} '{name}' doesn't exist and doesn't have dynamic config.")
                continue
            if options.json:
                documents.append(
                    {
                        "entity_type": kind,
                        "entity_name": name or None,
                        "configs": [as_json(config) for config in configs],
                    }
                )
                continue
            print(heading(kind, name, describe_all=options.all))
            for config in configs:
                print(config_line(config))
    if options.json:
        print_json(documents)
