"""Options that stand in for each other.

A topic option that is not set takes the broker's, and some broker options have coarser forms: retention in
milliseconds, minutes or hours. The finest one given counts. Source: Kafka's ServerTopicConfigSynonyms.
"""

from collections.abc import Callable
from typing import Final, NamedTuple


class Synonym(NamedTuple):
    """A broker option and how many of the topic option's units one of its own is worth."""

    name: str
    factor: int = 1


_HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000

TOPIC_SYNONYMS: Final[dict[str, tuple[Synonym, ...]]] = {
    "segment.bytes": (Synonym("log.segment.bytes"),),
    "segment.ms": (Synonym("log.roll.ms"), Synonym("log.roll.hours", _HOUR_MS)),
    "segment.jitter.ms": (Synonym("log.roll.jitter.ms"), Synonym("log.roll.jitter.hours", _HOUR_MS)),
    "segment.index.bytes": (Synonym("log.index.size.max.bytes"),),
    "flush.messages": (Synonym("log.flush.interval.messages"),),
    "flush.ms": (Synonym("log.flush.interval.ms"), Synonym("log.flush.scheduler.interval.ms")),
    "retention.bytes": (Synonym("log.retention.bytes"),),
    "retention.ms": (
        Synonym("log.retention.ms"),
        Synonym("log.retention.minutes", _MINUTE_MS),
        Synonym("log.retention.hours", _HOUR_MS),
    ),
    "max.message.bytes": (Synonym("message.max.bytes"),),
    "index.interval.bytes": (Synonym("log.index.interval.bytes"),),
    "delete.retention.ms": (Synonym("log.cleaner.delete.retention.ms"),),
    "min.compaction.lag.ms": (Synonym("log.cleaner.min.compaction.lag.ms"),),
    "max.compaction.lag.ms": (Synonym("log.cleaner.max.compaction.lag.ms"),),
    "file.delete.delay.ms": (Synonym("log.segment.delete.delay.ms"),),
    "min.cleanable.dirty.ratio": (Synonym("log.cleaner.min.cleanable.ratio"),),
    "cleanup.policy": (Synonym("log.cleanup.policy"),),
    "unclean.leader.election.enable": (Synonym("unclean.leader.election.enable"),),
    "min.insync.replicas": (Synonym("min.insync.replicas"),),
    "compression.type": (Synonym("compression.type"),),
    "compression.gzip.level": (Synonym("compression.gzip.level"),),
    "compression.lz4.level": (Synonym("compression.lz4.level"),),
    "compression.zstd.level": (Synonym("compression.zstd.level"),),
    "preallocate": (Synonym("log.preallocate"),),
    "message.timestamp.type": (Synonym("log.message.timestamp.type"),),
    "message.timestamp.before.max.ms": (Synonym("log.message.timestamp.before.max.ms"),),
    "message.timestamp.after.max.ms": (Synonym("log.message.timestamp.after.max.ms"),),
    "local.retention.ms": (Synonym("log.local.retention.ms"),),
    "local.retention.bytes": (Synonym("log.local.retention.bytes"),),
}

_BROKER_FAMILIES: Final = (
    ("log.roll.ms", "log.roll.hours"),
    ("log.roll.jitter.ms", "log.roll.jitter.hours"),
    ("log.flush.interval.ms", "log.flush.scheduler.interval.ms"),
    ("log.retention.ms", "log.retention.minutes", "log.retention.hours"),
)
_FAMILY: Final = {name: family for family in _BROKER_FAMILIES for name in family}
# Kafka lets this one stand alone: only the interval falls back to the scheduler's, not the other way round.
del _FAMILY["log.flush.scheduler.interval.ms"]


def broker_synonyms(name: str) -> tuple[str, ...]:
    """The broker options that decide one, the finest first; for most it is only the option itself."""
    return _FAMILY.get(name, (name,))


def resolved(name: str, value_of: Callable[[str], int | None]) -> int:
    """A topic option out of its broker options: the finest that has a value, in the topic option's unit.

    A negative value means "no limit" in every unit and is not multiplied.
    """
    for synonym in TOPIC_SYNONYMS[name]:
        value = value_of(synonym.name)
        if value is not None:
            return value if value < 0 else value * synonym.factor
    raise AssertionError(f"{name}: the coarsest option has a default")
