"""Listeners: `PLAINTEXT://localhost:9092` and what belongs to it.

A listener has a name; `listener.security.protocol.map` gives the name its security protocol. This version
speaks PLAINTEXT only. Listeners of the KRaft controller are read and left out: its controller needs no port.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from barnabas.foundation.config.kinds import ConfigError

_LISTENER: Final = re.compile(r"(.*)://\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)")
SECURITY_PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_SERVED: Final = "PLAINTEXT"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One listener's address; an empty host means every interface."""

    listener_name: str
    host: str
    port: int
    security_protocol: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.listener_name}://{host}:{self.port}"


def parse_protocol_map(text: str) -> dict[str, str]:
    """Read `listener.security.protocol.map`: the security protocol of each listener name."""
    protocols: dict[str, str] = {}
    for item in _items(text):
        name, colon, protocol = item.rpartition(":")
        protocol = protocol.strip().upper()
        if not colon:
            expected = "expected NAME:PROTOCOL, comma separated"
            raise ConfigError(f"Invalid item {item} in listener.security.protocol.map: {expected}")
        if protocol not in SECURITY_PROTOCOLS:
            raise ConfigError(f"Invalid security protocol `{protocol}` defined in listener.security.protocol.map")
        protocols[name.strip().upper()] = protocol
    return protocols


def parse_listeners(key: str, text: str, protocols: Mapping[str, str], controllers: frozenset[str]) -> list[Endpoint]:
    """Read `listeners` or `advertised.listeners`, without those of the KRaft controller."""
    endpoints = []
    for item in _items(text):
        match = _LISTENER.fullmatch(item)
        if match is None:
            expected = "expected NAME://host:port, as in PLAINTEXT://localhost:9092"
            raise ConfigError(f"Unable to parse {item} in {key} to an endpoint: {expected}")
        name, host, port = match[1].strip().upper(), match[2], int(match[3])
        if not 0 <= port <= 65535:
            raise ConfigError(f"Invalid port {port} of {item} in {key}: a port is between 0 and 65535")
        if name in controllers:
            continue
        if name not in protocols:
            raise ConfigError(f"No security protocol defined for listener {name} in {key}")
        if protocols[name] != _SERVED:
            unsupported = f"security protocol {protocols[name]} is not supported by this version, only {_SERVED}"
            raise ConfigError(f"Unable to open {item} in {key}: {unsupported}")
        endpoints.append(Endpoint(name, host, port, protocols[name]))
    return endpoints


def require_distinct(key: str, text: str, endpoints: list[Endpoint]) -> None:
    """No two listeners may share a name, nor a port, unless one is IPv4 and the other IPv6 (KIP-797)."""
    names = [endpoint.listener_name for endpoint in endpoints]
    if len(set(names)) != len(names):
        raise ConfigError(f"Each listener must have a different name, {key}: {text}")
    used: dict[int, list[str]] = {}
    for endpoint in endpoints:
        if endpoint.port:
            used.setdefault(endpoint.port, []).append(endpoint.host)
    for hosts in used.values():
        families = {":" in host for host in hosts if host}
        if len(hosts) > 2 or (len(hosts) == 2 and (len(families) != 2 or "" in hosts)):
            raise ConfigError(f"Each listener must have a different port, {key}: {text}")


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
