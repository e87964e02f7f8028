"""What the figures were measured on, and what the operating system must allow for them."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from pathlib import Path
from typing import Final

import psutil

REPOSITORY: Final = Path(__file__).resolve().parent.parent


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else (os.cpu_count() or 1)


def machine() -> dict[str, str]:
    """The line under every table."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": f"{cores()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "python": f"Python {platform.python_version()}",
    }


def raise_file_limit() -> int:
    """Allow as many open files as the system lets us, for this process and those it starts; return how many.

    5,000 connections are 5,000 sockets here and as many in the server, and a shell usually allows 1,024.
    """
    if sys.platform == "win32":
        return sys.maxsize
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS names no limit and then refuses it.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
