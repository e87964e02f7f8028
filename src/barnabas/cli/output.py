"""What tools write: text as Kafka's, JSON for scripts.

Standard output carries UTF-8 with `\\n` on every platform, so that the same pipe reads the same bytes everywhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any


def print_json(value: Any) -> None:
    """One JSON document."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def print_json_line(value: Any) -> None:
    """One JSON object per line, for streams."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def padded(cells: Sequence[object], widths: Sequence[int]) -> str:
    """Cells aligned to the left in columns of at least these widths, a blank between them; width 0 pads nothing."""
    return " ".join(f"{cell!s:<{width}}" if width else str(cell) for cell, width in zip(cells, widths, strict=True))


def widest(minimum: int, cells: Sequence[str]) -> int:
    return max(minimum, *(len(cell) for cell in cells)) if cells else minimum


def kafka_text(value: object) -> str:
    """Java's text of a value: `null`, `true`, `false`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
