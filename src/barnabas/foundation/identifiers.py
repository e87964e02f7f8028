"""The names of things that every room talks about."""

import base64
import uuid
from typing import Final, NamedTuple

ZERO_UUID: Final = uuid.UUID(int=0)
"""Kafka's "no topic ID" on the wire (KIP-516)."""


class TopicPartition(NamedTuple):
    """One partition of one topic; its text is the name of its log directory."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


def uuid_to_text(value: uuid.UUID) -> str:
    """Kafka's text form of an ID: URL-safe base64 without padding, 22 characters."""
    return base64.urlsafe_b64encode(value.bytes).rstrip(b"=").decode("ascii")


def uuid_from_text(text: str) -> uuid.UUID:
    """Read Kafka's text form of an ID; raises ValueError when it is not 16 bytes of URL-safe base64."""
    return uuid.UUID(bytes=base64.urlsafe_b64decode(text + "=="))
