"""How a message is declared: a dataclass whose annotations say what its bytes are, for all versions at once.

    @struct
    class FetchPartition:
        partition: Int32
        current_leader_epoch: Int32 = field(default=-1, versions="9+", ignorable=True)

`struct` makes the dataclass; `schema_of` reads it back for the compiler. Messages are mutable by type and immutable by
habit: frozen dataclasses would double the time it takes to build one.
"""

import dataclasses
import types
import typing
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, dataclass_transform

from barnabas.protocol.wire.types import BOOLEAN, UUID, Fixed, RecordsMark
from barnabas.protocol.wire.versions import ALL, NONE, Versions

_METADATA_KEY: Final = "barnabas.wire"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Wire:
    """What `field` was told beyond the default."""

    versions: Versions = ALL
    nullable: Versions = ALL
    tagged: Versions = NONE
    tag: int = -1
    ignorable: bool = False


def field(
    *,
    default: Any = dataclasses.MISSING,
    default_factory: Any = dataclasses.MISSING,
    versions: str = "0+",
    nullable: str = "0+",
    tag: int = -1,
    tagged: str | None = None,
    ignorable: bool = False,
) -> Any:
    """Declare a field that not every version has, or not in the same way.

    `versions` have the field at all. `nullable` versions may send null (only where the annotation says `| None`;
    "none" makes None mean "tagged field not sent"). With a `tag`, `tagged` versions (all, unless told) send it as a
    tagged field, and only when it differs from its default. Setting a field that the version sent does not have is an
    error unless the field is `ignorable`.
    """
    wire = _Wire(
        versions=Versions.parse(versions),
        nullable=Versions.parse(nullable),
        tagged=NONE if tag < 0 else Versions.parse(tagged or "0+"),
        tag=tag,
        ignorable=ignorable,
    )
    metadata = {_METADATA_KEY: wire}
    if default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=default_factory, metadata=metadata)
    if default is not dataclasses.MISSING:
        return dataclasses.field(default=default, metadata=metadata)
    return dataclasses.field(metadata=metadata)


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
def struct(cls: type[_T]) -> type[_T]:
    """Make a class a struct of the protocol: a dataclass with slots and with room for tags from the future."""
    cls.__annotations__["unknown_tags"] = dict[int, bytes]
    cls.unknown_tags = dataclasses.field(default_factory=dict, repr=False)  # type: ignore[attr-defined]
    cls.__repr__ = _repr  # type: ignore[method-assign]
    cls.__eq__ = _equal  # type: ignore[method-assign]
    # One `__repr__` and `__eq__` for all structs: generating them for each costs a tenth of the start-up time.
    return dataclass(slots=True, kw_only=True, repr=False, eq=False)(cls)


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__ if name != "unknown_tags")
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _equal(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return all(getattr(self, name) == getattr(other, name) for name in self.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Text:
    """A string in UTF-8."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that are copied out of the received buffer."""


@dataclass(frozen=True, slots=True)
class Batches:
    """Record batches, which are lent."""


@dataclass(frozen=True, slots=True)
class Struct:
    """Another struct, in place."""

    type: type[Any]


@dataclass(frozen=True, slots=True)
class Array:
    """Any number of the same; its elements are never null."""

    element: "Kind"


Kind = Fixed | Text | Blob | Batches | Struct | Array


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """One field, ready for the compiler."""

    name: str
    kind: Kind
    optional: bool
    wire: _Wire
    default: Callable[[], Any] | None

    def is_in(self, version: int) -> bool:
        return version in self.wire.versions

    def is_tagged(self, version: int) -> bool:
        return version in self.wire.versions and version in self.wire.tagged

    def is_nullable(self, version: int) -> bool:
        return self.optional and version in self.wire.nullable


_schemas: Final[dict[type[Any], tuple[FieldSchema, ...]]] = {}


def schema_of(cls: type[Any]) -> tuple[FieldSchema, ...]:
    """The fields of a struct in the order of the wire; TypeError when the declaration makes no sense."""
    if cls not in _schemas:
        _schemas[cls] = _read_schema(cls)
    return _schemas[cls]


def _read_schema(cls: type[Any]) -> tuple[FieldSchema, ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = []
    for declared in dataclasses.fields(cls):
        if declared.name == "unknown_tags":
            continue
        kind, optional = _kind_of(hints[declared.name])
        wire = declared.metadata.get(_METADATA_KEY, _Wire())
        fields.append(FieldSchema(declared.name, kind, optional, wire, _default_of(declared)))
    return tuple(fields)


def _default_of(declared: "dataclasses.Field[Any]") -> Callable[[], Any] | None:
    if declared.default_factory is not dataclasses.MISSING:
        return declared.default_factory
    if declared.default is not dataclasses.MISSING:
        value = declared.default
        return lambda: value
    return None


def _kind_of(hint: Any) -> tuple[Kind, bool]:
    """The kind of an annotation, and whether None is among its values."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        arguments = [argument for argument in typing.get_args(hint) if argument is not type(None)]
        if len(arguments) != 1:
            raise TypeError(f"{hint} is no type of the protocol")
        return _kind_of(arguments[0])[0], True
    for mark in getattr(hint, "__metadata__", ()):
        if isinstance(mark, Fixed):
            return mark, False
        if isinstance(mark, RecordsMark):
            return Batches(), False
    if typing.get_origin(hint) is list:
        element, optional = _kind_of(typing.get_args(hint)[0])
        if optional:
            raise TypeError(f"{hint}: elements of an array are never null")
        return Array(element), False
    plain: dict[Any, Kind] = {bool: BOOLEAN, uuid.UUID: UUID, str: Text(), bytes: Blob()}
    if hint in plain:
        return plain[hint], False
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return Struct(hint), False
    raise TypeError(f"{hint} is no type of the protocol")
