"""The flags of `kafka-configs` and the rules between them (KIP-226, KIP-339, KIP-524)."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any, Final

from barnabas.cli.client_properties import read_properties_file
from barnabas.cli.failures import InvalidUsage, ToolFailure, kafka_error, message_of
from barnabas.cli.flags import as_json, bootstrap_server, is_given, kafka_tool, switch, text, texts
from barnabas.cli.topic_filter import invalid_topic_name

TOPICS: Final = "topics"
BROKERS: Final = "brokers"
GROUPS: Final = "groups"
ENTITY_TYPES: Final = (TOPICS, "clients", "users", BROKERS, "ips", "client-metrics", GROUPS, "broker-loggers")
WITHIN_REACH: Final = (TOPICS, BROKERS, GROUPS)
ENTITY_FLAGS: Final = {
    "topic": TOPICS,
    "client": "clients",
    "user": "users",
    "broker": BROKERS,
    "broker-logger": "broker-loggers",
    "ip": "ips",
    "client-metrics": "client-metrics",
    "group": GROUPS,
}
DEFAULT_FLAGS: Final = {
    "client-defaults": "clients",
    "user-defaults": "users",
    "broker-defaults": BROKERS,
    "ip-defaults": "ips",
}
TYPES_WITH_DEFAULTS: Final = {"users", "clients", BROKERS, "ips"}
# A comma or an equals sign counts unless it stands between square brackets.
_OUTSIDE_BRACKETS: Final = r"(?=[^\]]*(?:\[|$))"


def parse_configs_to_add(argument: str) -> dict[str, str]:
    """`k1=v1,k2=[v1,v2]` as settings."""
    configs: dict[str, str] = {}
    for pair in re.split("," + _OUTSIDE_BRACKETS, argument):
        parts = re.split(r"\s*=\s*" + _OUTSIDE_BRACKETS, pair)
        if len(parts) != 2:
            raise InvalidUsage(
                'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" '
                'or  "key=[val1,val2]" to group values which contain commas.'
            )
        configs[parts[0].strip()] = re.sub(r"[\[\]]", "", parts[1]).strip()
    return configs


def check_names(names: dict[str, str]) -> None:
    for name in names:
        if not re.fullmatch(r"[a-zA-Z0-9._-]*", name):
            raise InvalidUsage(f"Invalid character found for config key: {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigsOptions:
    """The command line, checked: one action on entities of one type."""

    bootstrap_server: str | None
    bootstrap_controller: str | None
    command_config: str | None
    alter: bool
    describe: bool
    all: bool
    entity_type: tuple[str, ...]
    entity_name: tuple[str, ...]
    entity_default: bool
    add_config: str | None
    add_config_file: str | None
    delete_config: tuple[str, ...]
    force: bool
    topic: str | None
    client: str | None
    client_defaults: bool
    user: str | None
    user_defaults: bool
    broker: str | None
    broker_defaults: bool
    broker_logger: str | None
    ip: str | None
    ip_defaults: bool
    group: str | None
    client_metrics: str | None
    json: bool

    def __post_init__(self) -> None:
        if self.alter == self.describe:
            raise InvalidUsage("Command must include exactly one action: --describe, --alter")
        if self.describe:
            for flag in ("add-config", "delete-config"):
                if is_given(self, flag):
                    raise InvalidUsage(f'Option "[describe]" can\'t be used with option "[{flag}]"')
        if self.bootstrap_controller is not None:
            raise InvalidUsage("--bootstrap-controller: there are no KRaft controllers to ask; use --bootstrap-server")
        if self.bootstrap_server is None:
            raise InvalidUsage("Either --bootstrap-server or --bootstrap-controller must be specified.")
        self._check_entities()
        if self.alter:
            self._check_alteration()

    def entity_types(self) -> list[str]:
        flagged = [kind for flag, kind in {**ENTITY_FLAGS, **DEFAULT_FLAGS}.items() if is_given(self, flag)]
        return [*self.entity_type, *flagged]

    def entity_names(self) -> list[str]:
        """The names in question; the default entity has the empty one."""
        named = [getattr(self, flag.replace("-", "_")) for flag in ENTITY_FLAGS if is_given(self, flag)]
        defaults = [""] * (self.entity_default + sum(is_given(self, flag) for flag in DEFAULT_FLAGS))
        return [*self.entity_name, *named, *defaults]

    def _check_entities(self) -> None:
        kinds = self.entity_types()
        for kind in kinds:
            if kind not in ENTITY_TYPES:
                raise InvalidUsage(
                    f"Invalid entity type {kind}, the entity type must be one of {', '.join(ENTITY_TYPES)} with a "
                    "--bootstrap-server or --bootstrap-controller argument"
                )
        if not kinds:
            raise InvalidUsage("At least one entity type must be specified")
        if (self.entity_type or self.entity_name or self.entity_default) and any(
            is_given(self, flag) for flag in (*ENTITY_FLAGS, *DEFAULT_FLAGS)
        ):
            raise InvalidUsage(
                "--entity-{type,name,default} should not be used in conjunction with specific entity flags"
            )
        for kind in kinds:
            if kind not in WITHIN_REACH:
                raise InvalidUsage(
                    f"--entity-type {kind}: its settings can't be read or changed with this client library; "
                    f"one of {', '.join(WITHIN_REACH)} was expected"
                )
        if len(kinds) > 1 or len(self.entity_names()) > 1:
            raise InvalidUsage("Only 'users' and 'clients' entity types may be specified together")
        for name in self.entity_names():
            self._check_name(kinds[0], name)

    def _check_name(self, kind: str, name: str) -> None:
        if kind == BROKERS and name and not re.fullmatch(r"-?[0-9]+", name):
            raise InvalidUsage(f"The entity name for brokers must be a valid integer broker id, but it is: {name}")
        if self.entity_default and kind not in TYPES_WITH_DEFAULTS:
            raise InvalidUsage(f"--entity-default must not be specified with --describe of {kind}")
        problem = invalid_topic_name(name) if kind == TOPICS else None
        if problem:
            raise InvalidUsage(problem)

    def _check_alteration(self) -> None:
        kind = self.entity_types()[0]
        if kind in TYPES_WITH_DEFAULTS and not self.entity_names():
            raise InvalidUsage(
                "An entity-name or default entity must be specified with --alter of users, clients, brokers or ips"
            )
        if not any(self.entity_names()) and kind not in TYPES_WITH_DEFAULTS:
            raise InvalidUsage(f"An entity name must be specified with --alter of {kind}")
        if self.add_config is not None and self.add_config_file is not None:
            raise InvalidUsage("Only one of --add-config or --add-config-file must be specified")
        if self.add_config is None and self.add_config_file is None and not self.delete_config:
            raise InvalidUsage(
                "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter"
            )

    def to_add(self) -> dict[str, str]:
        configs = read_properties_file(self.add_config_file, "add-config-file") if self.add_config_file else {}
        if self.add_config is not None:
            configs = {**configs, **parse_configs_to_add(self.add_config)}
        check_names(configs)
        return configs

    def to_delete(self) -> list[str]:
        return [name.strip() for argument in self.delete_config for name in argument.split(",")]


@kafka_tool("configs", "Describe or alter the settings of topics, brokers and groups.")
@bootstrap_server()
@text("bootstrap-controller", "HOST:PORT,...", "Only for KRaft controllers.")
@text("command-config", "FILE", "Properties for the client.")
@switch("alter", "Alter the settings of the entity.")
@switch("describe", "List the settings of the entity, or of all entities of its type.")
@switch("all", "List all settings, not only the dynamic ones.")
@texts("entity-type", "TYPE", "topics, brokers or groups.")
@texts("entity-name", "NAME", "The topic's name, the broker's ID or the group's ID.")
@switch("entity-default", "The default for all brokers.")
@text("add-config", "NAME=VALUE,...", "Settings to add; values with commas go in brackets: k1=v1,k2=[v1,v2],k3=v3.")
@text("add-config-file", "FILE", "Settings to add, as a properties file.")
@texts("delete-config", "NAME,...", "Settings to remove.")
@switch("force", "Accepted; there are no prompts.")
@text("topic", "NAME", "A topic.")
@text("client", "ID", "A client.")
@switch("client-defaults", "The defaults for all clients.")
@text("user", "NAME", "A user.")
@switch("user-defaults", "The defaults for all users.")
@text("broker", "ID", "A broker.")
@switch("broker-defaults", "The defaults for all brokers.")
@text("broker-logger", "ID", "A broker's loggers.")
@text("ip", "IP", "An IP address.")
@switch("ip-defaults", "The defaults for all IP addresses.")
@text("group", "ID", "A group.")
@text("client-metrics", "NAME", "A subscription to clients' metrics.")
@as_json()
def COMMAND(**parameters: Any) -> None:  # noqa: N802
    run(ConfigsOptions(**parameters))


def run(options: ConfigsOptions) -> None:
    from confluent_kafka import KafkaException

    from barnabas.cli.configs import altering, describing
    from barnabas.cli.connection import Cluster
    from barnabas.cli.librdkafka import CallFailed

    try:
        if options.alter:
            altering.alter(Cluster.connect(options.bootstrap_server, options.command_config), options)
        else:
            describing.describe(Cluster.connect(options.bootstrap_server, options.command_config), options)
    except KafkaException as exception:
        raise refused(message_of(kafka_error(exception))) from None
    except CallFailed as failure:
        raise refused(failure.message) from None


def refused(reason: str) -> ToolFailure:
    arguments = " ".join(sys.argv[1:])
    return ToolFailure(f"Error while executing config command with args '{arguments}': {reason}")
