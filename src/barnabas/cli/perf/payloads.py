"""What the records carry: random letters, lines of a file, or numbers.

Kafka's tool rolls dice for every byte of every record. Here the dice are rolled before the clock starts: a pool of
different payloads that is sent over and over. It is larger than a batch can be, so that a codec finds as little to
compress in it as in Kafka's.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from barnabas.cli.failures import ToolFailure

POOL_BYTES: Final = 16 * 1024 * 1024
MOST_PAYLOADS: Final = 16 * 1024
CHOSEN_AT_ONCE: Final = 1000
SEED: Final = 0
# Each byte becomes a letter; 256 is no multiple of 26, so the last of them come up a little less often.
LETTERS: Final = bytes(65 + byte % 26 for byte in range(256))


def random_letters(dice: random.Random, length: int) -> bytes:
    return dice.randbytes(length).translate(LETTERS)


def random_payloads(record_bytes: int) -> Iterator[bytes]:
    """Payloads of this size, for ever; the pool is filled before the first one is asked for."""
    dice = random.Random(SEED)  # noqa: S311
    count = max(2, min(MOST_PAYLOADS, POOL_BYTES // record_bytes))
    pool = random_letters(dice, count * record_bytes)
    return itertools.cycle([pool[at : at + record_bytes] for at in range(0, len(pool), record_bytes)])


def rising_numbers() -> Iterator[bytes]:
    """0, 1, 2, … as text."""
    return (b"%d" % number for number in itertools.count())


def chosen_payloads(payloads: list[bytes]) -> Iterator[bytes]:
    """Any of these each time, for ever."""
    dice = random.Random(SEED)  # noqa: S311
    while True:
        yield from dice.choices(payloads, k=CHOSEN_AT_ONCE)


def read_payload_file(path: str, delimiter: str) -> list[bytes]:
    """The parts of a text file; the delimiter is a regular expression, and empty parts at the end don't count."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    except OSError as error:
        raise ToolFailure(f"--payload-file {path}: a readable file was expected: {error.strerror}") from None
    if not text:
        raise ToolFailure("File does not exist or empty file provided.")
    try:
        between = re.compile(delimiter)
    except re.error as error:
        raise ToolFailure(f"--payload-delimiter {delimiter}: a regular expression was expected: {error}") from None
    # Not re.split, which would return what a group in the delimiter matched too.
    # Nothing at all divides every two letters, and is not found before the first one.
    ends = [match.span() for match in between.finditer(text) if match.end()] + [(len(text), len(text))]
    starts = [0, *(end for _, end in ends)]
    parts = [text[start:end] for start, (end, _) in zip(starts, ends, strict=False)]
    while parts and not parts[-1]:
        parts.pop()
    if not parts:
        raise ToolFailure(f"--payload-file {path}: no payload was found between the delimiters")
    return [part.encode() for part in parts]
