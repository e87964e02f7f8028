"""The benchmarks lie beside `src`, in the repository's root; make `import benchmarks` mean them."""

from __future__ import annotations

import sys

from programs import REPOSITORY

sys.path.insert(0, str(REPOSITORY))
