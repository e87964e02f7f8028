"""Properties as Kafka's documentation names them, given to librdkafka.

Files for `--command-config` and pairs for `--producer-property` are written for the Java client. Most names are the
same in librdkafka; here are those that differ, those that mean nothing outside a JVM, and the few whose values are
spelt differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from barnabas.cli.failures import InvalidUsage

RENAMED: Final = {
    "buffer.memory": "queue.buffering.max.kbytes",
    "fetch.max.wait.ms": "fetch.wait.max.ms",
    "max.request.size": "message.max.bytes",
    "receive.buffer.bytes": "socket.receive.buffer.bytes",
    "send.buffer.bytes": "socket.send.buffer.bytes",
    "ssl.keystore.certificate.chain": "ssl.certificate.pem",
    "ssl.keystore.key": "ssl.key.pem",
    "ssl.truststore.certificates": "ssl.ca.pem",
    "ssl.truststore.location": "ssl.ca.location",
}
# Options of the Java client alone: serializers, buffers and threads that librdkafka has no counterpart of.
WITHOUT_COUNTERPART: Final = frozenset(
    {
        "auto.include.jmx.reporter",
        "client.dns.lookup",
        "config.providers",
        "connections.max.idle.ms",
        "default.api.timeout.ms",
        "exclude.internal.topics",
        "group.remote.assignor",
        "interceptor.classes",
        "key.deserializer",
        "key.serializer",
        "max.block.ms",
        "max.poll.records",
        "metric.reporters",
        "metrics.num.samples",
        "metrics.recording.level",
        "metrics.sample.window.ms",
        "partitioner.adaptive.partitioning.enable",
        "partitioner.availability.timeout.ms",
        "partitioner.class",
        "partitioner.ignore.keys",
        "sasl.client.callback.handler.class",
        "sasl.login.callback.handler.class",
        "sasl.login.class",
        "security.providers",
        "socket.connection.setup.timeout.max.ms",
        "ssl.enabled.protocols",
        "ssl.keymanager.algorithm",
        "ssl.protocol",
        "ssl.provider",
        "ssl.secure.random.implementation",
        "ssl.trustmanager.algorithm",
        "ssl.truststore.password",
        "value.deserializer",
        "value.serializer",
    }
)
ASSIGNORS: Final = {
    "RangeAssignor": "range",
    "RoundRobinAssignor": "roundrobin",
    "CooperativeStickyAssignor": "cooperative-sticky",
}
_JAAS_OPTION: Final = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(\S+?))(?=[\s;]|$)')


def read_properties_file(path: str, flag: str) -> dict[str, str]:
    """A Java properties file; a file that can't be read is the flag's fault."""
    from barnabas.foundation.config import ConfigError, parse_properties

    try:
        return dict(parse_properties(Path(path).read_text(encoding="utf-8"), path))
    except OSError as error:
        raise InvalidUsage(f"--{flag} {path}: a readable properties file was expected: {error.strerror}") from None
    except (ConfigError, UnicodeDecodeError) as error:
        raise InvalidUsage(f"--{flag}: {error}") from None


def parse_pairs(arguments: Iterable[str]) -> dict[str, str]:
    """`key=value` pairs; only the first `=` divides, and a missing value is an empty one, as in Kafka's tools."""
    pairs: dict[str, str] = {}
    for argument in arguments:
        key, _, value = argument.partition("=")
        pairs[key] = value
    return pairs


def librdkafka_properties(properties: Mapping[str, str]) -> dict[str, str]:
    """The same settings for librdkafka."""
    translated: dict[str, str] = {}
    for name, value in properties.items():
        if name in WITHOUT_COUNTERPART:
            continue
        translated.update(_translate(name, value))
    return translated


def _translate(name: str, value: str) -> dict[str, str]:
    """One property, which may become two or none."""
    match name:
        case "buffer.memory":
            value = str(max(1, int(value) // 1024))
        case "partition.assignment.strategy":
            names = (entry.strip().rpartition(".")[2] for entry in value.split(","))
            value = ",".join(ASSIGNORS.get(entry, entry) for entry in names)
        case "sasl.jaas.config":
            return _credentials(value)
        case "ssl.endpoint.identification.algorithm":
            value = value or "none"
        case "ssl.truststore.type" | "ssl.keystore.type":
            if value.upper() not in {"PEM", "PKCS12"}:
                raise InvalidUsage(f"{name}={value}: only PEM (and PKCS12 for a key store) can be read without Java")
            return {}
        case "ssl.cipher.suites":
            value = value.replace(",", ":")
    return {RENAMED.get(name, name): value}


def _credentials(jaas: str) -> dict[str, str]:
    """User and password out of a line such as `...PlainLoginModule required username="u" password="p";`."""
    options = {name: quoted or bare for name, quoted, bare in _JAAS_OPTION.findall(jaas)}
    translated = {"username": "sasl.username", "password": "sasl.password"}
    return {translated[name]: re.sub(r"\\(.)", r"\1", value) for name, value in options.items() if name in translated}
