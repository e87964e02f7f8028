"""Records that compress as real ones do: JSON lines of a kilobyte, a third of their text new in each.

ProducerPerformance's own payload is random letters, on which no compression has anything to do.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Final

LINES: Final = 2_000
SEED: Final = 2026
_WORDS: Final = (
    *("castle", "village", "bridge", "snow", "inn", "landlord", "letter", "messenger", "office", "secretary"),
    *("deputy", "superintendent", "surveyor", "assistant", "schoolhouse", "telephone", "corridor", "decree"),
)


def json_line(chance: random.Random, size_bytes: int) -> str:
    """An order as a shop would send it, filled up to exactly this size with a remark."""
    order = {
        "order_id": f"{chance.getrandbits(64):016x}",
        "customer": {"id": chance.randrange(10**7), "country": chance.choice(("AT", "CZ", "DE", "FR", "PL"))},
        "created_at": f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T{chance.randrange(24):02}:00:00Z",
        "items": [
            {
                "sku": f"{chance.getrandbits(32):08x}",
                "quantity": chance.randint(1, 9),
                "price_cents": chance.randrange(10**5),
            }
            for _ in range(8)
        ],
        "remark": "",
    }
    missing = size_bytes - len(json.dumps(order))
    if missing < 0:
        raise ValueError(f"an order takes {size_bytes - missing} bytes, more than {size_bytes}")
    remark = ""
    while len(remark) < missing:
        remark += chance.choice(_WORDS) + " "
    return json.dumps(order | {"remark": remark[:missing]})


def write_payload(path: Path, size_bytes: int = 1000) -> Path:
    """A file of such lines, the same in every run."""
    chance = random.Random(SEED)
    path.write_text("\n".join(json_line(chance, size_bytes) for _ in range(LINES)), encoding="ascii")
    return path
