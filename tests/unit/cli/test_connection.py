"""Addresses and properties on their way to the client library."""

from __future__ import annotations

from pathlib import Path

import pytest

from barnabas.cli.client_properties import librdkafka_properties, parse_pairs, read_properties_file
from barnabas.cli.connection import check_bootstrap_server, client_settings
from barnabas.cli.failures import InvalidUsage

JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="a\\"b;c";'


@pytest.mark.parametrize("address", ["localhost:9092", "h1:1,h2:65535", "[::1]:9092"])
def test_addresses(address: str) -> None:
    assert check_bootstrap_server(address) == address


@pytest.mark.parametrize("address", ["", "localhost", "localhost:", ":9092", "h:0", "h:65536", "h:1,", "h:x"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(InvalidUsage, match="Please provide valid host:port like host1:9091,host2:9092"):
        check_bootstrap_server(address)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"acks": "all", "compression.type": "zstd"}, {"acks": "all", "compression.type": "zstd"}),
        ({"buffer.memory": "33554432"}, {"queue.buffering.max.kbytes": "32768"}),
        ({"send.buffer.bytes": "1024"}, {"socket.send.buffer.bytes": "1024"}),
        ({"max.poll.records": "5", "key.deserializer": "x"}, {}),
        ({"sasl.jaas.config": JAAS}, {"sasl.username": "alice", "sasl.password": 'a"b;c'}),
        ({"ssl.endpoint.identification.algorithm": ""}, {"ssl.endpoint.identification.algorithm": "none"}),
        ({"ssl.truststore.location": "ca.pem", "ssl.truststore.type": "PEM"}, {"ssl.ca.location": "ca.pem"}),
        (
            {"partition.assignment.strategy": "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"},
            {"partition.assignment.strategy": "cooperative-sticky"},
        ),
    ],
)
def test_properties_of_the_java_client(properties: dict[str, str], expected: dict[str, str]) -> None:
    assert librdkafka_properties(properties) == expected


def test_a_java_key_store_is_refused() -> None:
    with pytest.raises(InvalidUsage, match=r"ssl.truststore.type=JKS: only PEM"):
        librdkafka_properties({"ssl.truststore.type": "JKS"})


def test_a_client_id_of_ones_own_wins_and_the_library_stays_quiet() -> None:
    settings = client_settings("h:1", {"client.id": "mine"}, "default")
    assert settings == {"client.id": "mine", "bootstrap.servers": "h:1", "log_level": "0"}


def test_pairs() -> None:
    assert parse_pairs(["a=1=2", "b", "c="]) == {"a": "1=2", "b": "", "c": ""}


def test_a_properties_file(tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.write_text("# a comment\nclient.id = mine\nssl.key.password: a\\tb\n")
    assert read_properties_file(str(path), "command-config") == {"client.id": "mine", "ssl.key.password": "a\tb"}


def test_a_properties_file_that_is_not_there() -> None:
    with pytest.raises(InvalidUsage, match=r"^--command-config /no/file: a readable properties file was expected"):
        read_properties_file("/no/file", "command-config")
