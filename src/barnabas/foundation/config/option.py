"""One configuration option, declared once.

    log_segment_bytes = option("log.segment.bytes", INT, 1 << 30, "Size at which a segment is closed.", at_least(14))

The declaration is a descriptor, so `settings.log_segment_bytes` is an `int` for the type checker; parsing,
validation, DescribeConfigs and the reference page read the same object. Plain objects, no look-up at run time:
the settings put the parsed values into their own `__dict__`, which a non-data descriptor lets through.
"""

import enum
from typing import Any, Final, Generic, TypedDict, TypeVar, Unpack, overload

from barnabas.foundation.config.kinds import Kind
from barnabas.foundation.config.validators import Validator

T = TypeVar("T")


class Importance(enum.Enum):
    """How likely it is that somebody needs to change the option (Kafka's classes)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Scope(enum.Enum):
    """Where an option may be changed while the broker runs (KIP-226)."""

    READ_ONLY = "read-only"
    PER_BROKER = "per-broker"
    CLUSTER_WIDE = "cluster-wide"


class Effect(enum.Enum):
    """Whether the broker does anything with an option yet."""

    ACTS = "acts"
    ACCEPTED = "accepted"


HIGH: Final = Importance.HIGH
MEDIUM: Final = Importance.MEDIUM
LOW: Final = Importance.LOW
READ_ONLY: Final = Scope.READ_ONLY
PER_BROKER: Final = Scope.PER_BROKER
CLUSTER_WIDE: Final = Scope.CLUSTER_WIDE
ACTS: Final = Effect.ACTS
ACCEPTED: Final = Effect.ACCEPTED


class Option(Generic[T]):
    """A declared option; on a settings object its attribute is the parsed value."""

    __slots__ = (
        "attribute",
        "default",
        "doc",
        "effect",
        "importance",
        "internal",
        "kind",
        "name",
        "only_in_3x",
        "scope",
        "validator",
    )

    attribute: str

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    @overload
    def __get__(self, instance: None, owner: type) -> "Option[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> "Option[T] | T":
        return self if instance is None else self.default

    name: str
    kind: Kind[Any]
    default: T
    doc: str
    validator: Validator | None
    importance: Importance
    scope: Scope
    effect: Effect
    internal: bool
    only_in_3x: bool

    @property
    def is_sensitive(self) -> bool:
        return self.kind.name == "password"

    def parse(self, text: str) -> T:
        """Read and check a value; raises InvalidValue."""
        value: T = self.kind.parse(self.name, text)
        if self.validator is not None:
            self.validator.check(self.name, value)
        return value

    def format(self, value: Any) -> str | None:
        """The value as Kafka prints it; None stays None."""
        return None if value is None else self.kind.format(value)


class Facts(TypedDict, total=False):
    """Facts of an option that have a usual value."""

    importance: Importance
    scope: Scope
    effect: Effect
    internal: bool
    """Known to Kafka, but neither documented nor shown by it."""
    only_in_3x: bool
    """Gone in Kafka 4; accepted so that older files work."""


@overload
def option(
    name: str,
    kind: Kind[T],
    default: None,
    doc: str,
    validator: Validator | None = None,
    **facts: Unpack[Facts],
) -> Option[T | None]: ...
@overload
def option(
    name: str, kind: Kind[T], default: T, doc: str, validator: Validator | None = None, **facts: Unpack[Facts]
) -> Option[T]: ...
def option(
    name: str,
    kind: Kind[Any],
    default: Any,
    doc: str,
    validator: Validator | None = None,
    **facts: Unpack[Facts],
) -> Option[Any]:
    """Declare an option; its attribute is the name with dots as underscores."""
    declared: Option[Any] = Option()
    declared.name = name
    declared.kind = kind
    declared.default = default
    declared.doc = doc
    declared.validator = validator
    declared.importance = facts.get("importance", MEDIUM)
    declared.scope = facts.get("scope", READ_ONLY)
    declared.effect = facts.get("effect", ACCEPTED)
    declared.internal = facts.get("internal", False)
    declared.only_in_3x = facts.get("only_in_3x", False)
    return declared


def declared_options(owner: type) -> dict[str, Option[Any]]:
    """Every option of a settings class by its Kafka name, in the order of declaration."""
    return {
        declared.name: declared
        for base in reversed(owner.__mro__)
        for declared in vars(base).values()
        if isinstance(declared, Option)
    }
