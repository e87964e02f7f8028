"""What doing nothing costs: the processor time of a server whose partitions nobody writes or reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from benchmarks.kafka_tools import create_topic
from benchmarks.servers import RunningServer

PARTITIONS: Final = 1_000
SETTLE_SECONDS: Final = 10
# A promise of the project, of one core.
GOAL_PERCENT: Final = 1.0


def measure_idle(
    server: RunningServer, seconds: int, tell: Callable[[str], None], partitions: int = PARTITIONS
) -> dict[str, float]:
    """Percent of one core that a server with so many partitions uses on its own."""
    create_topic(server, "idle", partitions)
    tell("settling")
    time.sleep(SETTLE_SECONDS)
    tell("idle")
    used, began = server.cpu_seconds(), time.perf_counter()
    time.sleep(seconds)
    percent = (server.cpu_seconds() - used) / (time.perf_counter() - began) * 100
    return {
        "cpu_percent": percent,
        "partitions": partitions,
        "seconds": seconds,
        "memory_mb": server.memory_bytes() / 1e6,
    }
