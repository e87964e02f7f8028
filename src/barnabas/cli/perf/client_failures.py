"""One line for what the client library can't do, whichever of its calls says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from barnabas.cli.failures import ToolFailure, kafka_error, message_of


@contextmanager
def told_in_one_line(who: str) -> Iterator[None]:
    """Within, an exception of the client library becomes a ToolFailure."""
    from confluent_kafka import KafkaException

    try:
        yield
    except KafkaException as exception:
        raise ToolFailure(f"The {who} failed: {message_of(kafka_error(exception)).strip()}") from None
