"""The commands of `python -m benchmarks`."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.kafka_tools import Clients, compiled_clients
from benchmarks.machine import REPOSITORY, raise_file_limit
from benchmarks.servers import ApacheKafka, Barnabas, BenchmarkFailed, Server

DEFAULT_KAFKA: Final = "4.3.1"
Option = Callable[[Callable[..., None]], Callable[..., None]]

quick_option: Final[Option] = click.option("--quick", is_flag=True, help="Little of everything: to see that it runs.")
json_option: Final[Option] = click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures into this file."
)
folder_option: Final[Option] = click.option(
    "--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Put the servers' data in here."
)
kafka_option: Final[Option] = click.option(
    "--kafka-version", default=DEFAULT_KAFKA, show_default=True, help="Apache Kafka to compare with, and its clients."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """How fast Barnabas is. Needs Java with its compiler and, at first use, Maven."""
    raise_file_limit()


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """A failure is one message, not a traceback."""
    try:
        yield
    except BenchmarkFailed as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def bars() -> Progress:
    """Progress bars on standard error; lines that say what goes on where that is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def kafka_jars(version: str) -> Path:
    """The folder with the jars of this version, fetched by Maven at first use; shared with the conformance tests."""
    command = [sys.executable, str(REPOSITORY / "tests" / "conformance" / "kafka_jars.py"), version]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkFailed(f"no jars of Apache Kafka {version}: see above")
    return Path(done.stdout.strip())


def servers(only: str | None, version: str) -> list[Server]:
    """Both, or the one that was asked for."""
    found: list[Server] = []
    if only != "kafka":
        found.append(Barnabas())
    if only != "barnabas":
        found.append(ApacheKafka(kafka_jars(version), version))
    return found


@contextlib.contextmanager
def clients(version: str) -> Iterator[Clients]:
    with tempfile.TemporaryDirectory(prefix="barnabas-bench-classes-") as folder:
        yield compiled_clients(kafka_jars(version), Path(folder))


@main.command("compare")
@quick_option
@click.option("--rounds", type=click.IntRange(1), help="How often each server is measured.  [default: 3; 1 if quick]")
@click.option("--workloads", metavar="A,B", help="Only these (and the warm-up).")
@click.option("--only", type=click.Choice(["barnabas", "kafka"]), help="Measure one server alone.")
@kafka_option
@json_option
@folder_option
def compare(
    quick: bool,
    rounds: int | None,
    workloads: str | None,
    only: str | None,
    kafka_version: str,
    json_path: Path | None,
    folder: Path | None,
) -> None:
    """Barnabas beside Apache Kafka: same machine, same clients, one run."""
    from benchmarks.compare.bench import FULL, QUICK
    from benchmarks.compare.rounds import chosen, run_rounds
    from benchmarks.compare.table import as_table
    from benchmarks.results import write

    with reported(), clients(kafka_version) as programs, bars() as progress:
        results = run_rounds(
            servers(only, kafka_version),
            chosen(workloads),
            programs,
            QUICK if quick else FULL,
            rounds or (1 if quick else 3),
            folder,
            progress,
        )
    write(json_path, results)
    Console().print(as_table(results))


@main.command("growth")
@quick_option
@click.option("--rounds", type=click.IntRange(1), help="How often each cost is measured.  [default: 3; 1 if quick]")
@click.option("--workloads", metavar="A,B", help="Only some of partitions, connections, start, idle.")
@click.option("--only", type=click.Choice(["barnabas", "kafka"]), default="barnabas", show_default=True, help="Whose.")
@click.option("--beside-kafka", is_flag=True, help="Measure Apache Kafka, too.")
@kafka_option
@json_option
@folder_option
def growth(
    quick: bool,
    rounds: int | None,
    workloads: str | None,
    only: str,
    beside_kafka: bool,
    kafka_version: str,
    json_path: Path | None,
    folder: Path | None,
) -> None:
    """How cost grows: with partitions, connections and data; start-up and idling."""
    from benchmarks.growth.run import FULL, QUICK, chosen, run_growth
    from benchmarks.growth.table import as_markdown
    from benchmarks.results import write

    with reported(), bars() as progress:
        results = run_growth(
            servers(None if beside_kafka else only, kafka_version),
            chosen(workloads),
            QUICK if quick else FULL,
            rounds or (1 if quick else 3),
            folder,
            progress,
        )
    write(json_path, results)
    print(as_markdown(results))
