"""The reference page of the configuration is what the declarations say now."""

from __future__ import annotations

import subprocess
import sys

from barnabas.foundation.config import BrokerSettings, TopicSettings
from programs import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "configuration.md"


def test_page_is_up_to_date() -> None:
    tool = REPOSITORY / "tools" / "configuration_reference.py"
    checked = subprocess.run(
        [sys.executable, str(tool), "--check"], capture_output=True, text=True, check=False, timeout=30
    )
    assert checked.returncode == 0, checked.stderr


def test_every_option_has_its_row() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in BrokerSettings.OPTIONS.keys() | TopicSettings.OPTIONS.keys():
        assert f"| `{name}`" in page
