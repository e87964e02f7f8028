"""What the broker asks of its process: room for files and connections, and an interpreter that does not pause.

CPython's garbage collector looks for cycles among all objects whenever some hundred more were made than freed, and
each full pass takes as long as there are objects: with thousands of partitions a tenth of a second, in which nobody is
answered. The objects of the request path have no cycles, so rare passes do.
"""

import gc
import sys
from typing import Final

# New objects until the youngest are looked at, and how many such passes make one over the next older ones.
GC_THRESHOLDS: Final = (50_000, 20, 100)
SWITCH_INTERVAL_S: Final = 0.001
"""How long a thread may keep the interpreter while the event loop waits; CPython's default is five times that."""


def prepare_process() -> None:
    """To be called once, before the broker starts."""
    raise_file_limit()
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def settle_memory() -> None:
    """What a start has built stays: take it out of what the garbage collector looks at."""
    gc.collect()
    gc.freeze()


def raise_file_limit() -> int | None:
    """Let the process open as many files as it may, as a JVM does; returns the limit, None where there is none.

    Every partition has an open segment and every client a socket, and a shell's usual limit is 1,024.
    """
    try:
        import resource
    except ImportError:
        return None  # Windows: handles are not limited
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed in (most, resource.RLIM_INFINITY):
        return allowed
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):
        return allowed  # macOS: "unlimited" is refused above the kernel's own limit
    return most
