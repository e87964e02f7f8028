"""Refuse source files too long to keep in one's head.

Ruff has rules for functions, none for files; `make size` runs this. The limit is 400 lines, and 600 for tests.
"""

from __future__ import annotations

import sys
from pathlib import Path

LIMITS = {"src": 400, "tools": 400, "benchmarks": 400, "tests": 600}


def too_long(root: Path) -> list[str]:
    """One line of complaint for each file of the project that is over its limit."""
    complaints = []
    for folder, limit in LIMITS.items():
        for path in sorted((root / folder).rglob("*.py")):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > limit:
                complaints.append(f"{path.relative_to(root)} has {lines} lines, at most {limit} are allowed: split it")
    return complaints


def main() -> int:
    complaints = too_long(Path(__file__).resolve().parent.parent)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
