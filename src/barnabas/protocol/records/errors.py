"""What is raised for bytes that are no sound record batch."""

from barnabas.foundation.errors import ErrorCode, KafkaError


class InvalidBatch(KafkaError):
    """A record batch that is truncated, damaged or contradicts itself; CORRUPT_MESSAGE on the wire."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.CORRUPT_MESSAGE, message)
