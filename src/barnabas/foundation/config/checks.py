"""Rules over several broker options, the values that follow from them, and notices at start.

Kafka checks the same when a broker starts; where it says it in one readable line, its words are kept.
"""

from typing import TYPE_CHECKING, Any

from barnabas.foundation.config.kinds import ConfigError
from barnabas.foundation.config.listeners import Endpoint, parse_listeners, parse_protocol_map, require_distinct
from barnabas.foundation.config.sizes import MIB
from barnabas.foundation.config.synonyms import TOPIC_SYNONYMS, resolved

if TYPE_CHECKING:
    from barnabas.foundation.config.broker import BrokerSettings


def derived(settings: "BrokerSettings") -> dict[str, Any]:
    """Check the rules and return attributes that follow from others; raises ConfigError."""
    _check_numbers(settings)
    node_id = _node_id(settings)
    endpoints = _endpoints(settings)
    advertised = _advertised(settings, endpoints)
    return {
        "node_id": node_id,
        "broker_id": node_id,
        "endpoints": tuple(endpoints),
        "advertised_endpoints": tuple(advertised),
        "log_directories": _log_directories(settings),
    }


def notices(settings: "BrokerSettings") -> list[str]:
    """What a person should know who starts a broker with these settings."""
    lines = []
    controllers = controller_names(settings)
    ignored = [
        item for item in settings.listeners.split(",") if item.partition("://")[0].strip().upper() in controllers
    ]
    if ignored:
        lines.append(f"Listener {', '.join(ignored)} stays closed: the controller is built in and needs no port")
    if settings.zookeeper_connect:
        lines.append(
            f"zookeeper.connect={settings.zookeeper_connect} is not used: "
            "this version keeps cluster state in an embedded tree in the data directory"
        )
    without_effect = [name for name in settings.given_without_effect() if name not in _EXPLAINED]
    if without_effect:
        lines.append(f"Accepted without effect in this version: {', '.join(without_effect)}")
    return lines


_EXPLAINED = frozenset({"zookeeper.connect", "controller.quorum.bootstrap.servers", "controller.quorum.voters"})


def controller_names(settings: "BrokerSettings") -> frozenset[str]:
    """Names of the listeners that belong to a KRaft controller."""
    names = (settings.controller_listener_names or "").split(",")
    return frozenset(name.strip().upper() for name in names if name.strip())


def _node_id(settings: "BrokerSettings") -> int:
    """`node.id` and `broker.id` are two names of one number."""
    given = vars(settings)
    if "broker_id" not in given or given["broker_id"] == -1:
        return settings.node_id
    if "node_id" in given and settings.node_id != settings.broker_id:
        raise ConfigError("You must set `node.id` to the same value as `broker.id`.")
    if settings.broker_id < 0:
        raise ConfigError(f"Invalid value {settings.broker_id} for configuration broker.id: Value must be at least 0")
    return settings.broker_id


def _log_directories(settings: "BrokerSettings") -> tuple[str, ...]:
    key, text = ("log.dir", settings.log_dir) if settings.log_dirs is None else ("log.dirs", settings.log_dirs)
    directories = tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))
    if not directories:
        raise ConfigError(f"At least one log directory must be defined via log.dirs or log.dir; {key} is empty")
    return directories


def _endpoints(settings: "BrokerSettings") -> list[Endpoint]:
    protocols = parse_protocol_map(settings.listener_security_protocol_map)
    if settings.process_roles:
        if len(set(settings.process_roles)) != len(settings.process_roles):
            raise ConfigError(f"Duplicate role names found in process.roles: {', '.join(settings.process_roles)}")
        if "broker" not in settings.process_roles:
            raise ConfigError("process.roles=controller is not supported: every process of this version is a broker")
    endpoints = parse_listeners("listeners", settings.listeners, protocols, controller_names(settings))
    if not endpoints:
        raise ConfigError("listeners must name at least one listener that is not in controller.listener.names")
    require_distinct("listeners", settings.listeners, endpoints)
    return endpoints


def _advertised(settings: "BrokerSettings", endpoints: list[Endpoint]) -> list[Endpoint]:
    """`advertised.listeners`, or `listeners`; a listener on every interface is advertised by the machine's name."""
    text = settings.advertised_listeners
    if text is None:
        key, advertised = "listeners", endpoints
    else:
        key = "advertised.listeners"
        protocols = parse_protocol_map(settings.listener_security_protocol_map)
        advertised = parse_listeners(key, text, protocols, controller_names(settings))
    names = {endpoint.listener_name for endpoint in endpoints}
    for endpoint in advertised:
        if endpoint.host == "0.0.0.0":  # noqa: S104 - it is refused here
            raise ConfigError(
                "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. "
                f"Use a routable IP address instead of {endpoint} in {key}."
            )
        if endpoint.listener_name not in names:
            raise ConfigError(
                f"advertised.listeners names {endpoint.listener_name}, which is not in listeners: {settings.listeners}"
            )
    if not advertised:
        raise ConfigError("advertised.listeners must name at least one listener")
    _check_inter_broker(settings, {endpoint.listener_name for endpoint in advertised})
    return advertised


def _check_inter_broker(settings: "BrokerSettings", advertised: set[str]) -> None:
    name = settings.inter_broker_listener_name
    if name is not None and "security_inter_broker_protocol" in vars(settings):
        raise ConfigError("Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.")
    if name is not None and name.upper() not in advertised:
        raise ConfigError(
            f"inter.broker.listener.name={name} must be a listener name defined in advertised.listeners: "
            f"{', '.join(sorted(advertised))}"
        )


def _check_numbers(settings: "BrokerSettings") -> None:
    def value_of(name: str) -> int | None:
        value: int | None = getattr(settings, name.replace(".", "_"))
        return value

    retention_ms = resolved("retention.ms", value_of)
    if retention_ms == 0:  # whatever is below counts as unlimited
        name = _given_of(settings, "retention.ms")
        raise ConfigError(f"{name} must be unlimited (-1) or, greater than or equal to 1")
    if resolved("segment.ms", value_of) < 1:
        raise ConfigError("log.roll.ms must be greater than or equal to 1")
    if resolved("segment.jitter.ms", value_of) < 0:
        raise ConfigError("log.roll.jitter.ms must be greater than or equal to 0")
    if settings.group_min_session_timeout_ms > settings.group_max_session_timeout_ms:
        raise ConfigError(
            f"group.min.session.timeout.ms ({settings.group_min_session_timeout_ms}) must not exceed "
            f"group.max.session.timeout.ms ({settings.group_max_session_timeout_ms})"
        )
    threads = settings.log_cleaner_threads
    if threads < 1:
        raise ConfigError("log.cleaner.threads must be at least 1")
    if settings.log_cleaner_dedupe_buffer_size // threads <= MIB:
        raise ConfigError("log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.")
    if settings.offsets_commit_required_acks != -1:
        raise ConfigError("offsets.commit.required.acks must be -1")


def _given_of(settings: "BrokerSettings", topic_option: str) -> str:
    """The broker option that decides a topic option."""
    given = vars(settings)
    for synonym in TOPIC_SYNONYMS[topic_option]:
        if given.get(synonym.name.replace(".", "_")) is not None:
            return synonym.name
    return TOPIC_SYNONYMS[topic_option][0].name
