"""`barnabas` under Python's own profiler: `python profiled_server.py FILE start --data …` writes FILE at the end.

It times every call of the event loop's thread, built-in functions too, in processor time: waiting counts nothing.
"""

from __future__ import annotations

import cProfile
import sys
import time

import barnabas.broker.lifecycle
import barnabas.cli.start  # noqa: F401
from barnabas.cli.main import main

if __name__ == "__main__":
    profile = cProfile.Profile(time.thread_time)
    try:
        code = profile.runcall(main, sys.argv[2:])
    finally:
        profile.dump_stats(sys.argv[1])
    sys.exit(code)
