"""The process may open as many files as the system lets it."""

import subprocess
import sys

import pytest

resource = pytest.importorskip("resource", reason="Windows limits no handles")

PROGRAM = """
import resource
from barnabas.broker.process import raise_file_limit
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(100, most), most))
print(raise_file_limit() == most == resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_the_limit_of_open_files_is_raised_to_what_is_allowed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
