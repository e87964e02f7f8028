"""What handlers of offsets ask about topics."""

from typing import Protocol
from uuid import UUID


class TopicLookup(Protocol):
    """The topics that exist as this broker knows; None for those that don't."""

    def partition_count(self, topic: str) -> int | None: ...

    def topic_name(self, topic_id: UUID) -> str | None: ...

    def topic_id(self, topic: str) -> UUID | None: ...
