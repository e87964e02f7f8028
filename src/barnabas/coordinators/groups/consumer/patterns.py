"""Regular expressions of subscriptions, in the syntax of RE2.

Kafka's coordinator matches with RE2, whose time is linear in the text. Here Python's `re` does the matching, so what
only `re` knows is refused: look-around, back-references, atomic groups, possessive quantifiers and conditions. Those
are also what makes matching slow; nested repetition still can, so a pattern is matched against topic names only, which
are short. What RE2 alone knows (`\\p{Greek}`, `\\Q…\\E`, `\\C`) is refused as well; `\\z` is taken for Python's `\\Z`.
Source: RE2's syntax, KIP-848.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from barnabas.foundation.errors import ErrorCode, KafkaError

_NOT_IN_RE2: Final = (
    (re.compile(r"\\[1-9]"), "invalid escape sequence"),
    (re.compile(r"\(\?(?:<?[=!]|>|\(|#|P=|P>)"), "invalid or unsupported Perl syntax"),
    (re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})\+"), "invalid nested repetition operator"),
    (re.compile(r"\(\?[a-zA-Z]*[aLux]"), "invalid or unsupported Perl syntax"),
    (re.compile(r"\\Z"), "invalid escape sequence"),
)
_ESCAPED: Final = re.compile(r"\\\\|\\[^\w]")
_CLASS: Final = re.compile(r"\[\^?\]?[^\]]*\]")
_NAMED_GROUP: Final = re.compile(r"\(\?<(?=[A-Za-z_])")


def matching_topics(pattern: str, topics: Iterable[str]) -> frozenset[str]:
    """The topics whose whole name matches; raises KafkaError INVALID_REGULAR_EXPRESSION for a bad pattern."""
    if not pattern:
        return frozenset()
    matches = compile_pattern(pattern).fullmatch
    return frozenset(topic for topic in topics if matches(topic))


@lru_cache(maxsize=1_024)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern made ready; raises KafkaError INVALID_REGULAR_EXPRESSION."""
    bare = _CLASS.sub("x", _ESCAPED.sub("", pattern))
    for unknown, reason in _NOT_IN_RE2:
        found = unknown.search(bare)
        if found is not None:
            raise _invalid(pattern, f"{reason}: `{found.group()}`")
    try:
        return re.compile(_NAMED_GROUP.sub("(?P<", pattern).replace(r"\z", r"\Z"), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise _invalid(pattern, str(error)) from error


def _invalid(pattern: str, reason: str) -> KafkaError:
    return KafkaError(
        ErrorCode.INVALID_REGULAR_EXPRESSION,
        f"SubscribedTopicRegex `{pattern}` is not a valid regular expression: {reason}.",
    )
