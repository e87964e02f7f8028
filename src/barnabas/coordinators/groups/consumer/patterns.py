"""Regular expressions of subscriptions, in the syntax of RE2.

Kafka's coordinator matches with RE2. Here Python's `re` does it, so what only `re` knows is refused: look-around,
back-references, atomic groups, possessive quantifiers and conditions. Quoting (`\\Q…\\E`), classes such as
`[[:lower:]]` and `\\z` are translated. Classes of Unicode (`\\p{Greek}`) and flags inside a pattern are
refused although RE2 knows them: topics have ASCII names. RE2 takes linear time, `re` does not for nested repetition;
topics have at most 249 characters, and what was found is kept until topics change. Source: RE2's syntax, KIP-848.
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
_QUOTED: Final = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_POSIX_CLASS: Final = re.compile(r"\[:(\^?\w+):\]")
_POSIX_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
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
    translated = _QUOTED.sub(lambda quoted: re.escape(quoted[1]), pattern)
    translated = _POSIX_CLASS.sub(lambda found: _members_of_class(found[1], pattern), translated)
    bare = _CLASS.sub("x", _ESCAPED.sub("", translated))
    for unknown, reason in _NOT_IN_RE2:
        found = unknown.search(bare)
        if found is not None:
            raise _invalid(pattern, f"{reason}: `{found.group()}`")
    try:
        return re.compile(_NAMED_GROUP.sub("(?P<", translated).replace(r"\z", r"\Z"), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise _invalid(pattern, str(error)) from error


def _members_of_class(name: str, pattern: str) -> str:
    if name not in _POSIX_CLASSES:
        raise _invalid(pattern, f"invalid character class range: `[:{name}:]`")
    return _POSIX_CLASSES[name]


def _invalid(pattern: str, reason: str) -> KafkaError:
    return KafkaError(
        ErrorCode.INVALID_REGULAR_EXPRESSION,
        f"SubscribedTopicRegex `{pattern}` is not a valid regular expression: {reason}.",
    )
