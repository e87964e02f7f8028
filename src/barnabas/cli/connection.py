"""The way to a cluster: the client library, told to keep quiet, asked once whether anybody is there.

Kafka's tools retry for a minute against a port where nobody listens. Ours give up after a few seconds and say why; a
broker that is slow to answer has the whole of `REACH_TIMEOUT_SECONDS`.
"""

from __future__ import annotations

import concurrent.futures
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from barnabas.cli.client_properties import librdkafka_properties, read_properties_file
from barnabas.cli.failures import InvalidUsage, ToolFailure, kafka_error, message_of

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Node, Producer
    from confluent_kafka.admin import AdminClient

Client = TypeVar("Client")

REACH_TIMEOUT_SECONDS: Final = 20.0
REFUSED_TIMEOUT_SECONDS: Final = 4.0
ATTEMPT_SECONDS: Final = 1.0
REQUEST_TIMEOUT_SECONDS: Final = 30.0


def check_bootstrap_server(bootstrap_server: str | None) -> str:
    """Refuse an address list that is not `host:port,...`."""
    if bootstrap_server is None:
        raise InvalidUsage('Missing required argument "[bootstrap-server]"')
    for address in bootstrap_server.split(","):
        host, colon, port = address.strip().rpartition(":")
        if not (host and colon and port.isdecimal() and 0 < int(port) < 65536):
            raise InvalidUsage(
                f"--bootstrap-server {bootstrap_server}: Please provide valid host:port like host1:9091,host2:9092"
            )
    return bootstrap_server


def client_settings(bootstrap_server: str, properties: Mapping[str, str], client_id: str) -> dict[str, str]:
    """librdkafka's settings for these properties of the Java client; its own log is kept quiet."""
    return {
        "client.id": client_id,
        **librdkafka_properties(properties),
        "bootstrap.servers": bootstrap_server,
        "log_level": "0",
    }


@dataclass(slots=True)
class ErrorWatch:
    """Remembers what the client library reported while it was trying to connect."""

    last: KafkaError | None = None
    all_brokers_down: bool = False

    def __call__(self, error: KafkaError) -> None:
        from confluent_kafka import KafkaError

        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self.all_brokers_down = True
        else:
            self.last = error

    def reason(self) -> str:
        """Why nobody could be reached, without librdkafka's own thread and retry details."""
        if self.last is None:
            return "nobody answered in time"
        text = message_of(self.last)
        for separator in (": Connect to ", ": Failed to resolve "):
            if separator in text:
                text = (separator + text.split(separator, 1)[1]).removeprefix(": ")
        return re.sub(r"ipv[46]#", "", text.split(" (after ")[0]).strip()


def unreachable(bootstrap_server: str, watch: ErrorWatch) -> ToolFailure:
    return ToolFailure(f"--bootstrap-server {bootstrap_server}: no broker could be reached: {watch.reason()}")


_UNKNOWN_PROPERTY: Final = re.compile(r'No such configuration property: "(.+)"')


def make_client(factory: Callable[[dict[str, Any]], Client], settings: dict[str, str], watch: ErrorWatch) -> Client:
    """A client of the library; like the Java client it warns of a property it does not know, and goes on without it."""
    from confluent_kafka import KafkaException

    while True:
        try:
            return factory({**settings, "error_cb": watch})
        except KafkaException as exception:
            error = kafka_error(exception)
            unknown = _UNKNOWN_PROPERTY.search(error.str())
            if unknown is None or settings.pop(unknown[1], None) is None:
                raise InvalidUsage(f"invalid client property: {message_of(error)}") from None
            print(f"WARN: the client property {unknown[1]} is not known and is ignored", file=sys.stderr)


def reach(
    client: Producer | Consumer,
    servers: str,
    watch: ErrorWatch,
    *,
    topic: str | None = None,
    timeout_seconds: float = REACH_TIMEOUT_SECONDS,
) -> Any:
    """The metadata of this topic, or of all, once a broker answers; fails in one line when none does."""
    from confluent_kafka import KafkaException

    start = time.monotonic()
    while True:
        try:
            return (
                client.list_topics(topic, timeout=ATTEMPT_SECONDS)
                if topic
                else client.list_topics(timeout=ATTEMPT_SECONDS)
            )
        except KafkaException as exception:
            client.poll(0)
            waited = time.monotonic() - start
            if waited > timeout_seconds or (watch.all_brokers_down and waited > REFUSED_TIMEOUT_SECONDS):
                watch.last = watch.last or kafka_error(exception)
                raise unreachable(servers, watch) from None


def producer_for(servers: str, properties: Mapping[str, str], client_id: str) -> tuple[Producer, ErrorWatch]:
    """A producer with these properties of the Java client."""
    from confluent_kafka import Producer

    watch = ErrorWatch()
    return make_client(Producer, client_settings(servers, properties, client_id), watch), watch


def consumer_for(servers: str, properties: Mapping[str, str], client_id: str) -> tuple[Consumer, ErrorWatch]:
    """A consumer with these properties of the Java client."""
    from confluent_kafka import Consumer

    watch = ErrorWatch()
    return make_client(Consumer, client_settings(servers, properties, client_id), watch), watch


@dataclass(slots=True)
class Cluster:
    """A cluster that has answered once."""

    admin: AdminClient
    settings: dict[str, str]
    nodes: list[Node] = field(default_factory=list)
    timeout_seconds: float = REQUEST_TIMEOUT_SECONDS

    @classmethod
    def connect(
        cls, bootstrap_server: str | None, config_path: str | None, client_id: str = "barnabas-admin"
    ) -> Cluster:
        """Reach a broker or fail in one line."""
        from confluent_kafka.admin import AdminClient

        servers = check_bootstrap_server(bootstrap_server)
        properties = read_properties_file(config_path, "command-config") if config_path else {}
        settings = client_settings(servers, properties, client_id)
        watch = ErrorWatch()
        admin = make_client(AdminClient, settings, watch)
        cluster = cls(admin, settings)
        cluster.nodes = cluster._reach(servers, watch)
        return cluster

    def _reach(self, servers: str, watch: ErrorWatch) -> list[Node]:
        from confluent_kafka import KafkaException

        start = time.monotonic()
        answer = self.admin.describe_cluster(request_timeout=REACH_TIMEOUT_SECONDS)
        while True:
            try:
                nodes: list[Node] = answer.result(timeout=0.1).nodes
            except (concurrent.futures.TimeoutError, TimeoutError):
                self.admin.poll(0)  # hands the library's reports to `watch`
                waited = time.monotonic() - start
                if waited > REACH_TIMEOUT_SECONDS or (watch.all_brokers_down and waited > REFUSED_TIMEOUT_SECONDS):
                    raise unreachable(servers, watch) from None
            except KafkaException as error:
                watch.last = watch.last or kafka_error(error)
                raise unreachable(servers, watch) from None
            else:
                return nodes

    def wait(self, answer: concurrent.futures.Future[Any]) -> Any:
        """The result of one of the library's calls; raises its KafkaException."""
        return answer.result(timeout=self.timeout_seconds + 5)

    def topic_names(self) -> list[str]:
        """All topics, internal ones too, in alphabetical order."""
        return sorted(self.admin.list_topics(timeout=self.timeout_seconds).topics)

    def wait_all(self, answers: Mapping[Any, concurrent.futures.Future[Any]]) -> dict[Any, Any]:
        """The results by what was asked for; raises the first KafkaException."""
        return {asked: self.wait(answer) for asked, answer in answers.items()}

    def node_ids(self) -> Iterable[int]:
        return [node.id for node in self.nodes]
