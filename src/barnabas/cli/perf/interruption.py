"""Ctrl-C as a wish, not as an exception: the tool ends its work in good order and prints what it has so far.

A second Ctrl-C does what it does everywhere.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interruption:
    """Whether somebody asked the tool to end, and the exit code that says so."""

    __slots__ = ("signal_number",)

    def __init__(self) -> None:
        self.signal_number = 0

    def __bool__(self) -> bool:
        return self.signal_number != 0

    @property
    def exit_code(self) -> int:
        return 128 + self.signal_number if self.signal_number else 0


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Within, the first Ctrl-C or termination is noted; after it, signals have their old meaning again."""
    noted = Interruption()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)

    def note(number: int, _frame: Any) -> None:
        noted.signal_number = number
        restore()

    for number in before:
        signal.signal(number, note)
    try:
        yield noted
    finally:
        restore()
