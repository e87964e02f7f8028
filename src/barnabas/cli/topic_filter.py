"""Which topics a regular expression means, and which are Kafka's own.

An include list is Kafka's: commas divide alternatives, quotes around it are dropped, and a name matches as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from barnabas.cli.failures import ToolFailure

INTERNAL_TOPICS: Final = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state"})
LEGAL_NAME: Final = re.compile(r"[a-zA-Z0-9._-]+")
LONGEST_NAME: Final = 249


class InvalidPattern(ToolFailure):
    """Not a regular expression."""


@dataclass(frozen=True, slots=True)
class IncludeList:
    """The topics that an expression means."""

    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, expression: str) -> IncludeList:
        cleaned = expression.strip().replace(",", "|").replace(" ", "").strip("\"'")
        try:
            return cls(re.compile(cleaned))
        except re.error:
            raise InvalidPattern(f"{cleaned} is an invalid regex.") from None

    def allows(self, topic: str, *, exclude_internal: bool = False) -> bool:
        if exclude_internal and topic in INTERNAL_TOPICS:
            return False
        return self.pattern.fullmatch(topic) is not None


def invalid_topic_name(topic: str) -> str | None:
    """Why this can't be a topic's name, in the broker's words, or None."""
    if not topic:
        reason = "the empty string is not allowed"
    elif topic in {".", ".."}:
        reason = "'.' or '..' is not allowed"
    elif len(topic) > LONGEST_NAME:
        reason = f"the length of '{topic}' is longer than the max allowed length {LONGEST_NAME}"
    elif not LEGAL_NAME.fullmatch(topic):
        reason = f"'{topic}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    else:
        return None
    return f"Topic name is invalid: {reason}"
