"""Writes the function that encodes one message in one version: the mirror image of the decoder.

The function collects everything in one bytearray; where a message lends record batches, it closes the bytearray, puts
the batches beside it untouched, and begins a new one.
"""

import struct
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from barnabas.protocol.wire import types
from barnabas.protocol.wire.schema import Array, Batches, FieldSchema, Kind, Struct, Text, schema_of
from barnabas.protocol.wire.source import Source
from barnabas.protocol.wire.types import Fixed
from barnabas.protocol.wire.varint import tagged_fields, unsigned_varint

Encode = Callable[[Any, bytearray, list[Any]], None]


def compile_encoder(cls: type[Any], version: int, *, flexible: bool) -> tuple[Encode, Source]:
    """A function of (message, bytearray, list of parts) that fills the list, and its source for error texts."""
    writer = _EncoderWriter(cls, version, flexible=flexible)
    return writer.compile(), writer.source


def _refuse_null(field: str) -> ValueError:
    return ValueError(f"{field} is null, which is not allowed here")


def _refuse_set(field: str, version: int) -> ValueError:
    return ValueError(f"{field} is set, but version {version} has no such field")


def _refuse_long(size: int) -> ValueError:
    return ValueError(f"a string of {size} bytes; {types.MAX_STRING_BYTES} are allowed")


