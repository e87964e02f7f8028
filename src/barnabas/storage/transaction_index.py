"""A segment's `.txnindex`: the transactions that were aborted in it (KIP-98).

Entries of 34 bytes, in the order of the abort markers:

    version int16 (0) | producer_id int64 | first_offset int64 | last_offset int64 | last_stable_offset int64

`last_offset` is the marker's own. Compaction drops what these transactions wrote, and consumers that read committed
records only are told of them.
"""

import struct
from typing import Final, NamedTuple

VERSION: Final = 0
_ENTRY: Final = struct.Struct(">hqqqq")
ENTRY_BYTES: Final = _ENTRY.size


class CorruptTransactionIndex(Exception):
    """Bytes that are no index of aborted transactions; the text says where and why."""


class AbortedTransaction(NamedTuple):
    """One transaction that was rolled back."""

    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int


def parse_aborted_transactions(content: bytes, path: str) -> list[AbortedTransaction]:
    """The entries of a whole index file; CorruptTransactionIndex if it is cut off or of another version."""
    if len(content) % ENTRY_BYTES:
        raise CorruptTransactionIndex(f"{path}: {len(content)} bytes are no multiple of {ENTRY_BYTES}")
    found = []
    for place, (version, *fields) in enumerate(_ENTRY.iter_unpack(content)):
        if version != VERSION:
            raise CorruptTransactionIndex(f"{path}: entry {place} has version {version}, expected {VERSION}")
        found.append(AbortedTransaction(*fields))
    return found


def render_aborted_transactions(entries: list[AbortedTransaction]) -> bytes:
    """The content of an index file."""
    return b"".join(_ENTRY.pack(VERSION, *entry) for entry in entries)
