"""Python source in the making, for the functions that the compiler writes.

Every line remembers which field it is about, so that an error's line number tells the field: naming it costs nothing
until something goes wrong. The source is registered in `linecache`: tracebacks and debuggers show it.
"""

import linecache
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Source:
    """Lines of one function, and the names that it refers to."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self._lines: list[str] = []
        self._fields: list[str] = []
        self._indent = 0
        self._counter = 0
        self._constants: dict[int, str] = {}

    def line(self, text: str, field: str = "") -> None:
        self._lines.append("    " * self._indent + text)
        self._fields.append(field)

    @contextmanager
    def block(self, head: str, field: str = "") -> Iterator[None]:
        """An indented block under a line such as `for …:`."""
        self.line(head, field)
        self._indent += 1
        yield
        self._indent -= 1

    def variable(self, prefix: str) -> str:
        """A new local name."""
        self._counter += 1
        return f"{prefix}_{self._counter}"

    def constant(self, value: Any, prefix: str) -> str:
        """The name under which the function finds an object."""
        name = self._constants.get(id(value))
        if name is None:
            name = self._constants[id(value)] = f"{prefix}_{len(self._constants) + 1}"
            self.names[name] = value
        return name

    def packer(self, codes: str, method: str) -> str:
        """The name of a bound method of `struct.Struct` for a run of fixed-size fields."""
        name = f"{method}_{codes.replace('?', 'o')}"
        self.names.setdefault(name, getattr(struct.Struct(">" + codes), method))
        return name

    def field_at(self, line_number: int) -> str:
        """The field that a line is about; lines that name none belong to the last one before."""
        for field in reversed(self._fields[:line_number]):
            if field:
                return field
        return "?"

    def compile(self, function: str, title: str) -> Callable[..., Any]:
        """The finished function."""
        text = "\n".join(self._lines) + "\n"
        filename = f"<barnabas wire: {title}>"
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        exec(compile(text, filename, "exec"), self.names)  # noqa: S102  (our own text, from our own declarations)
        compiled: Callable[..., Any] = self.names[function]
        return compiled
