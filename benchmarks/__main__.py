"""`python -m benchmarks`: run the comparison and print it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from benchmarks.report import as_json, as_table
from benchmarks.servers import ApacheKafka, Barnabas, BenchmarkFailed, kafka_jars, running
from benchmarks.workloads import Client, Sizes, measure

FULL: Final = Sizes(records=1_000_000, single_requests=100_000)
QUICK: Final = Sizes(records=50_000, single_requests=5_000)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="A twentieth of the work and one round: to see that it runs.")
@click.option("--rounds", type=click.IntRange(1), help="How often each server is measured.  [default: 3; 1 if quick]")
@click.option("--records", type=click.IntRange(1), help="Records of 1 kB to produce and consume.")
@click.option("--single-requests", type=click.IntRange(1), help="Requests of one record of 200 bytes.")
@click.option("--kafka-version", default="4.3.1", show_default=True, help="Version of Apache Kafka to compare with.")
@click.option("--only", type=click.Choice(["barnabas", "kafka"]), help="Measure one server alone.")
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures here, too."
)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Put the servers' data in here.")
def main(
    quick: bool,
    rounds: int | None,
    records: int | None,
    single_requests: int | None,
    kafka_version: str,
    only: str | None,
    json_path: Path | None,
    folder: Path | None,
) -> None:
    """Compare Barnabas with Apache Kafka on this machine. Needs Java and, at first use, Maven."""
    defaults = QUICK if quick else FULL
    sizes = Sizes(records or defaults.records, single_requests or defaults.single_requests)
    progress = Console(stderr=True)
    try:
        jars = kafka_jars(kafka_version)
        both: dict[str, Barnabas | ApacheKafka] = {
            "barnabas": Barnabas(),
            "kafka": ApacheKafka(jars, kafka_version),
        }
        servers = [server for key, server in both.items() if only in (None, key)]
        results: dict[str, list[dict[str, float]]] = {server.name: [] for server in servers}
        for number in range(rounds or (1 if quick else 3)):
            # In turn, and each first as often as the other, so that neither always finds the machine warmer.
            for server in servers if number % 2 == 0 else reversed(servers):
                progress.print(f"round {number + 1}: {server.name} …")
                with (
                    tempfile.TemporaryDirectory(prefix="barnabas-bench-", dir=folder) as data,
                    running(server, Path(data)) as started,
                ):
                    results[server.name].append(measure(started, Client(jars), sizes))
    except BenchmarkFailed as error:
        progress.print(f"[red]{error}[/]")
        sys.exit(1)
    Console().print(as_table(results, sizes))
    if json_path is not None:
        json_path.write_text(json.dumps(as_json(results, sizes), indent=2) + "\n")


if __name__ == "__main__":
    main()
