"""The command `barnabas` itself: it knows its commands by name and summary, and loads one when it is called."""

from __future__ import annotations

import importlib
from typing import Final

import click

from barnabas import __version__

TOOLS: Final = {
    "topics": ("barnabas.cli.topics.command", "Create, delete, describe or change topics."),
    "console-producer": ("barnabas.cli.console_producer.command", "Write lines from standard input to a topic."),
    "console-consumer": ("barnabas.cli.console_consumer.command", "Print the records of topics."),
    "consumer-groups": ("barnabas.cli.consumer_groups.command", "List, describe, delete or rewind consumer groups."),
    "configs": ("barnabas.cli.configs.command", "Describe or alter the settings of topics, brokers and groups."),
    "get-offsets": ("barnabas.cli.get_offsets", "Print the offsets of partitions."),
    "delete-records": ("barnabas.cli.delete_records", "Delete the records of partitions up to an offset."),
    "dump-log": ("barnabas.cli.dump_log.command", "Print the files of a log and check its indexes."),
    "log-dirs": ("barnabas.cli.log_dirs", "Print how much space logs take in which directory."),
    "producer-perf-test": ("barnabas.cli.perf.producer_command", "Measure how fast records can be produced."),
    "consumer-perf-test": ("barnabas.cli.perf.consumer_command", "Measure how fast records can be consumed."),
    "e2e-latency": ("barnabas.cli.perf.e2e_latency_command", "Measure the time from a producer to a consumer."),
}


def load_tool(name: str) -> click.Command:
    command: click.Command = importlib.import_module(TOOLS[name][0]).COMMAND
    return command


@click.command(
    "start", help="Start a broker.", add_help_option=False, context_settings={"ignore_unknown_options": True}
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def start_command(arguments: tuple[str, ...]) -> int:
    from barnabas.cli.start import start

    return int(start(list(arguments)) or 0)


@click.command("version", help="Print the version.")
def version_command() -> None:
    print(__version__)


class _Barnabas(click.Group):
    """Shows its help without importing one tool."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["start", *TOOLS, "version"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in TOOLS:
            return load_tool(cmd_name)
        return {"start": start_command, "version": version_command}.get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    ("start", "Start a broker."),
                    *((name, summary) for name, (_, summary) in TOOLS.items()),
                    ("version", "Print the version."),
                ]
            )


BARNABAS: Final = _Barnabas(
    "barnabas",
    help="Barnabas, a message system that speaks Apache Kafka's contracts.",
    epilog="Each tool is also installed under Kafka's own name: kafka-topics, kafka-console-producer and so on.",
    context_settings={"max_content_width": 120},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            help="Print the version.",
            callback=lambda context, _option, wanted: (print(__version__), context.exit()) if wanted else None,
        )
    ],
)