class _EncoderWriter:
    def __init__(self, cls: type[Any], version: int, *, flexible: bool) -> None:
        self.cls = cls
        self.version = version
        self.flexible = flexible
        self.title = f"{cls.__name__} v{version}"
        self.source = Source()
        self.path: list[str] = []
        self._run: list[tuple[str, str, str]] = []  # code of `struct`, the expression, its field
        self._in_tag = False

    # -- the function as a whole

    def compile(self) -> Encode:
        source = self.source
        source.names.update(
            pack=struct.pack,
            unsigned_varint=unsigned_varint,
            tagged_fields=tagged_fields,
            refuse_null=_refuse_null,
            refuse_set=_refuse_set,
            refuse_long=_refuse_long,
        )
        with source.block("def encode(message, out, parts):"):
            self._struct(self.cls, "message")
            self._flush()
            with source.block("if out:"):
                source.line("parts.append(out)")
        return source.compile("encode", f"encode {self.title}")

    def _line(self, text: str) -> None:
        self.source.line(text, ".".join(self.path))

    # -- runs of fixed-size values

    def _fixed(self, code: str, expression: str) -> None:
        self._run.append((code, expression, ".".join(self.path)))

    def _packed(self, *more: tuple[str, str]) -> str:
        """An expression for the bytes of the run, with something more at its end."""
        run = [(code, expression) for code, expression, _ in self._run]
        run += more
        if not run:
            return "b''"
        packer = self.source.packer("".join(code for code, _ in run), "pack")
        return f"{packer}({', '.join(expression for _, expression in run)})"

    def _run_line(self, text: str) -> None:
        names = [name for _, _, name in self._run] or [".".join(self.path)]
        self.source.line(text, names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}")

    def _flush(self) -> None:
        if self._run:
            self._run_line(f"out += {self._packed()}")
            self._run.clear()

    def _length(self, code: str, length: str) -> None:
        """A length or count at the end of the run; the compact form tells one more."""
        if not self.flexible:
            self._fixed(code, length)
            self._flush()
            return
        one_more = self.source.variable("n")
        self._line(f"{one_more} = {length} + 1")
        short = self._packed(("B", one_more))
        long = f"{self._packed()} + " if self._run else ""
        self._run_line(f"out += {short} if {one_more} < 128 else {long}unsigned_varint({one_more})")
        self._run.clear()

    def _null(self, code: str) -> None:
        self._line("out.append(0)" if self.flexible else f"out += {struct.pack('>' + code, -1)!r}")

    # -- values

    def _value(self, kind: Kind, expression: str, *, nullable: bool, no_struct: int = 255) -> None:
        if isinstance(kind, Fixed):
            self._fixed(kind.code, f"{expression}.bytes" if kind is types.UUID else expression)
            return
        if isinstance(kind, Struct) and not nullable:
            self._struct(kind.type, expression)
            return
        value = self.source.variable("v")
        self._line(f"{value} = {expression}")
        if nullable:
            self._flush()
            with self.source.block(f"if {value} is None:"):
                if isinstance(kind, Struct):
                    self._line(f"out.append({no_struct})")
                else:
                    self._null("h" if isinstance(kind, Text) else "i")
        with self.source.block("else:") if nullable else nullcontext():
            if isinstance(kind, Struct):
                self._line("out.append(1)")
                self._struct(kind.type, value)
                self._flush()
            elif isinstance(kind, Array):
                self._array(kind.element, value)
            else:
                self._sliced(kind, value)

    def _sliced(self, kind: Kind, value: str) -> None:
        if isinstance(kind, Text):
            encoded = self.source.variable("s")
            self._line(f"{encoded} = {value}.encode()")
            with self.source.block(f"if len({encoded}) > {types.MAX_STRING_BYTES}:"):
                self._line(f"raise refuse_long(len({encoded}))")
            self._length("h", f"len({encoded})")
            self._line(f"out += {encoded}")
            return
        self._length("i", f"len({value})")
        if not isinstance(kind, Batches):
            self._line(f"out += {value}")
            return
        if self._in_tag:
            raise TypeError(f"{self.title}: record batches in a tagged field")
        self._line(f"parts.append(out); parts.append({value}); out = bytearray()")

    def _array(self, element: Kind, value: str) -> None:
        if isinstance(element, Fixed):
            self._fixed_array(element, value)
            return
        self._length("i", f"len({value})")
        item = self.source.variable("item")
        with self.source.block(f"for {item} in {value}:", ".".join(self.path)):
            if isinstance(element, Struct):
                self._struct(element.type, item)
            else:
                self._value(element, item, nullable=False)
            self._flush()

    def _fixed_array(self, element: Fixed, value: str) -> None:
        self._length("i", f"len({value})")
        if element is types.UUID:
            self._line(f"out += b''.join([item.bytes for item in {value}])")
        else:
            self._line(f"out += pack(f'>{{len({value})}}{element.code}', *{value})")

    # -- structs

    def _struct(self, cls: type[Any], owner: str) -> None:
        fields = schema_of(cls)
        for declared in fields:
            self.path.append(declared.name)
            if not declared.is_in(self.version):
                self._absent(declared, owner)
            elif not declared.is_tagged(self.version):
                nullable = declared.is_nullable(self.version)
                if declared.optional and not nullable:
                    self._refuse_null(f"{owner}.{declared.name}")
                self._value(declared.kind, f"{owner}.{declared.name}", nullable=nullable)
            self.path.pop()
        if self.flexible:
            self._tags(owner, [declared for declared in fields if declared.is_tagged(self.version)])
        else:
            with self.source.block(f"if {owner}.unknown_tags:"):
                self._line(f"raise refuse_set('unknown_tags', {self.version})")

    def _refuse_null(self, expression: str) -> None:
        with self.source.block(f"if {expression} is None:"):
            self._line(f"raise refuse_null({'.'.join(self.path)!r})")

    def _absent(self, declared: FieldSchema, owner: str) -> None:
        if declared.wire.ignorable:
            return
        with self.source.block(f"if {self._differs(declared, owner)}:"):
            self._line(f"raise refuse_set({'.'.join(self.path)!r}, {self.version})")

    def _differs(self, declared: FieldSchema, owner: str) -> str:
        """An expression that tells whether a field differs from its default."""
        if declared.default is None:
            raise TypeError(f"{self.title}: field {declared.name} has no default, but not every version sends it")
        value = f"{owner}.{declared.name}"
        default = declared.default()
        if default is None:
            if isinstance(declared.kind, Struct) and not declared.is_nullable(self.version):
                # None and the struct of all defaults both mean "not sent".
                same = self.source.constant(declared.kind.type(), "default")
                return f"{value} is not None and {value} != {same}"
            return f"{value} is not None"
        if default in ([], ""):
            return f"{value} or {value} is None" if declared.optional else value
        if isinstance(default, int):
            return f"{value} != {default!r}"
        constant = self.source.constant(default, "default")
        return f"{value} is not {constant} and {value} != {constant}"

    def _tags(self, owner: str, known: list[FieldSchema]) -> None:
        self.path.append("(tags)")
        if known:
            self._known_tags(owner, known)
        else:
            none = self._packed(("B", "0"))
            some = f"{self._packed()} + " if self._run else ""
            unknown = f"{owner}.unknown_tags"
            self._run_line(f"out += {none} if not {unknown} else {some}tagged_fields({unknown})")
            self._run.clear()
        self.path.pop()

    def _known_tags(self, owner: str, known: list[FieldSchema]) -> None:
        source = self.source
        self._flush()
        tags = source.variable("tags")
        self._line(f"{tags} = {{**{owner}.unknown_tags}} if {owner}.unknown_tags else {{}}")
        for declared in known:
            with source.block(f"if {self._differs(declared, owner)}:"):
                self._tag(declared, f"{owner}.{declared.name}", tags)
        self._line(f"out += tagged_fields({tags}) if {tags} else b'\\0'")

    def _tag(self, declared: FieldSchema, value: str, tags: str) -> None:
        self.path.append(declared.name)
        outer, was_in_tag = self.source.variable("outer"), self._in_tag
        self._in_tag = True
        self._line(f"{outer} = out; out = bytearray()")
        # Where an untagged field says null by -1, a tagged one says it by 0 (KIP-893).
        self._value(declared.kind, value, nullable=declared.is_nullable(self.version), no_struct=0)
        self._flush()
        self._line(f"{tags}[{declared.wire.tag}] = out; out = {outer}")
        self._in_tag = was_in_tag
        self.path.pop()
