"""Apache Kafka's own jars, from Maven Central, kept in `.cache/kafka/<version>/`.

`kafka_jars("4.1.1")` is a folder with every jar that Kafka's broker and tools need: a class path is `folder/*`. It is
filled once by Maven into a folder beside it and renamed, so another run never sees it half full. The variable
BARNABAS_KAFKA_JARS_4_1_1 names a folder to use instead.
Also a command: `python tests/conformance/kafka_jars.py 4.1.1` prints the folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

KAFKA_VERSIONS: Final = ("3.9.1", "4.1.1", "4.3.1")
TOOLS_VERSIONS: Final = ("4.1.1", "4.3.1")
"""Whose tools and clients are run against us; the oldest one is here for the directories that its broker writes."""
POM: Final = Path(__file__).resolve().parent / "java" / "pom.xml"
CACHE: Final = Path(__file__).resolve().parents[2] / ".cache" / "kafka"
FETCH_TIMEOUT_SECONDS: Final = 900


class JarsUnavailable(Exception):
    """The jars are neither cached nor to be had; the text says why."""


def kafka_jars(version: str) -> Path:
    """The folder with the jars of this version of Apache Kafka, fetched at first use."""
    override = os.environ.get(f"BARNABAS_KAFKA_JARS_{version.replace('.', '_')}")
    if override:
        return Path(override)
    folder = CACHE / version
    if not folder.is_dir():
        _fetch(version, folder)
    return folder


def class_path(version: str) -> str:
    return str(kafka_jars(version) / "*")


def _fetch(version: str, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None or shutil.which("java") is None:
        raise JarsUnavailable(f"needs Java and Maven to fetch the jars of Apache Kafka {version}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{version}.", dir=folder.parent) as scratch:
        jars = Path(scratch) / "jars"
        command = [
            maven,
            "--batch-mode",
            "--quiet",
            "--no-transfer-progress",
            "--file",
            str(POM),
            f"-Dkafka.version={version}",
        ]
        command += ["dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
        run = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_TIMEOUT_SECONDS,
        )
        if run.returncode != 0:
            raise JarsUnavailable(
                f"Maven could not fetch Apache Kafka {version}:\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
            )
        try:
            jars.rename(folder)
        except OSError:
            # Another run was quicker; what it put there is as good as ours.
            if not folder.is_dir():
                raise


def main() -> int:
    versions = sys.argv[1:] or list(KAFKA_VERSIONS)
    try:
        for version in versions:
            print(kafka_jars(version))
    except JarsUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
