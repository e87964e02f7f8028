"""Writes the function that decodes one message in one version.

The function is flat: versions, flexibility and nesting are decided here, while it is written. Runs of fixed-size
fields (with the length of whatever follows) become one `unpack_from`, nested arrays become nested loops. It never looks
past `end`: each length and count is compared with the bytes left before anything is made of it.
"""

import struct
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final

from barnabas.protocol.wire import types
from barnabas.protocol.wire.errors import MalformedMessage, Refused
from barnabas.protocol.wire.schema import (
    Array,
    Batches,
    Blob,
    FieldSchema,
    Kind,
    Struct,
    Text,
    schema_of,
)
from barnabas.protocol.wire.source import Source
from barnabas.protocol.wire.types import Fixed, uuid_of
from barnabas.protocol.wire.varint import read_unknown_tags, read_unsigned_varint

Decode = Callable[[Any, int, int], tuple[Any, int]]

_IMMUTABLE: Final = (int, float, str, bytes, bool, type(None), uuid.UUID)


def compile_decoder(cls: type[Any], version: int, *, flexible: bool) -> Decode:
    """A function of (buffer, position, end) for the message and the position after it; raises MalformedMessage."""
    return _DecoderWriter(cls, version, flexible=flexible).compile()


def has_batches(cls: type[Any], version: int) -> bool:
    """Whether the message lends parts of the buffer that it is decoded from."""
    return any(_kind_has_batches(f.kind, version) for f in schema_of(cls) if f.is_in(version))


def _kind_has_batches(kind: Kind, version: int) -> bool:
    if isinstance(kind, Array):
        return _kind_has_batches(kind.element, version)
    if isinstance(kind, Struct):
        return has_batches(kind.type, version)
    return isinstance(kind, Batches)


def minimum_size(kind: Kind, version: int, *, flexible: bool, nullable: bool = False) -> int:
    """The fewest bytes that a value takes: what bounds the count of an array."""
    if isinstance(kind, Fixed):
        return kind.size
    if isinstance(kind, Text):
        return 1 if flexible else 2
    if not isinstance(kind, Struct):
        return 1 if flexible else 4
    if nullable:
        return 1
    sizes = [
        minimum_size(f.kind, version, flexible=flexible, nullable=f.is_nullable(version))
        for f in schema_of(kind.type)
        if f.is_in(version) and not f.is_tagged(version)
    ]
    return sum(sizes) + (1 if flexible else 0)


def _refuse_length(length: int, left: int) -> Refused:
    if length < 0:
        return Refused(f"length {length}" if length < -1 else "null is not allowed here")
    if length <= left:
        return Refused(f"a string of {length} bytes; {types.MAX_STRING_BYTES} are allowed")
    return Refused(f"length {length}, but only {left} bytes are left")


def _refuse_count(count: int, left: int) -> Refused:
    if count < 0:
        return Refused(f"count {count}" if count < -1 else "null is not allowed here")
    return Refused(f"count {count}, but only {left} bytes are left")


