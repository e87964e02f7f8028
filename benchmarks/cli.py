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


@main.command("workload")
@quick_option
@click.option("--seconds", type=click.IntRange(40), help="Length of the run.  [default: 600; 40 if quick]")
@click.option("--only", type=click.Choice(["barnabas", "kafka"]), default="barnabas", show_default=True, help="Whose.")
@click.option("--beside-kafka", is_flag=True, help="Give Apache Kafka the same, afterwards.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False, path_type=Path), help="Write every second's sample.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the run into this SVG file.")
@kafka_option
@json_option
@folder_option
def workload(
    quick: bool,
    seconds: int | None,
    only: str,
    beside_kafka: bool,
    csv_path: Path | None,
    plot: Path | None,
    kafka_version: str,
    json_path: Path | None,
    folder: Path | None,
) -> None:
    """100 million records a day, in minutes: mean 1,150/s, peaks of 23,000/s, a consumer group reading along."""
    from benchmarks.day.plot import as_svg
    from benchmarks.day.run import run_day, write_csv
    from benchmarks.day.table import as_markdown
    from benchmarks.results import write

    with reported(), clients(kafka_version) as programs, bars() as progress:
        wanted = servers(None if beside_kafka else only, kafka_version)
        results = run_day(wanted, programs, seconds or (40 if quick else 600), folder, progress)
    write(json_path, results)
    if csv_path is not None:
        write_csv(csv_path, results)
    if plot is not None:
        plot.write_text(as_svg(results), encoding="utf-8")
    print(as_markdown(results))


@main.command("report")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--page", type=click.Path(path_type=Path), help="Put the tables into this page, in their places.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the workload into this SVG file.")
@click.option("--check", is_flag=True, help="Change nothing; fail if --page shows anything but the tables of FILES.")
def report(files: tuple[Path, ...], page: Path | None, plot: Path | None, check: bool) -> None:
    """The tables of results that --json wrote, as Markdown."""
    from benchmarks.day.plot import as_svg
    from benchmarks.page import as_markdown, differences, filled
    from benchmarks.results import load

    with reported():
        if check:
            if page is None:
                raise BenchmarkFailed("--check needs --page")
            found = differences(_text_of(page), [load(path) for path in files])
            if found:
                raise BenchmarkFailed(f"{page} differs from the results of {', '.join(found)}; run `report` again")
            return
        for path in files:
            results = load(path)
            if page is None:
                print(as_markdown(results), end="\n\n")
            else:
                page.write_text(filled(_text_of(page), results), encoding="utf-8")
            if plot is not None and results["part"] == "workload":
                plot.parent.mkdir(parents=True, exist_ok=True)
                plot.write_text(as_svg(results), encoding="utf-8")


def _text_of(page: Path) -> str:
    try:
        return page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BenchmarkFailed(f"--page {page}: cannot be read: {error}") from None


@main.command("profile")
@click.argument("names", metavar="WORKLOAD[,WORKLOAD...]")
@quick_option
@click.option("--top", type=click.IntRange(1), default=25, show_default=True, help="How many functions to show.")
@kafka_option
@json_option
@folder_option
def profile(names: str, quick: bool, top: int, kafka_version: str, json_path: Path | None, folder: Path | None) -> None:
    """Where Barnabas' time goes in some workloads of `compare`."""
    from benchmarks.compare.bench import FULL, QUICK
    from benchmarks.profiling import as_markdown, run_profile
    from benchmarks.results import write

    wanted = [name.strip() for name in names.split(",")]
    with reported(), clients(kafka_version) as programs, bars() as progress:
        results = run_profile(wanted, programs, QUICK if quick else FULL, top, folder, progress)
    write(json_path, results)
    print(as_markdown(results))
