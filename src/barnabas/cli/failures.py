"""How a tool fails: one line for a person and an exit code for a script, never a traceback.

`ToolFailure` is what a tool raises once it knows what to say. Apache Kafka's tools report some failures on standard
output, so the stream is part of the contract and travels with the text.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, KafkaException


class ToolFailure(Exception):
    """The tool ends here: `text` goes to the stream Kafka's tool uses, `exit_code` to the shell."""

    def __init__(self, text: str, *, exit_code: int = 1, on_stdout: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.exit_code = exit_code
        self.on_stdout = on_stdout

    def report(self) -> int:
        stream = sys.stdout if self.on_stdout else sys.stderr
        print(self.text, file=stream, flush=True)
        return self.exit_code


class InvalidUsage(ToolFailure):
    """A wrong, missing or contradictory flag."""


def kafka_error(exception: KafkaException) -> KafkaError:
    """The error inside the client library's exception."""
    error: KafkaError = exception.args[0]
    return error


def message_of(error: KafkaError) -> str:
    """What the broker said, without the library's own `Broker: ` in front of its texts for error codes."""
    return str(error.str()).removeprefix("Broker: ").removeprefix("Local: ")