class _DecoderWriter:
    def __init__(self, cls: type[Any], version: int, *, flexible: bool) -> None:
        self.cls = cls
        self.version = version
        self.flexible = flexible
        self.title = f"{cls.__name__} v{version}"
        self.lends = has_batches(cls, version)
        self.source = Source()
        self.path: list[str] = []
        self._run: list[tuple[str, str, str]] = []  # code of `struct`, the target that takes the value, its field
        self._after_run: list[str] = []

    # -- the function as a whole

    def compile(self) -> Decode:
        source = self.source
        source.names.update(
            struct_error=struct.error,
            Refused=Refused,
            MalformedMessage=MalformedMessage,
            new=object.__new__,
            uuid_of=uuid_of,
            unpack_from=struct.unpack_from,
            read_unsigned_varint=read_unsigned_varint,
            read_unknown_tags=read_unknown_tags,
            refuse_length=_refuse_length,
            refuse_count=_refuse_count,
            explain=self._explain,
        )
        with source.block("def decode(buf, pos, end):"):
            with source.block("try:"):
                message = self._struct(self.cls)
                source.line(f"return {message}, pos")
            with source.block("except (Refused, struct_error, IndexError, UnicodeDecodeError) as error:"):
                source.line("raise explain(error, pos) from None")
        return source.compile("decode", f"decode {self.title}")

    def _explain(self, error: Exception, position: int) -> MalformedMessage:
        trace = error.__traceback__
        field = self.source.field_at(trace.tb_lineno if trace else 0)
        if isinstance(error, Refused):
            reason = str(error)
        elif isinstance(error, UnicodeDecodeError):
            reason = f"invalid UTF-8: {error.reason}"
        else:
            reason = "the message ends here"
        return MalformedMessage(f"{self.title}, field {field}, offset {position}: {reason}")

    def _line(self, text: str) -> None:
        self.source.line(text, ".".join(self.path))

    # -- runs of fixed-size values

    def _fixed(self, code: str, target: str) -> None:
        self._run.append((code, target, ".".join(self.path)))

    def _flush(self) -> None:
        if not self._run:
            return
        codes = "".join(code for code, _, _ in self._run)
        targets = [target for _, target, _ in self._run]
        first, last = self._run[0][2], self._run[-1][2]
        field = first if first == last else f"{first} to {last}"
        if codes == "B":
            self.source.line(f"{targets[0]} = buf[pos]; pos += 1", field)
        else:
            unpack = self.source.packer(codes, "unpack_from")
            size = struct.calcsize(">" + codes)
            self.source.line(f"{', '.join(targets)}, = {unpack}(buf, pos); pos += {size}", field)
        for line in self._after_run:
            self._line(line)
        self._run.clear()
        self._after_run.clear()

    def _length(self, code: str) -> str:
        """A length or count as part of the run; compact ones come out one less, as the plain ones do."""
        length = self.source.variable("n")
        self._fixed("B" if self.flexible else code, length)
        self._flush()
        if self.flexible:
            with self.source.block(f"if {length} > 127:"):
                self._line(f"{length}, pos = read_unsigned_varint(buf, pos - 1)")
            self._line(f"{length} -= 1")
        return length

    # -- values

    def _value(self, kind: Kind, target: str, *, nullable: bool) -> None:
        if isinstance(kind, Fixed):
            self._fixed_value(kind, target)
        elif isinstance(kind, Array):
            self._array(kind.element, target, nullable=nullable)
        elif isinstance(kind, Struct):
            self._nested(kind, target, nullable=nullable)
        else:
            self._sliced(kind, target, nullable=nullable)

    def _fixed_value(self, kind: Fixed, target: str) -> None:
        if kind is types.UUID:
            raw = self.source.variable("raw")
            self._fixed(kind.code, raw)
            self._after_run.append(f"{target} = uuid_of({raw})")
        else:
            self._fixed(kind.code, target)

    def _sliced(self, kind: Text | Blob | Batches, target: str, *, nullable: bool) -> None:
        length = self._length("h" if isinstance(kind, Text) else "i")
        source = self.source
        stop = source.variable("stop")
        too_long = f" or {length} > {types.MAX_STRING_BYTES}" if isinstance(kind, Text) and self.flexible else ""
        if isinstance(kind, Text):
            taken = f"str(buf[pos:{stop}], 'utf-8')" if self.lends else f"buf[pos:{stop}].decode()"
        elif isinstance(kind, Blob) and self.lends:
            taken = f"bytes(buf[pos:{stop}])"
        else:
            taken = f"buf[pos:{stop}]"
        if nullable:
            with source.block(f"if {length} == -1:"):
                self._line(f"{target} = None")
        with source.block("else:") if nullable else nullcontext():
            self._line(f"{stop} = pos + {length}")
            with source.block(f"if {length} < 0 or {stop} > end{too_long}:"):
                self._line(f"raise refuse_length({length}, end - pos)")
            self._line(f"{target} = {taken}; pos = {stop}")

    def _array(self, element: Kind, target: str, *, nullable: bool) -> None:
        smallest = minimum_size(element, self.version, flexible=self.flexible)
        if smallest < 1:
            raise TypeError(f"{self.title}: elements of {'.'.join(self.path)} take no space")
        count = self._length("i")
        source = self.source
        if nullable:
            with source.block(f"if {count} == -1:"):
                self._line(f"{target} = None")
        with source.block("else:") if nullable else nullcontext():
            bytes_needed = count if smallest == 1 else f"{count} * {smallest}"
            with source.block(f"if {count} < 0 or {bytes_needed} > end - pos:"):
                self._line(f"raise refuse_count({count}, end - pos)")
            self._elements(element, target, count)

    def _elements(self, element: Kind, target: str, count: str) -> None:
        if isinstance(element, Fixed):
            if element is types.UUID:
                starts = f"range(pos, pos + {count} * 16, 16)"
                self._line(f"{target} = [uuid_of(bytes(buf[start:start + 16])) for start in {starts}]")
            else:
                self._line(f"{target} = [*unpack_from(f'>{{{count}}}{element.code}', buf, pos)]")
            self._line(f"pos += {count} * {element.size}")
            return
        items = self.source.variable("items")
        self._line(f"{target} = {items} = []")
        with self.source.block(f"for _ in range({count}):"):
            if isinstance(element, Struct):
                item = self._struct(element.type)
            else:
                item = self.source.variable("item")
                self._value(element, item, nullable=False)
                self._flush()
            self._line(f"{items}.append({item})")

    def _nested(self, kind: Struct, target: str, *, nullable: bool, null: str = "< 0") -> None:
        self._flush()
        if not nullable:
            self._line(f"{target} = {self._struct(kind.type)}")
            return
        present = self.source.variable("present")
        self._fixed("b", present)
        self._flush()
        with self.source.block(f"if {present} {null}:"):
            self._line(f"{target} = None")
        with self.source.block("else:"):
            self._line(f"{target} = {self._struct(kind.type)}")

    # -- structs

    def _struct(self, cls: type[Any]) -> str:
        """Decode a struct into a new local, whose name is returned."""
        made = self.source.variable("o")
        self._line(f"{made} = new({self.source.constant(cls, cls.__name__)})")
        fields = schema_of(cls)
        for declared in fields:
            if not declared.is_in(self.version) or declared.is_tagged(self.version):
                self._line(f"{made}.{declared.name} = {self._default(declared)}")
        if not self.flexible:
            self._line(f"{made}.unknown_tags = {{}}")
        for declared in fields:
            if declared.is_in(self.version) and not declared.is_tagged(self.version):
                self.path.append(declared.name)
                nullable = declared.is_nullable(self.version)
                self._value(declared.kind, f"{made}.{declared.name}", nullable=nullable)
                self.path.pop()
        if self.flexible:
            self._tags(made, [declared for declared in fields if declared.is_tagged(self.version)])
        self._flush()
        return made

    def _default(self, declared: FieldSchema) -> str:
        if declared.default is None:
            raise TypeError(f"{self.title}: field {declared.name} has no default, but not every version sends it")
        value = declared.default()
        if value in ([], {}):
            return repr(value)
        if isinstance(value, _IMMUTABLE):
            return repr(value) if isinstance(value, int | None) else self.source.constant(value, "default")
        return self.source.constant(declared.default, "default") + "()"

    def _tags(self, made: str, known: list[FieldSchema]) -> None:
        source = self.source
        self.path.append("(tags)")
        has_tags = source.variable("tags")
        self._fixed("B", has_tags)
        self._flush()
        self._line(f"{made}.unknown_tags = {{}}")
        with source.block(f"if {has_tags}:"):
            if known:
                self._known_tags(made, known)
            else:
                self._line(f"{made}.unknown_tags, pos = read_unknown_tags(buf, pos - 1, end)")
        self.path.pop()

    def _known_tags(self, made: str, known: list[FieldSchema]) -> None:
        source = self.source
        count, tag, size, stop = (source.variable(name) for name in ("count", "tag", "size", "stop"))
        self._line(f"{count}, pos = read_unsigned_varint(buf, pos - 1)")
        with source.block(f"if {count} * 2 > end - pos:"):
            self._line(f"raise refuse_count({count}, end - pos)")
        with source.block(f"for _ in range({count}):"):
            self._line(f"{tag}, pos = read_unsigned_varint(buf, pos)")
            self._line(f"{size}, pos = read_unsigned_varint(buf, pos)")
            self._line(f"{stop} = pos + {size}")
            with source.block(f"if {stop} > end:"):
                self._line(f"raise refuse_length({size}, end - pos)")
            keyword = "if"
            for declared in known:
                with source.block(f"{keyword} {tag} == {declared.wire.tag}:"):
                    self.path.append(declared.name)
                    nullable = declared.is_nullable(self.version)
                    if isinstance(declared.kind, Struct):
                        # Where an untagged field says null by -1, a tagged one says it by 0 (KIP-893).
                        self._nested(declared.kind, f"{made}.{declared.name}", nullable=nullable, null="<= 0")
                    else:
                        self._value(declared.kind, f"{made}.{declared.name}", nullable=nullable)
                    self._flush()
                    with source.block(f"if pos != {stop}:"):
                        self._line(f"raise Refused(f'the tagged field is said to take {{{size}}} bytes')")
                    self.path.pop()
                keyword = "elif"
            with source.block("else:"):
                self._line(f"{made}.unknown_tags[{tag}] = bytes(buf[pos:{stop}]); pos = {stop}")
