"""A kind of node, declared: where it lies and what its data means."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

from barnabas.cluster.coordination.tree import ANY_VERSION, Create, Delete, SetData

JsonObject = dict[str, Any]


class InvalidNodeData(ValueError):
    """A node's bytes are not what Kafka would have written there."""


class JsonValue(Protocol):
    """What is kept in a node as a JSON object."""

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Read it; KeyError, TypeError or ValueError when it does not fit. Unknown keys are tolerated."""

    def to_json(self) -> JsonObject:
        """The object as Kafka writes it."""


V = TypeVar("V")
J = TypeVar("J", bound=JsonValue)


@dataclass(frozen=True, slots=True)
class Znode(Generic[V]):
    """Nodes of one kind: `{name}` in the path stands for a part that differs."""

    path: str
    decode: Callable[[bytes], V]
    encode: Callable[[V], bytes]

    def at(self, **parts: str | int) -> str:
        """The path of one of them."""
        return self.path.format(**parts) if parts else self.path

    def match(self, path: str) -> dict[str, str] | None:
        """The differing parts of a path of this kind, or None for another kind's."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return None if found is None else found.groupdict()

    def create(self, value: V, *, ephemeral: bool = False, sequential: bool = False, **parts: str | int) -> Create:
        return Create(self.at(**parts), self.encode(value), ephemeral, sequential)

    def set(self, value: V, expected_version: int = ANY_VERSION, **parts: str | int) -> SetData:
        return SetData(self.at(**parts), self.encode(value), expected_version)

    def delete(self, expected_version: int = ANY_VERSION, **parts: str | int) -> Delete:
        return Delete(self.at(**parts), expected_version)


def json_node(path: str, kind: type[J]) -> Znode[J]:
    """A node that holds a JSON object."""

    def decode(data: bytes) -> J:
        try:
            return kind.from_json(json.loads(data))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidNodeData(f"no {kind.__name__} in {path}: {error!r} in {data[:200]!r}") from error

    def encode(value: J) -> bytes:
        return json.dumps(value.to_json(), separators=(",", ":"), ensure_ascii=False).encode()

    return Znode(path, decode, encode)


def number_node(path: str) -> Znode[int]:
    """A node that holds a number in decimal digits."""

    def decode(data: bytes) -> int:
        try:
            return int(data)
        except ValueError as error:
            raise InvalidNodeData(f"no number in {path}: {data[:200]!r}") from error

    return Znode(path, decode, lambda value: str(value).encode())


def bare_node(path: str) -> Znode[None]:
    """A node whose being there is all it says."""
    return Znode(path, lambda _: None, lambda _: b"")
