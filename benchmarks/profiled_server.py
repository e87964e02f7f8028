"""`barnabas` under Python's own profiler: `python profiled_server.py FILE start --data …` writes FILE at the end.

It counts every call of the event loop's thread, built-in functions too. Counting makes each call dearer, so shares
between Python functions hold, while totals and the share of long system calls do not.
"""

from __future__ import annotations

import cProfile
import sys

from barnabas.cli.main import main

if __name__ == "__main__":
    profile = cProfile.Profile()
    try:
        code = profile.runcall(main, sys.argv[2:])
    finally:
        profile.dump_stats(sys.argv[1])
    sys.exit(code)
