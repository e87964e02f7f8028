"""What a handler may know about the request besides its body."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who asks, over which connection, in which version of the API."""

    api_version: int
    client_id: str | None
    client_host: str
    """The peer's address as Kafka prints it in group descriptions, `/127.0.0.1`."""
    connection_id: int
    listener_name: str = "PLAINTEXT"
    principal: str = "User:ANONYMOUS"
